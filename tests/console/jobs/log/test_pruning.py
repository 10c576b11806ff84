"""The log out of the house: exported and read back, checked without the terminal, pruned and resumed by two persons.

It shows `console.jobs.log.export` as well.
"""

import os
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.errors import (
    CredentialsRefused,
    ExportDiffers,
    ExportUnknown,
    OwnDiskRefused,
    OwnPersonRefused,
    RightMissing,
)
from console.jobs import checkpoints, exchange
from console.jobs.admission import RESERVE_BYTES
from console.jobs.log import export, pruning, viewing
from console.jobs.messages import intake, listing, reading
from console.jobs.people import logon
from console.session import Session
from console.terminal import Terminal
from store import clock
from store.endings import Ending
from store.errors import (
    DiskLow,
    LabelUnfit,
    LadderBroken,
    LogBehind,
    LogBroken,
    NothingToExport,
    NothingToPrune,
    TerminalNotAdmitted,
)
from store.log import Event, Flaw, Log, Occasion, Origin, WitnessRow
from store.log import checkpoints as kept_checkpoints
from store.log.bundle import plan
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import APPROVER, AUDITOR, CHIEF, OPERATOR, Site, entry, second
from transport.errors import MediumOccupied

pytestmark = pytest.mark.by_engine


@pytest.fixture
def auditor(site: Site) -> Session:
    site.take_in([entry(number) for number in range(1, 6)])
    return site.session(AUDITOR)


@pytest.fixture
def medium(tmp_path: Path) -> Path:
    made = tmp_path / "medium"
    made.mkdir()
    return made


def _script(bundle: Path) -> int:
    return subprocess.run(["sh", str(bundle / "verify.sh")], capture_output=True, check=False).returncode


def test_an_export_stands_alone_and_says_so(site: Site, auditor: Session, medium: Path) -> None:
    done = export.export(site.terminal, auditor, export.Target(medium, "LOG-2026-11", same_disk=True))
    assert (done.number, done.first, done.own_disk) == (1, 1, True)
    (intent,), (outcome,) = site.entries(Event.LOG_EXPORTING), site.entries(Event.LOG_EXPORTED)
    assert intent.detail == {"bundle": 1, "label": "LOG-2026-11"}
    assert intent.seq == done.last, "what is exported tells of its own export"
    assert outcome.detail == {
        "bundle": 1,
        "label": "LOG-2026-11",
        "from": 1,
        "to": done.last,
        "content": done.digest,
        "medium": "own_disk",
    }
    finding = export.check_medium(medium)
    assert (finding.ok, finding.entries) == (True, done.last)
    assert _script(medium / done.bundle) == 0


def test_the_next_export_goes_on_and_names_the_one_before(site: Site, auditor: Session, medium: Path) -> None:
    first = export.export(site.terminal, auditor, export.Target(medium, "A", same_disk=True))
    second = export.export(site.terminal, auditor, export.Target(medium, "B", same_disk=True))
    assert (second.number, second.first) == (2, first.last + 1)
    finding = export.check_medium(medium)
    assert [bundle.previous for bundle in finding.bundles] == [None, first.digest]
    assert finding.ok
    assert all(_script(medium / exported.bundle) == 0 for exported in (first, second))


def test_an_older_bundle_in_the_place_of_another_is_found(site: Site, auditor: Session, medium: Path) -> None:
    first = export.export(site.terminal, auditor, export.Target(medium, "A", same_disk=True))
    second = export.export(site.terminal, auditor, export.Target(medium, "B", same_disk=True))
    other = Path(shutil.copytree(medium / first.bundle, medium / "aside"))
    shutil.rmtree(medium / first.bundle)
    (medium / second.bundle).rename(medium / first.bundle)
    other.rename(medium / second.bundle)
    bundles = export.check_medium(medium).bundles
    assert [bundle.number for bundle in bundles] == [2, 1], "the numbers inside tell"


def test_a_failed_export_is_recorded_and_tried_again(site: Site, auditor: Session, medium: Path) -> None:
    planned = medium / f"renkei-log-{site.terminal.settings.terminal.id}-000001"
    planned.mkdir()
    with pytest.raises(MediumOccupied):
        export.export(site.terminal, auditor, export.Target(medium, "A", same_disk=True))
    (failed,) = site.entries(Event.LOG_EXPORTED)
    assert (failed.result, failed.detail) == ("failed", {"bundle": 1, "label": "A", "code": "medium_occupied"})
    planned.rmdir()
    assert export.export(site.terminal, auditor, export.Target(medium, "A", same_disk=True)).number == 1


