"""Several terminals, each with its own directory and keys, on one queue and one log."""

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from console.errors import GrantUnfit, QueueShared, QueueUnshared, RequestDiffers, RequestUnfit, TerminalNameTaken
from console.jobs import checkpoints, exchange
from console.jobs.log import export, pruning, viewing
from console.jobs.messages import reading
from console.jobs.messages import review as job
from console.jobs.terminal import backup, health, joining, rekey, sharing
from console.settings import Settings
from console.terminal import Terminal
from console.words import Words
from store import clock
from store import queue as kept
from store.errors import LogBehind, SealBroken, TerminalNotAdmitted
from store.log import Event, Occasion
from store.log.bundle import verify_bundle
from store.message.states import Step
from tests.clusters import ON_POSTGRESQL, ON_SQLITE, Cluster
from tests.console.jobs.neighbour import NAME, SECOND, asked, granted, join
from tests.console.jobs.site import (
    APPROVER,
    AUDITOR,
    CHIEF,
    CUSTODIAN,
    MUNICIPALITY,
    OPERATOR,
    Site,
    entry,
    notice,
    second,
)
from tests.console.jobs.worker import stopped_in_the_middle
from transport import agency
from transport.errors import AnswerCut

FIRST = "131041-01"


@pytest.fixture
def other(served: Site, tmp_path: Path) -> Iterator[Site]:
    """The second terminal on the queue of the first."""
    home = tmp_path / "other" / "terminal"
    home.parent.mkdir()
    join(served, home)
    with Terminal.open(home) as terminal:
        yield replace(served, home=home, terminal=terminal)


def send(site: Site) -> exchange.SendOutcome:
    return exchange.send(site.terminal, site.session(OPERATOR))


def receive(site: Site) -> exchange.ReceiveOutcome:
    return exchange.receive(site.terminal, site.session(OPERATOR))


def holds(site: Site) -> bool:
    """Tell whether chain, tables, keys and witness agree, seen from that terminal."""
    return viewing.verify(site.terminal, site.session(AUDITOR)).ok


@ON_POSTGRESQL
def test_both_work_and_one_chain_verifies_from_both(served: Site, other: Site, tmp_path: Path) -> None:
    ours = served.approve([entry(number) for number in range(1, 6)])
    assert send(served).delivered == 5
    theirs = other.approve([entry(number) for number in range(6, 11)])
    assert send(other).delivered == 5
    assert [receive(site).results for site in (served, other)] == [5, 5]
    assert set(served.states([*ours, *theirs])) == {"accepted"}
    assert holds(served)
    assert holds(other)
    written = {row.terminal for row in served.entries(Event.MESSAGE_DELIVERED)}
    assert written == {FIRST, NAME}
    last = 0
    for site, label in ((other, "A"), (served, "B")):
        medium = tmp_path / label
        medium.mkdir()
        done = export.export(site.terminal, site.session(AUDITOR), export.Target(medium, label, same_disk=True))
        assert done.first == last + 1
        last = done.last
        finding = verify_bundle(medium / done.bundle)
        assert (finding.ok, finding.first_bad, finding.file) == (True, None, None)
        # Whoever exports it, the first bundle tells the first key of the one that began the log.
        assert finding.first_key == (served.terminal.log.first_key if done.first == 1 else None)
        script = subprocess.run(["sh", medium / done.bundle / "verify.sh"], capture_output=True, check=False, text=True)
        assert (script.returncode, script.stdout.splitlines()[-1][:3]) == (0, "OK:"), script.stdout


@ON_POSTGRESQL
def test_one_decides_and_the_other_terminal_is_told_who(served: Site, other: Site) -> None:
    (number,) = served.take_in([entry(1)])
    seen = {number: served.row(number).version}
    first = job.approve(served.terminal, served.session(APPROVER), [number], seen=seen)
    second = job.approve(other.terminal, other.session(CHIEF), [number], seen=seen)
    assert (first.changed, second.changed) == ([number], [])
    assert [(refusal.reason, refusal.facts["person"]) for refusal in second.refused] == [("message_changed", APPROVER)]


