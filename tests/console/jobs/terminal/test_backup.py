"""A backup is made while work goes on, opens with the terminal's key alone, and becomes a terminal that verifies."""

import re
import shutil
import threading
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from console.errors import BackupUnfit, DrillCopy, FileExists, HomeNotEmpty, RightMissing
from console.jobs import exchange
from console.jobs.messages import reading
from console.jobs.terminal import backup, health
from console.session import Session
from console.settings import FILE_NAME, Settings
from console.terminal import Terminal
from console.words import Words
from store import clock, migrations
from store.comparison import Difference
from store.errors import LogBehind, LogBroken, RowOutdated, RowSealBroken, SealedFileBroken
from store.log import Event
from store.sealing.sealedfile import read_pieces
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import CHIEF, CUSTODIAN, OPERATOR, Site, entry

pytestmark = pytest.mark.by_engine

TERMINAL_KEY = Path("keys") / "terminal.key"


@pytest.fixture
def custodian(site: Site) -> Session:
    return site.session(CUSTODIAN)


@pytest.fixture
def key(site: Site, tmp_path: Path) -> Path:
    """The custodian's copy of the terminal's key, kept apart."""
    return Path(shutil.copy2(site.home / TERMINAL_KEY, tmp_path / "apart.key"))


@pytest.fixture
def elsewhere(site: Site, engine: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Let a restored terminal find an empty database where its settings say, as on a new server."""
    if engine == "sqlite":
        return
    empty = request.getfixturevalue("cluster").new_database()
    database_url = Settings.database_url
    monkeypatch.setattr(
        Settings, "database_url", lambda self, home: database_url(self, home) if home == site.home else empty
    )


def test_a_backup_has_the_form_of_those_that_exist(
    site: Site, custodian: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A head in clear, bound to all pieces; in them the files in Base64, line by line, then the rows."""
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 23, 3, 0, tzinfo=UTC))
    made = backup.back_up(site.terminal, custodian, tmp_path / "backup")
    head, _, _ = (tmp_path / "backup").read_bytes().partition(b"\n")
    stated = (
        f'{{"entries":{made.entries},"format":"renkei-backup/1","made_at":"2026-11-23T03:00:00.000000Z",'
        f'"revision":"{migrations.HEAD}","salt":"'
    )
    assert re.fullmatch(re.escape(stated) + '[0-9a-f]{64}","terminal":"131041-01"}', head.decode("ascii"))
    with (tmp_path / "backup").open("rb") as stream:
        lines = b"".join(read_pieces(stream, site.terminal.vault.backup_key)).split(b"\n")
    settings = b64encode((site.home / FILE_NAME).read_bytes()).decode("ascii")
    assert lines[0].decode("ascii") == f'["{FILE_NAME}", "{settings}"]'
    assert b"[]" in lines
    assert TERMINAL_KEY.as_posix().encode() not in b"".join(lines)


def test_what_is_restored_is_what_was_backed_up(
    served: Site, custodian: Session, key: Path, tmp_path: Path, elsewhere: None
) -> None:
    numbers = served.approve([entry(number) for number in range(1, 8)])
    exchange.send(served.terminal, served.session(CHIEF))
    served.take_in([entry(8)])
    made = backup.back_up(served.terminal, custodian, tmp_path / "backup")
    done = backup.restore(tmp_path / "backup", tmp_path / "again", key)
    assert (done.entries, done.contents, done.receipts) == (made.entries, 8, len(numbers))
    assert (done.tables.ok, done.tables.rows > 8) == (True, True)
    with Terminal.open(tmp_path / "again") as terminal:
        again = Site(tmp_path / "again", served.agency_home, terminal)
        assert again.states(range(1, 9)) == ["delivered"] * 7 + ["review"]
        assert reading.read(terminal, again.session(OPERATOR), 8).record["reference"] == "R-000008"
        assert again.entries(Event.BACKUP_RESTORED)[0].detail == {"entries": made.entries, "count": 8}
        assert again.log_holds()
        # The terminal goes on: what was not received before is received now.
        assert exchange.receive(terminal, again.session(CHIEF)).results == len(numbers)