def test_what_is_no_medium_takes_a_decision(
    site: Site, auditor: Session, medium: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OwnDiskRefused):
        export.export(site.terminal, auditor, export.Target(medium, "A"))
    assert not site.entries(Event.LOG_EXPORTING), "nothing was begun"
    assert not list(medium.iterdir())
    monkeypatch.setattr(export, "_own_devices", lambda _terminal: {-1})
    assert not export.export(site.terminal, auditor, export.Target(medium, "A")).own_disk


@ON_SQLITE
def test_the_directory_of_a_medium_that_is_not_mounted_is_the_systems_disk(site: Site) -> None:
    # The terminal's directory may be a disk of its own: what is not mounted lies on that of the system.
    assert {Path("/").stat().st_dev, site.home.stat().st_dev} <= export._own_devices(site.terminal)


def test_a_lost_medium_is_written_once_more_byte_for_byte(served: Site, medium: Path, tmp_path: Path) -> None:
    auditor, others = served.session(AUDITOR), tmp_path / "others"
    others.mkdir()
    first = export.export(served.terminal, auditor, export.Target(medium, "A", same_disk=True))
    # What the peer says about its last checkpoint afterwards was not in it.
    exchange.receive(served.terminal, served.session(OPERATOR))
    second = export.export(served.terminal, auditor, export.Target(medium, "B", same_disk=True))
    exchange.receive(served.terminal, served.session(OPERATOR))
    for lost, label in ((second, "C"), (first, "D")):
        again = export.export(served.terminal, auditor, export.Target(others, label, same_disk=True), again=lost.first)
        assert (again.bundle, again.last, again.digest) == (lost.bundle, lost.last, lost.digest)
        for file in (medium / lost.bundle).iterdir():
            assert (others / lost.bundle / file.name).read_bytes() == file.read_bytes()
    assert export.check_medium(others).ok
    # It is in the log, and the next export goes on after the newest one all the same.
    assert served.entries(Event.LOG_EXPORTED)[-1].detail["label"] == "D"
    third = export.export(served.terminal, auditor, export.Target(others, "E", same_disk=True))
    assert (third.number, third.first) == (3, second.last + 1)
    assert export.check_medium(others).ok


