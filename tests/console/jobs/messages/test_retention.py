"""Nothing readable is left behind, also after contents are erased; the evidence verifies."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from console.jobs import exchange
from console.jobs.log import export
from console.jobs.messages import listing, reading, retention, review
from console.jobs.terminal import backup, rekey
from console.settings import RetentionSettings
from store import clock
from store.errors import ContentErased
from store.log import Event
from tests.canaries import CANARIES, files_with
from tests.clusters import ON_POSTGRESQL, ON_SQLITE, Cluster
from tests.console.jobs.site import APPROVER, CHIEF, CUSTODIAN, OPERATOR, Site, entry, notice, person_of
from transport.evidence.envelope import Purpose

pytestmark = pytest.mark.by_engine

PERSON = person_of(name=CANARIES[0], name_kanji=CANARIES[1], address=CANARIES[3])


def worked(site: Site) -> list[int]:
    """Do everything with canaries in it: take in, return, revise nothing, approve, send, receive a notice."""
    records = [entry(n, person=PERSON, card_number=CANARIES[4], subject=CANARIES[5]) for n in range(1, 6)]
    numbers = site.take_in(records)
    (site.home.with_name("outgoing.jsonl")).unlink()
    review.give_back(site.terminal, site.session(APPROVER), numbers[:1], reason=CANARIES[6])
    review.approve(site.terminal, site.session(APPROVER), numbers[1:])
    exchange.send(site.terminal, site.session(CHIEF))
    site.feed(notice(1, person=PERSON, card_number=CANARIES[4]), Purpose.NOTICE, "ab" * 16)
    exchange.receive(site.terminal, site.session(CHIEF))
    reading.read(site.terminal, site.session(OPERATOR), numbers[1])
    return numbers


def later(site: Site, monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """Let the retention be a year, and the day after `days` have come."""
    site.terminal.settings = replace(site.terminal.settings, retention=RetentionSettings(content_days=365))
    now = datetime.now().astimezone() + timedelta(days=days)
    monkeypatch.setattr(clock, "now", lambda: now)


@ON_SQLITE
def test_nothing_readable_lies_anywhere_while_work_goes_on(served: Site, tmp_path: Path) -> None:
    worked(served)
    backup.back_up(served.terminal, served.session(CUSTODIAN), tmp_path / "backup")
    (tmp_path / "medium").mkdir()
    export.export(served.terminal, served.session(CHIEF), export.Target(tmp_path / "medium", "M-1", same_disk=True))
    assert len(list((tmp_path / "medium").rglob("*"))) > 3
    assert {path.name.rpartition("-")[2] for path in (served.home / "database").iterdir()} >= {"wal", "shm"}
    assert files_with([served.home, tmp_path], CANARIES) == []


@ON_POSTGRESQL
def test_nothing_readable_lies_in_postgresql(served: Site, cluster: Cluster) -> None:
    worked(served)
    cluster.sql("CHECKPOINT")
    assert files_with(cluster.places_of(served.terminal.settings.store.url), CANARIES) == []


def test_expired_contents_are_erased_and_the_evidence_verifies(
    served: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = worked(served)
    custodian = served.session(CUSTODIAN)
    assert retention.erase_expired(served.terminal, custodian) == 0
    later(served, monkeypatch, 364)
    assert retention.erase_expired(served.terminal, custodian) == 0, "not yet"
    later(served, monkeypatch, 366)
    ended = [number for number in numbers if served.row(number).state == "accepted"]
    assert ended
    assert retention.erase_expired(served.terminal, custodian) == len(ended)
    assert retention.erase_expired(served.terminal, custodian) == 0, "once"
    assert len(served.entries(Event.MESSAGE_ERASED)) == len(ended)
    for number in ended:
        with pytest.raises(ContentErased):
            reading.read(served.terminal, served.session(OPERATOR), number)
    assert {row.name for row in listing.rows(served.terminal, served.session(OPERATOR), ended)} == {""}
    assert [bytes(row[0]) for row in served.raw("SELECT wrapped_key FROM content WHERE message_id = 2")] == [b""]
    # What is still open is still readable, and everything that proves anything still does.
    assert reading.read(served.terminal, served.session(OPERATOR), numbers[0]).reason == CANARIES[6]
    assert served.log_holds()
    assert rekey.change_key(served.terminal, custodian).changed > 0


@ON_SQLITE
def test_the_former_bytes_are_gone_from_the_files(served: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    worked(served)
    kept = [bytes(part) for row in served.raw("SELECT ciphertext, wrapped_key FROM content") for part in row]
    later(served, monkeypatch, 366)
    retention.erase_expired(served.terminal, served.session(CUSTODIAN))
    still = {bytes(part) for row in served.raw("SELECT ciphertext, wrapped_key FROM content") for part in row}
    gone = [part for part in kept if part not in still]
    assert gone
    lying = b"".join(path.read_bytes() for path in (served.home / "database").iterdir())
    assert [part for part in gone if part[:64] in lying] == []


@ON_SQLITE
def test_a_restored_terminal_with_erased_contents_verifies(
    served: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked(served)
    later(served, monkeypatch, 366)
    retention.erase_expired(served.terminal, served.session(CUSTODIAN))
    backup.back_up(served.terminal, served.session(CUSTODIAN), tmp_path / "backup")
    key = served.home / "keys" / "terminal.key"
    done = backup.restore(tmp_path / "backup", tmp_path / "again", key)
    assert done.receipts == 4
