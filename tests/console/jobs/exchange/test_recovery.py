"""The way back after an older backup was restored: what left since is rebuilt from what the peer signed.

It shows `console.jobs.exchange.rebuilding` as well.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from console.jobs import checkpoints, exchange
from console.jobs.exchange import rebuilding
from console.jobs.exchange.recovery import RecoveryOutcome
from console.jobs.log import pruning, tables
from console.jobs.messages import entry as hand
from console.jobs.messages import intake, reading, review
from console.jobs.terminal import backup, health
from console.terminal import Terminal
from console.words import Words
from store import queue as kept
from store.errors import LogBehind, ReferenceTaken
from store.log import Event
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import (
    APPROVER,
    AUDITOR,
    CHIEF,
    CUSTODIAN,
    OPERATOR,
    Site,
    entry,
    notice,
    second,
    write_lines,
)
from transport import agency
from transport.errors import AnswerCut, ReceiptKeyUnknown
from transport.evidence.holdings import Inquiry
from transport.evidence.receipts import ReceiptVerifier, read_receipt
from transport.line.client import Line

# Nothing of it asks the engine for anything special; several terminals are in `test_sharing`.
pytestmark = ON_SQLITE

Restored = Callable[[], Site]


@pytest.fixture
def restored(served: Site, tmp_path: Path) -> Iterator[Restored]:
    """Restore, elsewhere, the backup made now: call it once more has been done at the real terminal."""
    opened: list[Terminal] = []
    backup.back_up(served.terminal, served.session(CUSTODIAN), tmp_path / "backup")
    (tmp_path / "key").write_bytes((served.home / "keys" / "terminal.key").read_bytes())
    (tmp_path / "key").chmod(0o400)

    def restore() -> Site:
        served.terminal.close()
        backup.restore(tmp_path / "backup", tmp_path / "again", tmp_path / "key")
        opened.append(Terminal.open(tmp_path / "again"))
        return replace(served, home=tmp_path / "again", terminal=opened[-1])

    yield restore
    for terminal in opened:
        terminal.close()


def send(site: Site) -> exchange.SendOutcome:
    return exchange.send(site.terminal, site.session(OPERATOR))


def resumed(site: Site) -> Site:
    """Let the terminal learn from the peer that it is older, and let two persons resume."""
    with pytest.raises(LogBehind):
        send(site)
    assert isinstance(site.terminal.halted, LogBehind)
    pruning.resume(site.terminal, site.session(CHIEF), second=second(AUDITOR))
    return site


def recover(site: Site) -> RecoveryOutcome:
    return exchange.recover(site.terminal, site.session(OPERATOR))


@pytest.fixture
def before(served: Site) -> list[int]:
    """Messages that the backup knows: one sent, one approved, one in review."""
    sent = served.approve([entry(1)])
    assert send(served).delivered == 1
    return [*sent, *served.approve([entry(2)]), *served.take_in([entry(3)])]


def test_what_left_since_the_backup_is_rebuilt_and_what_is_lost_is_listed(
    served: Site, before: list[int], restored: Restored
) -> None:
    agency.refuse(served.agency_home, "R-000003", "number_not_current")
    review.approve(served.terminal, served.session(APPROVER), before[2:])
    served.approve([entry(4), entry(5)])
    agency.post(served.agency_home, [notice(1)])
    assert send(served).delivered == 4
    assert exchange.receive(served.terminal, served.session(OPERATOR)).results == 5
    again = resumed(restored())
    assert again.states(before) == ["delivered", "approved", "review"]

    done = recover(again)

    assert (done.recovered, done.lost, done.interruption) == (2, 2, None)
    # Nothing is an alarm: the results of what was lost are kept beside it.
    assert (done.received, done.results, done.rejected) == (1, 5, 0)
    assert again.states(before) == ["accepted", "accepted", "refused"]
    assert [(lost.reference, lost.kind, lost.outcome) for lost in done.messages] == [
        ("R-000004", "resident_record", "accepted"),
        ("R-000005", "resident_record", "accepted"),
    ]
    found = {(item.reference, item.outcome, item.code) for item in done.items if item.outcome in {"recovered", "lost"}}
    assert found >= {
        ("R-000002", "recovered", None),
        # It was in review: what was approved in the lost time may be another content.
        ("R-000003", "recovered", "content_unproved"),
        ("R-000004", "lost", "message_lost"),
    }
    view = reading.read(again.terminal, again.session(OPERATOR), before[1])
    assert view.receipt is not None
    assert view.history[-1].event == "message.read"
    recovered = again.entries(Event.MESSAGE_RECOVERED)
    assert [row.detail["from"] for row in recovered] == ["approved", "review"]
    assert len(again.entries(Event.MESSAGE_LOST)) == len(again.entries(Event.LOST_DECIDED)) == 2
    (record,) = again.entries(Event.RECOVERY_DONE)
    assert (record.detail["count"], record.detail["unknown"]) == (2, 2)
    # The peer's words about what is not here are gone with their acknowledgement; those about the others are kept.
    kept_envelopes = [bytes(raw) for (raw,) in again.raw("SELECT envelope FROM arrival WHERE purpose = 'result'")]
    assert sorted(map(bool, kept_envelopes)) == [False, False, True, True, True]
    # Nothing is sent twice.
    assert send(again).sent == 0
    assert (again.received().messages, again.received().distinct, again.received().alarms) == (5, 5, 0)
    assert again.log_holds()
    assert tables.verify(again.terminal, again.session(AUDITOR)).ok
    assert recover(again).recovered == 0
    checks = {check.name: check for check in health.check(again.home, Words("en")).checks}
    assert checks["recovery"].ok
    assert "2 message" in checks["recovery"].detail


def test_what_is_lost_is_not_sent_again_whenever_it_comes_in(
    served: Site, before: list[int], restored: Restored, tmp_path: Path
) -> None:
    agency.refuse(served.agency_home, "R-000006", "number_not_current")
    served.approve([entry(4), entry(5), entry(6)])
    assert send(served).delivered == 4
    again = resumed(restored())
    # Once before anybody has asked the peer, and once after.
    (early,) = again.approve([entry(4)])
    sent = send(again)
    assert (sent.sent, sent.held) == (0, 1)
    assert again.states([early]) == ["held"]
    assert [item.code for item in sent.items if item.id == early] == ["sent_before"]
    assert review.release(again.terminal, again.session(APPROVER), [early]).changed == [early]
    assert send(again).held == 1
    assert exchange.receive(again.terminal, again.session(OPERATOR)).rejected == 0
    file = write_lines(tmp_path / "late.jsonl", [entry(5), entry(6)])
    taken = intake.take_in(again.terminal, again.session(OPERATOR), [file])
    # What the peer refused may be sent once more, as ever.
    assert (taken.accepted, [fault.rule for fault in taken.errors]) == (1, ["reference_at_peer"])
    with pytest.raises(ReferenceTaken):
        hand.enter(again.terminal, again.session(OPERATOR), [entry(5)])
    review.approve(again.terminal, again.session(APPROVER), [again.number("R-000006")])
    assert send(again).delivered == 1
    assert (again.received().messages, again.received().distinct) == (6, 5)


def test_only_what_came_after_the_newest_receipt_is_asked_for_and_the_progress_is_told(
    served: Site, before: list[int], restored: Restored, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert send(served).delivered == 1
    again = resumed(restored())
    asked: list[Inquiry] = []
    holdings = Line.holdings

    def watched(line: Line, inquiry: Inquiry) -> bytes | None:
        asked.append(inquiry)
        return holdings(line, inquiry)

    monkeypatch.setattr(Line, "holdings", watched)
    line = replace(again.terminal.settings.line, batch=1)
    again.terminal.settings = replace(again.terminal.settings, line=line)
    phases: list[tuple[str, int, int]] = []
    exchange.recover(
        again.terminal,
        again.session(OPERATOR),
        report=lambda each: phases.append((each.phase, each.done, each.total)),
    )
    with again.terminal.database.reading() as conn:
        newest = kept.shipments_of(conn, before[:1])[before[0]].receipt
    assert newest is not None
    assert asked == [Inquiry(read_receipt(newest).received_at - timedelta(days=1), 0)]
    assert [(done, total) for phase, done, total in phases if phase == "recover"] == [(0, 2), (1, 2), (2, 2)]


def test_an_exchange_begins_with_it_when_nobody_asked_for_it(
    served: Site, before: list[int], restored: Restored
) -> None:
    assert send(served).delivered == 1
    again = resumed(restored())
    (check,) = [check for check in health.check(again.home, Words("en")).checks if check.name == "recovery"]
    assert not check.ok

    sent = send(again)

    assert [(item.id, item.outcome) for item in sent.items] == [(before[1], "recovered")]
    assert (sent.sent, sent.held, sent.interruption) == (0, 0, None)
    assert again.states(before) == ["delivered", "delivered", "review"]
    assert again.received().alarms == 0


def test_a_message_that_was_withdrawn_meanwhile_is_where_the_peer_has_it(
    served: Site, before: list[int], restored: Restored
) -> None:
    assert send(served).delivered == 1
    again = resumed(restored())
    review.withdraw(again.terminal, again.session(APPROVER), before[1:2], reason="why")
    assert again.states(before[1:2]) == ["withdrawn"]
    assert recover(again).recovered == 1
    assert again.states(before[1:2]) == ["accepted"]


def test_where_nothing_was_sent_since_nothing_changes(served: Site, before: list[int], restored: Restored) -> None:
    again = restored()
    # No later checkpoint was ever shown, so the peer accuses nobody; the restoration itself is on record.
    assert checkpoints.start(again.terminal, from_witness=True) is None
    sent = send(again)
    assert (sent.delivered, sent.interruption) == (1, None)
    assert len(again.entries(Event.RECOVERY_DONE)) == 1
    assert again.states(before) == ["delivered", "delivered", "review"]
    assert again.log_holds()


def test_bytes_that_were_made_again_do_not_make_an_alarm(
    served: Site, before: list[int], restored: Restored, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert send(served).delivered == 1
    again = resumed(restored())
    # As an older program did: it sent at once, under the same id and with other bytes.
    with monkeypatch.context() as patch:
        patch.setattr("console.jobs.exchange.sending.rebuild_if_due", lambda *_: None)
        assert send(again).held == 1
    assert again.states(before[1:2]) == ["held"]
    assert recover(again).recovered == 1
    assert again.states(before[1:2]) == ["accepted"]
    with again.terminal.database.reading() as reading:
        assert kept.at_peer(reading, before) == set(before[:2])


def test_results_that_were_rejected_before_are_read_again(
    served: Site, before: list[int], restored: Restored, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.approve([entry(4)])
    assert send(served).delivered == 2
    again = resumed(restored())
    with monkeypatch.context() as patch:
        patch.setattr("console.jobs.exchange.receiving.rebuild_if_due", lambda *_: None)
        rejected = exchange.receive(again.terminal, again.session(OPERATOR))
    assert [item.code for item in rejected.items if item.outcome == "rejected"] == [
        "result_unexpected",
        "result_of_none",
    ]
    done = recover(again)
    assert (done.recovered, done.lost, done.rejected, done.results) == (1, 1, 0, 2)
    assert again.states(before[1:2]) == ["accepted"]


def test_what_is_cut_off_goes_on_and_nothing_is_sent_before_it_is_done(
    served: Site, before: list[int], restored: Restored, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert send(served).delivered == 1
    again = resumed(restored())
    with monkeypatch.context() as patch:
        patch.setattr(Line, "ask", _cut)
        sent = send(again)
    assert sent.interruption is not None
    assert (sent.interruption.code, sent.sent) == ("answer_cut", 0)
    assert again.entries(Event.RECOVERY_DONE) == []
    assert recover(again).recovered == 1


def _cut(*_: object) -> None:
    raise AnswerCut


def test_without_the_peers_statement_what_is_here_is_still_rebuilt(
    served: Site, before: list[int], restored: Restored, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert send(served).delivered == 1
    again = resumed(restored())
    monkeypatch.setattr(Line, "holdings", lambda *_: None)
    done = recover(again)
    assert (done.recovered, done.lost, done.rejected) == (1, 0, 0)
    assert again.states(before[1:2]) == ["accepted"]


def test_a_receipt_that_proves_nothing_moves_nothing_and_holds_up_the_sending(
    served: Site, before: list[int], restored: Restored, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert send(served).delivered == 1
    again = resumed(restored())
    with monkeypatch.context() as patch:
        # As if the peer had new keys since, which are not registered in the backup.
        patch.setattr(rebuilding, "ReceiptVerifier", lambda _: ReceiptVerifier(()))
        sent = send(again)
    assert sent.interruption is not None
    assert (sent.interruption.code, sent.sent) == (ReceiptKeyUnknown.code, 0)
    assert again.states(before[1:2]) == ["approved"]
    assert recover(again).recovered == 1


def test_nobody_else_is_awaited_where_there_is_one_terminal(served: Site, before: list[int]) -> None:
    with served.terminal.database.reading() as reading:
        assert not rebuilding.is_due(reading, served.terminal.name)
        assert rebuilding.awaited(reading, served.terminal) == []
    assert send(served).delivered == 1