@ON_POSTGRESQL
@pytest.mark.parametrize("step", [Step.LOSE, Step.REQUEUE])
def test_what_one_has_handed_to_the_line_the_other_leaves_alone(served: Site, other: Site, step: Step) -> None:
    (number,) = served.approve([entry(1)])
    _begin_to_send(served, number, step)
    there = send(other)
    assert (there.sent, there.unknown, dict(there.elsewhere)) == (0, 0, {FIRST: 1})
    seen = reading.read(other.terminal, other.session(OPERATOR), number)
    assert seen.terminal == FIRST
    here = send(served)
    assert (here.sent, here.delivered, dict(here.elsewhere)) == (1, 1, {})
    assert (served.received().messages, served.received().distinct) == (1, 1)


def _begin_to_send(site: Site, number: int, step: Step) -> None:
    """Let the line fail before the first byte has left."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("transport.line.client.Line.deliver", _fail)
        exchange.send(site.terminal, site.session(OPERATOR))
    with site.terminal.database.writing() as tx:
        rows = kept.rows_of(tx, [number])
        assert [str(row.state) for row in rows] == ["unknown"]
        if step is Step.REQUEUE:
            kept.move_rows(tx, site.terminal.vault, rows, step, kept.Act(by=None, now=clock.now()))


def _fail(*_: object) -> None:
    raise AnswerCut


@ON_POSTGRESQL
def test_a_notice_that_comes_to_both_counts_once(served: Site, other: Site) -> None:
    agency.post(served.agency_home, [notice(number) for number in range(1, 4)])
    got, there = receive(served), receive(other)
    assert (got.received, there.received) == (3, 0)
    assert (got.rejected, there.rejected) == (0, 0)
    assert served.received().acknowledged == 6, "each terminal acknowledges its own feed"
    assert len(served.entries(Event.NOTICE_RECEIVED)) == 3
    with served.terminal.database.writing() as tx:
        kept.erase(tx, [kept.get(tx, served.number(f"N-{number:06}")) for number in range(1, 4)])
    assert {bytes(envelope) for (envelope,) in served.raw("SELECT envelope FROM arrival")} == {b""}, "in either feed"


@ON_POSTGRESQL
def test_rows_of_two_terminals_cannot_be_exchanged(served: Site, other: Site) -> None:
    (ours,) = served.take_in([entry(1)])
    (theirs,) = other.take_in([entry(2)])
    for site in (served, other):
        assert {reading.read(site.terminal, site.session(OPERATOR), number).row.id for number in (ours, theirs)}
    ((ciphertext, wrapped_key),) = served.raw(
        "SELECT ciphertext, wrapped_key FROM content WHERE message_id = ?", theirs
    )
    moved = "UPDATE content SET ciphertext = ?, wrapped_key = ? WHERE message_id = ?"
    served.raw(moved, ciphertext, wrapped_key, ours)
    for site in (served, other):
        with pytest.raises(SealBroken):
            reading.read(site.terminal, site.session(OPERATOR), ours)


@ON_POSTGRESQL
def test_the_key_is_changed_by_one_alone_and_nothing_becomes_unreadable(
    served: Site, other: Site, tmp_path: Path
) -> None:
    (number,) = other.take_in([entry(1)])
    with pytest.raises(QueueShared) as refused:
        rekey.change_key(served.terminal, served.session(CUSTODIAN))
    assert refused.value.facts == {"terminals": NAME}
    other.terminal.close()
    sharing.retire(served.terminal, served.session(CHIEF), NAME, second=SECOND)
    rekey.change_key(served.terminal, served.session(CUSTODIAN))
    anew = tmp_path / "anew"
    joining.accept(anew, granted(served, anew))
    with Terminal.open(anew) as terminal:
        site = replace(served, home=anew, terminal=terminal)
        assert reading.read(terminal, site.session(OPERATOR), number).row.id == number
        assert holds(site)


@ON_POSTGRESQL
def test_a_retired_terminal_begins_nothing_and_one_let_in_under_its_name_goes_on(
    served: Site, other: Site, tmp_path: Path
) -> None:
    (number,) = other.approve([entry(1)])
    _begin_to_send(other, number, Step.LOSE)
    sharing.retire(served.terminal, served.session(CHIEF), NAME, second=SECOND)
    terminals = sharing.shared_by(served.terminal, served.session(CHIEF))
    assert [(shared.name, shared.in_force, shared.own) for shared in terminals] == [
        (FIRST, True, True),
        (NAME, False, False),
    ]
    assert isinstance(checkpoints.start(other.terminal, from_witness=True), TerminalNotAdmitted)
    with pytest.raises(TerminalNotAdmitted):
        send(other)
    assert checkpoints.make(other.terminal, Occasion.STOP) is None
    assert holds(served), "what it wrote after that stands, and is signed by the others"
    anew = tmp_path / "anew"
    joining.accept(anew, granted(served, anew))
    with Terminal.open(anew) as terminal:
        agency.register_terminal(
            served.agency_home, terminal.identity.public, municipality=MUNICIPALITY, valid_from=clock.now()
        )
        site = replace(served, home=anew, terminal=terminal)
        sent = send(site)
        assert (sent.unknown, sent.delivered) == (0, 1)
        assert holds(site)
    assert (served.received().messages, served.received().distinct) == (1, 1)


@ON_POSTGRESQL
@pytest.mark.parametrize("pruned", [False, pytest.param(True, marks=pytest.mark.long)], ids=["whole", "pruned"])
@pytest.mark.parametrize("name", [pytest.param(FIRST, marks=pytest.mark.long), NAME], ids=["began", "joined"])
def test_keys_that_were_retired_sign_nothing_under_the_name_that_another_machine_bears(
    served: Site, other: Site, tmp_path: Path, name: str, *, pruned: bool
) -> None:
    send(other)
    old, staying = (served, other) if name == FIRST else (other, served)
    sharing.retire(staying.terminal, staying.session(CHIEF), name, second=SECOND)
    anew = tmp_path / "anew"
    joining.accept(anew, granted(staying, anew, name))
    with Terminal.open(anew) as terminal:
        agency.register_terminal(
            served.agency_home, terminal.identity.public, municipality=MUNICIPALITY, valid_from=clock.now()
        )
        live = replace(served, home=anew, terminal=terminal)
        if pruned:
            prune_all(live, tmp_path)
        assert isinstance(checkpoints.start(old.terminal, from_witness=True), TerminalNotAdmitted)
        with pytest.raises(TerminalNotAdmitted):
            pruning.resume(old.terminal, old.session(CHIEF), second=second(AUDITOR))
        assert checkpoints.make(old.terminal, Occasion.STOP) is None
        assert checkpoints.start(terminal, from_witness=True) is None
        send(live)
        assert holds(live)
        assert holds(staying)
        # The machine that bears the name goes on after a roll-back, as any other does.
        served.raw("DELETE FROM log_witness")
        served.raw("DELETE FROM log_checkpoint WHERE number = (SELECT max(number) FROM log_checkpoint)")
        assert isinstance(checkpoints.start(terminal, from_witness=False), LogBehind)
        assert pruning.resume(terminal, live.session(CHIEF), second=second(AUDITOR)).resumed


def prune_all(site: Site, place: Path) -> None:
    """Export the whole log and prune it, as if it were old."""
    medium = place / "medium"
    medium.mkdir()
    export.export(site.terminal, site.session(AUDITOR), export.Target(medium, "A", same_disk=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pruning, "_last_to_prune", lambda *_: _exported(site))
        pruning.prune(site.terminal, site.session(CHIEF), second=second(AUDITOR))
    assert site.entries(Event.TERMINAL_ADMITTED) == []


def _exported(site: Site) -> int:
    return int(site.entries(Event.LOG_EXPORTED)[-1].detail["to"])


@ON_POSTGRESQL
def test_a_key_that_was_let_in_once_is_not_let_in_again(site: Site, tmp_path: Path) -> None:
    request = asked(site, tmp_path / "second")
    by = site.session(CHIEF)

    def let_in(out: str, file: Path, fingerprint: str) -> None:
        sharing.let_in(site.terminal, by, file, tmp_path / out, fingerprint=fingerprint, second=SECOND)

    let_in("first", request.file, request.fingerprint)
    sharing.retire(site.terminal, by, NAME, second=SECOND)
    with pytest.raises(RequestUnfit):
        let_in("again", request.file, request.fingerprint)
    renamed = json.loads(request.file.read_bytes()) | {"terminal": "131041-03"}
    file = tmp_path / "renamed"
    file.write_text(json.dumps(renamed, sort_keys=True, separators=(",", ":")) + "\n")
    with pytest.raises(RequestUnfit):
        let_in("renamed-grant", file, sha256(file.read_bytes()).hexdigest())
    assert len(site.entries(Event.TERMINAL_ADMITTED)) == 1


@ON_POSTGRESQL
@pytest.mark.long
def test_a_machine_that_dies_amid_an_exchange_leaves_the_other_working(
    served: Site, other: Site, tmp_path: Path
) -> None:
    numbers = other.approve([entry(number) for number in range(1, 4)])
    with stopped_in_the_middle(other.home, OPERATOR, "send"):
        pass
    states = set(served.states(numbers))
    more = served.approve([entry(number) for number in range(4, 7)])
    assert send(served).delivered == 3 + (3 if states == {"approved"} else 0)
    assert set(served.states(more)) == {"delivered"}
    send(other)
    assert set(served.states(numbers)) == {"delivered"}
    assert (served.received().messages, served.received().distinct) == (6, 6)
    assert holds(served)
    assert holds(other)


@ON_POSTGRESQL
def test_a_terminal_s_own_keys_tell_of_a_roll_back_behind_its_checkpoint(served: Site, other: Site) -> None:
    send(other)
    assert checkpoints.start(other.terminal, from_witness=False) is None
    served.raw("DELETE FROM log_witness")
    served.raw("DELETE FROM log_checkpoint WHERE number = (SELECT max(number) FROM log_checkpoint)")
    assert isinstance(checkpoints.start(other.terminal, from_witness=False), LogBehind)
    made = pruning.resume(other.terminal, other.session(CHIEF), second=second(AUDITOR))
    assert made.resumed
    assert holds(other)
    assert holds(served)


@ON_POSTGRESQL
def test_after_a_roll_back_nothing_is_sent_before_each_terminal_has_asked_what_it_sent(
    served: Site, other: Site, tmp_path: Path
) -> None:
    send(other)
    assert checkpoints.start(other.terminal, from_witness=False) is None
    served.raw("DELETE FROM log_witness")
    served.raw("DELETE FROM log_checkpoint WHERE number = (SELECT max(number) FROM log_checkpoint)")
    assert isinstance(checkpoints.start(other.terminal, from_witness=False), LogBehind)
    pruning.resume(other.terminal, other.session(CHIEF), second=second(AUDITOR))
    # Whatever this terminal believes to be unsent may have left from the other one.
    served.approve([entry(1)])
    held_up = send(served)
    assert held_up.interruption is not None
    assert (held_up.interruption.code, held_up.sent) == ("recovery_awaited", 0)
    assert held_up.interruption.facts == {"terminals": NAME}
    assert exchange.recover(served.terminal, served.session(OPERATOR)).awaited == [NAME]
    assert {check.code for check in health.check(served.home, Words("en")).checks if not check.ok} == {
        "recovery_awaited"
    }
    # One that comes later has sent nothing, and is not waited for.
    join(served, tmp_path / "third", "131041-03")
    assert send(other).interruption is None
    assert [row.terminal for row in served.entries(Event.RECOVERY_DONE)] == [FIRST, FIRST, NAME]
    assert send(served).interruption is None
    assert served.received().messages == 1


@ON_POSTGRESQL
def test_a_grant_is_for_the_request_alone_and_the_fingerprint_decides(served: Site, tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "second", tmp_path / "third"
    request = asked(served, home)
    by, out = served.session(CHIEF), tmp_path / "out"
    with pytest.raises(RequestDiffers):
        sharing.let_in(served.terminal, by, request.file, out, fingerprint="0" * 64, second=SECOND)
    assert not out.exists()
    asked(served, elsewhere, "131041-03")
    sharing.let_in(served.terminal, by, request.file, out, fingerprint=request.fingerprint, second=SECOND)
    again = tmp_path / "again"
    sharing.let_in(served.terminal, by, request.file, again, fingerprint=request.fingerprint, second=SECOND)
    assert len(served.entries(Event.TERMINAL_ADMITTED)) == 1, "it was let in once, its grant written twice"
    with pytest.raises(GrantUnfit):
        joining.accept(elsewhere, out)
    keys = {path.name: path.read_bytes() for path in (served.home / "keys").glob("*.key")}
    for secret in keys.values():
        assert secret not in out.read_bytes()
        assert secret.hex() not in out.read_text()
        assert secret.hex() not in request.file.read_text()
    joined = joining.accept(home, again)
    assert (joined.terminal, joined.origin) == (NAME, FIRST)
    assert not home.with_name("second.joining").exists()
    third = asked(served, tmp_path / "fourth")
    with pytest.raises(TerminalNameTaken):
        sharing.let_in(served.terminal, by, third.file, tmp_path / "x", fingerprint=third.fingerprint, second=SECOND)
    assert json.loads(request.file.read_text())["terminal"] == NAME


@ON_POSTGRESQL
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda fields: fields.update(terminal="t:x"), id="name"),
        pytest.param(lambda fields: fields.update(municipality="131016"), id="municipality"),
        pytest.param(lambda fields: fields.update(ladder="x"), id="ladder"),
        pytest.param(lambda fields: fields.update(sealing_key="eA=="), id="sealing-key"),
        pytest.param(lambda fields: fields.update(more=1), id="more"),
        pytest.param(lambda fields: fields.pop("ladder"), id="less"),
    ],
)
def test_a_request_that_is_none_lets_nobody_in(
    site: Site, tmp_path: Path, change: Callable[[dict[str, object]], object]
) -> None:
    fields = json.loads(asked(site, tmp_path / "second").file.read_bytes())
    change(fields)
    file = tmp_path / "changed"
    file.write_text(json.dumps(fields, sort_keys=True, separators=(",", ":")) + "\n")
    fingerprint = sha256(file.read_bytes()).hexdigest()
    with pytest.raises(RequestUnfit):
        sharing.let_in(
            site.terminal, site.session(CHIEF), file, tmp_path / "out", fingerprint=fingerprint, second=SECOND
        )
    assert site.entries(Event.TERMINAL_ADMITTED) == []


@ON_POSTGRESQL
@pytest.mark.long
def test_a_terminal_that_was_let_in_is_restored_from_its_own_backup(
    other: Site, tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    (number,) = other.take_in([entry(1)])
    backup.back_up(other.terminal, other.session(CUSTODIAN), tmp_path / "backup")
    empty, key = cluster.new_database(), other.home / "keys" / "terminal.key"
    monkeypatch.setattr(Settings, "database_url", lambda *_: empty)
    backup.restore(tmp_path / "backup", tmp_path / "again", key)
    with Terminal.open(tmp_path / "again") as terminal:
        again = replace(other, home=tmp_path / "again", terminal=terminal)
        assert reading.read(terminal, again.session(OPERATOR), number).row.id == number
        assert again.entries(Event.BACKUP_RESTORED)[0].terminal == NAME
        assert holds(again)


@ON_POSTGRESQL
def test_the_new_terminal_is_fit_for_work(served: Site, other: Site) -> None:
    whole = health.check(other.home, Words("en"))
    assert {part.name: part.ok for part in whole.checks if not part.ok} == {}


@ON_SQLITE
def test_a_file_is_the_queue_of_one_machine(site: Site, tmp_path: Path) -> None:
    with pytest.raises(QueueUnshared):
        asked(site, tmp_path / "second")
    assert not (tmp_path / "second.joining").exists()