def test_backup_is_one_moment_while_work_goes_on(
    site: Site, custodian: Session, key: Path, tmp_path: Path, elsewhere: None
) -> None:
    over = threading.Event()
    number = iter(range(1, 10_000))

    def work() -> None:
        with Terminal.open(site.home) as other:
            busy = Site(site.home, site.agency_home, other)
            while not over.is_set():
                busy.take_in([entry(next(number)) for _ in range(5)])

    worker = threading.Thread(target=work)
    worker.start()
    try:
        backup.back_up(site.terminal, custodian, tmp_path / "backup")
    finally:
        over.set()
        worker.join()
    done = backup.restore(tmp_path / "backup", tmp_path / "again", key)
    assert done.contents % 5 == 0


def test_backup_tells_nothing_to_who_has_no_key(site: Site, custodian: Session, tmp_path: Path) -> None:
    site.take_in([entry(1)])
    file = tmp_path / "backup"
    backup.back_up(site.terminal, custodian, file)
    assert file.stat().st_mode & 0o777 == 0o600
    kept = file.read_bytes()
    for canary in ("HOSSAIN", "R-000001", "op-101", "架空町", "BEGIN CERTIFICATE", "AB12345678CD"):
        assert canary.encode() not in kept


@pytest.mark.parametrize("change", ["key", "bit", "cut", "piece"])
def test_backup_that_was_changed_makes_no_terminal(
    site: Site, custodian: Session, key: Path, tmp_path: Path, change: str, elsewhere: None
) -> None:
    site.take_in([entry(number) for number in range(1, 1200)])
    file = tmp_path / "backup"
    backup.back_up(site.terminal, custodian, file)
    kept = bytearray(file.read_bytes())
    if change == "key":
        key.chmod(0o600)
        key.write_bytes(bytes(32))
    elif change == "bit":
        kept[len(kept) // 2] ^= 1
    elif change == "cut":
        del kept[-1:]
    else:
        head = kept.index(b"\n") + 1
        first = head + 4 + int.from_bytes(kept[head : head + 4], "big")
        assert first < len(kept)
        del kept[first:]
    file.write_bytes(kept)
    with pytest.raises(SealedFileBroken):
        backup.restore(file, tmp_path / "again", key)
    assert not list(tmp_path.glob("*again*"))


def test_a_log_that_does_not_verify_is_not_restored(
    site: Site, custodian: Session, key: Path, tmp_path: Path, elsewhere: None
) -> None:
    site.take_in([entry(1)])
    site.unguard_log()
    site.raw("UPDATE log_entry SET actor = 'ap-201' WHERE seq = 3")
    backup.back_up(site.terminal, custodian, tmp_path / "backup")
    with pytest.raises(LogBroken):
        backup.restore(tmp_path / "backup", tmp_path / "again", key)
    assert not (tmp_path / "again").exists()


@ON_SQLITE
def test_a_row_that_was_edited_before_the_backup_is_told_and_the_others_are_restored(
    site: Site, custodian: Session, key: Path, tmp_path: Path
) -> None:
    edited, whole = site.take_in([entry(1), entry(2)])
    site.raw("UPDATE message SET state = 'approved' WHERE id = ?", edited)
    backup.back_up(site.terminal, custodian, tmp_path / "backup")
    done = backup.restore(tmp_path / "backup", tmp_path / "again", key)
    assert [(each.row, each.how) for each in done.tables.named if each.table == "message"] == [
        (site.row(edited).uid, Difference.CHANGED)
    ]
    with Terminal.open(tmp_path / "again") as terminal:
        again = Site(tmp_path / "again", site.agency_home, terminal)
        (made,) = again.entries(Event.LOG_VERIFIED)
        assert (made.actor, made.result, made.detail["kind"]) == (None, "failed", "tables")
        assert reading.read(terminal, again.session(OPERATOR), whole).record["reference"] == "R-000002"
        with pytest.raises(RowSealBroken):
            reading.read(terminal, again.session(OPERATOR), edited)


@ON_SQLITE
def test_bytes_of_another_message_are_not_restored_as_evidence(
    served: Site, custodian: Session, key: Path, tmp_path: Path
) -> None:
    served.approve([entry(1), entry(2)])
    exchange.send(served.terminal, served.session(CHIEF))
    for table in ("receipt", "shipment"):
        served.raw(f"DELETE FROM {table} WHERE message_id = 1")
        served.raw(f"UPDATE {table} SET message_id = 1 WHERE message_id = 2")
    backup.back_up(served.terminal, custodian, tmp_path / "backup")
    with pytest.raises(RowOutdated) as refused:
        backup.restore(tmp_path / "backup", tmp_path / "again", key)
    assert refused.value.facts == {"table": "shipment", "row": served.row(1).uid}


def test_nothing_is_overwritten(site: Site, custodian: Session, key: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    backup.back_up(site.terminal, custodian, file)
    before = file.read_bytes()
    with pytest.raises(FileExists):
        backup.back_up(site.terminal, custodian, file)
    assert file.read_bytes() == before
    with pytest.raises(HomeNotEmpty):
        backup.restore(file, site.home, key)


def test_backup_of_another_version(
    site: Site, custodian: Session, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup.back_up(site.terminal, custodian, tmp_path / "backup")
    monkeypatch.setattr(migrations, "HEAD", "9001")
    with pytest.raises(BackupUnfit):
        backup.restore(tmp_path / "backup", tmp_path / "again", key)


def test_who_sees_personal_data_does_not_make_backups(site: Site, tmp_path: Path) -> None:
    with pytest.raises(RightMissing):
        backup.back_up(site.terminal, site.session(OPERATOR), tmp_path / "backup")


def test_a_backup_older_than_what_the_peer_saw_is_a_roll_back(
    served: Site, custodian: Session, key: Path, tmp_path: Path, elsewhere: None
) -> None:
    served.approve([entry(1)])
    exchange.send(served.terminal, served.session(CHIEF))
    backup.back_up(served.terminal, custodian, tmp_path / "backup")
    served.approve([entry(2)])
    exchange.send(served.terminal, served.session(CHIEF))
    served.terminal.close()
    backup.restore(tmp_path / "backup", tmp_path / "again", key)
    with Terminal.open(tmp_path / "again") as terminal:
        again = Site(tmp_path / "again", served.agency_home, terminal)
        with pytest.raises(LogBehind):
            exchange.receive(terminal, again.session(CHIEF))
        assert isinstance(terminal.halted, LogBehind)


def test_a_drill_copy_never_exchanges(
    served: Site, custodian: Session, key: Path, tmp_path: Path, elsewhere: None
) -> None:
    served.approve([entry(1)])
    backup.back_up(served.terminal, custodian, tmp_path / "backup")
    backup.restore(tmp_path / "backup", tmp_path / "copy", key, drill=True)
    with Terminal.open(tmp_path / "copy") as terminal:
        copy = replace(served, home=tmp_path / "copy", terminal=terminal)
        assert reading.read(terminal, copy.session(OPERATOR), 1).record["reference"] == "R-000001"
        assert copy.log_holds()
        for job in (exchange.send, exchange.receive):
            with pytest.raises(DrillCopy):
                job(terminal, copy.session(CHIEF))
        assert exchange.line_state(terminal).code == "drill_copy"
        assert "drill_copy" in {part.code for part in health.check(copy.home, Words("en")).checks}
        # Even without the mark: the peer knows none of its keys.
        real, here = served.terminal.identity.public, terminal.identity.public
        assert (here.name, here.certificate_der == real.certificate_der) == (real.name, False)
        assert not _private_keys(served.home) & _private_keys(copy.home)
        backup.back_up(terminal, copy.session(CUSTODIAN), tmp_path / "again")
    assert served.received().messages == 0
    assert exchange.send(served.terminal, served.session(CHIEF)).delivered == 1


def _private_keys(home: Path) -> set[bytes]:
    return {path.read_bytes() for path in (home / "keys" / "line").rglob("*") if path.suffix in {".key", ".covered"}}


@ON_SQLITE
def test_a_copy_stays_one_when_its_own_backup_is_restored(
    site: Site, custodian: Session, key: Path, tmp_path: Path
) -> None:
    backup.back_up(site.terminal, custodian, tmp_path / "backup")
    backup.restore(tmp_path / "backup", tmp_path / "copy", key, drill=True)
    with Terminal.open(tmp_path / "copy") as terminal:
        by = replace(site, home=tmp_path / "copy", terminal=terminal).session(CUSTODIAN)
        backup.back_up(terminal, by, tmp_path / "second")
    backup.restore(tmp_path / "second", tmp_path / "again", key)
    with Terminal.open(tmp_path / "again") as terminal:
        assert exchange.line_state(terminal).code == "drill_copy"


def test_settings_are_restored(site: Site, custodian: Session, key: Path, tmp_path: Path, elsewhere: None) -> None:
    backup.back_up(site.terminal, custodian, tmp_path / "backup")
    backup.restore(tmp_path / "backup", tmp_path / "again", key)
    assert (tmp_path / "again" / FILE_NAME).read_bytes() == (site.home / FILE_NAME).read_bytes()