def test_what_was_never_exported_or_has_changed_is_not_written_again(
    site: Site, auditor: Session, medium: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = export.export(site.terminal, auditor, export.Target(medium, "A", same_disk=True))
    shutil.rmtree(medium / first.bundle)
    target = export.Target(medium, "B", same_disk=True)
    with pytest.raises(ExportUnknown) as refused:
        export.export(site.terminal, auditor, target, again=2)
    assert refused.value.facts == {"first": "2", "known": "1"}
    real = export.exports

    def changed(terminal: Terminal) -> dict[int, export.LastExport]:
        return {number: replace(made, digest="0" * 64) for number, made in real(terminal).items()}

    monkeypatch.setattr(export, "exports", changed)
    with pytest.raises(ExportDiffers):
        export.export(site.terminal, auditor, target, again=1)
    assert not list(medium.iterdir())
    assert site.entries(Event.LOG_EXPORTED)[-1].detail["code"] == "export_differs"


def test_what_a_medium_lacks_is_named(site: Site, auditor: Session, medium: Path) -> None:
    made = [export.export(site.terminal, auditor, export.Target(medium, "A", same_disk=True)) for _ in range(4)]
    assert export.check_medium(medium).missing == ()
    for lost in (made[0], made[2]):
        shutil.rmtree(medium / lost.bundle)
    finding = export.check_medium(medium)
    assert finding.ok, "what is there holds"
    assert finding.missing == ((1, made[0].last), (made[2].first, made[2].last))


def test_who_may_export_and_how_a_medium_is_called(site: Site, auditor: Session, medium: Path) -> None:
    for label in ("", "two words", "ラベル", "../x", "x" * 33):
        with pytest.raises(LabelUnfit):
            export.export(site.terminal, auditor, export.Target(medium, label, same_disk=True))
    with pytest.raises(RightMissing):
        export.export(site.terminal, site.session(OPERATOR), export.Target(medium, "A", same_disk=True))
    assert not list(medium.iterdir())


def test_low_disk_stops_new_work_alone(
    site: Site, auditor: Session, medium: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    operator = site.session(OPERATOR)
    file = tmp_path / "more.jsonl"
    file.write_text("{}\n")
    real = os.statvfs(site.home)
    blocks = (RESERVE_BYTES - 1) // real.f_frsize
    monkeypatch.setattr(os, "statvfs", lambda _path: os.statvfs_result((*real[:4], blocks, *real[5:10])))
    with pytest.raises(DiskLow):
        intake.take_in(site.terminal, operator, [file])
    with pytest.raises(DiskLow):
        exchange.send(site.terminal, operator)
    (number,) = listing.ids(site.terminal, operator, listing.QueueQuery())[:1]
    assert reading.read(site.terminal, operator, number).record["reference"] == "R-000001"
    assert viewing.page(site.terminal, auditor, limit=1)[0].event == "message.read"
    assert viewing.verify(site.terminal, auditor).ok
    assert export.export(site.terminal, auditor, export.Target(medium, "A", same_disk=True)).number == 1
    logon.log_off(site.terminal, operator, Ending.LOGGED_OFF)
    assert site.entries(Event.OPERATOR_LOGGED_OFF)[-1].actor == OPERATOR


def _copy(site: Site) -> Path:
    """Return a copy of the terminal as it is now, for somebody to bring back later."""
    checkpoints.make(site.terminal, Occasion.ACTIVITY)
    site.terminal.database.close()
    return Path(shutil.copytree(site.home, site.home.with_name("aside")))


def _signed(site: Site) -> int:
    """Return the number of the last checkpoint."""
    with site.terminal.database.reading() as reading:
        last = kept_checkpoints.latest(reading)
    assert last is not None
    return last.number


def _roll_back(site: Site, copy: Path, *parts: str) -> None:
    site.terminal.database.close()
    for part in parts:
        shutil.rmtree(site.home / part)
        shutil.copytree(copy / part, site.home / part)


@ON_SQLITE  # A database file is what is brought back.
def test_a_rolled_back_database_stops_new_work_until_two_persons_go_on(site: Site) -> None:
    copy = _copy(site)
    site.take_in([entry(number) for number in range(1, 4)])
    checkpoints.make(site.terminal, Occasion.LOG_OFF)
    seen = _signed(site)
    _roll_back(site, copy, "database")
    halted = checkpoints.start(site.terminal, from_witness=True)
    assert isinstance(halted, LogBehind)
    assert halted.facts == {"number": str(seen - 1), "seen": str(seen)}
    with pytest.MonkeyPatch.context() as patch:
        # As of a machine that was retired: it must not be told to go on.
        patch.setattr(Log, "admits", lambda _log, _reading: False)
        assert isinstance(checkpoints.examine(site.terminal, from_witness=True), TerminalNotAdmitted)
    assert [row.detail["code"] for row in site.entries(Event.PROTECTION_FAILED)] == ["log_behind"]
    with pytest.raises(LogBehind):
        exchange.send(site.terminal, site.session(OPERATOR))
    verification = viewing.verify(site.terminal, site.session(AUDITOR))
    assert (verification.ok, verification.cause) == (False, Flaw.CUT)
    _go_on(site)


def _go_on(site: Site) -> None:
    chief = site.session(CHIEF)
    with pytest.raises(OwnPersonRefused):
        pruning.resume(site.terminal, chief, second=second(CHIEF))
    with pytest.raises(CredentialsRefused):
        pruning.resume(site.terminal, chief, second=replace(second(AUDITOR), pin="00000000"))
    with pytest.raises(RightMissing):
        pruning.resume(site.terminal, chief, second=second(OPERATOR))
    made = pruning.resume(site.terminal, chief, second=second(AUDITOR))
    assert site.terminal.halted is None
    assert checkpoints.start(site.terminal, from_witness=True) is None
    verification = viewing.verify(site.terminal, site.session(AUDITOR))
    assert (verification.ok, verification.resumed) == (True, (made.seq,)), (
        "it verifies, and says for ever what happened"
    )


@ON_SQLITE  # An entry is changed in the database file.
def test_the_screen_looks_from_where_the_peer_saw_the_log_or_two_persons_went_on(site: Site) -> None:
    seen = checkpoints.make(site.terminal, Occasion.EXCHANGE)
    assert seen is not None
    with site.terminal.database.writing() as tx:
        kept_checkpoints.add_witness(tx, WitnessRow(seen.number, seen.digest, "agency", b"", clock.now()))
    site.take_in([entry(1)])
    site.take_in([entry(2)])
    checkpoints.make(site.terminal, Occasion.LOG_OFF)
    site.unguard_log()
    site.raw("UPDATE log_entry SET hash = zeroblob(32) WHERE seq = ?", seen.seq + 1)
    assert checkpoints.start(site.terminal, from_witness=False) is None
    halted = checkpoints.start(site.terminal, from_witness=True)
    assert isinstance(halted, LogBroken)
    assert halted.facts == {"first_bad": str(seen.seq + 1)}
    pruning.resume(site.terminal, site.session(CHIEF), second=second(AUDITOR))
    assert checkpoints.start(site.terminal, from_witness=True) is None


@ON_SQLITE  # The files of the keys are what is brought back.
def test_keys_of_another_day_sign_nothing(site: Site) -> None:
    copy = _copy(site)
    site.take_in([entry(1)])
    checkpoints.make(site.terminal, Occasion.LOG_OFF)
    seen = _signed(site)
    _roll_back(site, copy, "keys/log")
    halted = checkpoints.start(site.terminal, from_witness=True)
    assert isinstance(halted, LadderBroken)
    assert halted.facts == {"number": str(seen + 1)}
    _go_on(site)


@ON_SQLITE  # A database file is what is brought back.
def test_the_peer_knows_what_the_terminal_forgot(site: Site) -> None:
    with site.served():
        copy = _copy(site)
        exchange.send(site.terminal, site.session(OPERATOR))
        seen = _signed(site)
        _roll_back(site, copy, "database", "keys/log")
        assert checkpoints.start(site.terminal, from_witness=True) is None, "nothing here can tell"
        with pytest.raises(LogBehind) as halted:
            exchange.send(site.terminal, site.session(OPERATOR))
        assert halted.value.facts["seen"] == str(seen)
        _go_on(site)
        exchange.send(site.terminal, site.session(OPERATOR))
    assert viewing.verify(site.terminal, site.session(AUDITOR)).ok


@ON_SQLITE  # On PostgreSQL only the tables' owner prunes.
def test_what_lies_on_a_medium_and_is_old_enough_is_pruned(
    site: Site, auditor: Session, medium: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported = export.export(site.terminal, auditor, export.Target(medium, "A", same_disk=True))
    chief = second(CHIEF)
    with pytest.raises(RightMissing):
        pruning.prune(site.terminal, auditor, second=second(APPROVER))
    with pytest.raises(NothingToPrune):
        pruning.prune(site.terminal, auditor, second=chief)
    later = datetime.now(UTC) + timedelta(days=8 * 366)
    monkeypatch.setattr(clock, "now", lambda: later)
    with pytest.raises(NothingToPrune):
        pruning.prune(site.terminal, auditor, second=chief)
    monkeypatch.setattr(export, "_own_devices", lambda _terminal: {-1})
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC))
    kept = export.export(site.terminal, auditor, export.Target(medium, "B", same_disk=True))
    monkeypatch.setattr(clock, "now", lambda: later)
    done = pruning.prune(site.terminal, auditor, second=chief)
    assert (done.entries, done.last) == (kept.last, kept.last)
    verification = viewing.verify(site.terminal, auditor)
    assert (verification.ok, verification.pruned, exported.last < verification.pruned) == (True, kept.last, True)
    again = export.export(site.terminal, auditor, export.Target(medium, "C", same_disk=True))
    assert (again.first, _script(medium / again.bundle)) == (kept.last + 1, 0)
    with pytest.raises(NothingToPrune):
        pruning.prune(site.terminal, auditor, second=chief)


@ON_SQLITE  # On PostgreSQL only the tables' owner prunes.
@pytest.mark.parametrize("years", [-20, 9])
def test_what_a_wrong_clock_dated_is_pruned_when_it_is_old_enough_in_truth(
    site: Site, auditor: Session, medium: Path, monkeypatch: pytest.MonkeyPatch, years: int
) -> None:
    def set_clock(offset: timedelta) -> None:
        monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + offset)

    chief = second(CHIEF)
    monkeypatch.setattr(export, "_own_devices", lambda _terminal: {-1})
    set_clock(timedelta(days=years * 365))
    made = export.export(site.terminal, auditor, export.Target(medium, "A", same_disk=True))
    set_clock(timedelta())
    with pytest.raises(NothingToPrune):
        pruning.prune(site.terminal, auditor, second=chief)
    kept = export.export(site.terminal, auditor, export.Target(medium, "B", same_disk=True))
    set_clock(timedelta(days=8 * 366))
    assert pruning.prune(site.terminal, auditor, second=chief).last == kept.last > made.last
    assert viewing.verify(site.terminal, auditor).ok


@ON_SQLITE  # On PostgreSQL the working role removes nothing.
def test_removing_the_oldest_entries_without_saying_so_is_found(site: Site, auditor: Session, medium: Path) -> None:
    last = export.export(site.terminal, auditor, export.Target(medium, "A", same_disk=True)).last
    site.unguard_log()
    site.raw("DELETE FROM log_entry WHERE seq <= ?", last)
    verification = viewing.verify(site.terminal, auditor)
    assert (verification.ok, verification.first_bad) == (False, 1)


def test_nothing_new_is_nothing_to_export(site: Site) -> None:
    with site.terminal.database.reading() as connection, pytest.raises(NothingToExport):
        plan(connection, "t", Origin("t"), number=1, after=10_000, previous=None)
