"""Nothing readable is left behind, also after contents are erased; the evidence verifies."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from console.jobs import exchange
from console.jobs.handins import keeping
from console.jobs.log import export
from console.jobs.messages import intake, listing, reading, retention, review
from console.jobs.terminal import backup, rekey
from console.settings import RetentionSettings
from store import clock
from store.errors import ContentErased
from store.log import Event
from tests.canaries import CANARIES, files_with
from tests.clusters import ON_POSTGRESQL, ON_SQLITE, Cluster
from tests.console.jobs.site import APPROVER, CHIEF, CUSTODIAN, OPERATOR, Site, entry, notice, person_of, write_lines
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


def _reports(site: Site) -> list[int]:
    return [int(site.raw(f"SELECT count(*) FROM file_{name}")[0][0]) for name in ("outcome", "look", "report")]


def test_the_report_of_a_file_goes_by_its_own_age(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    custodian = site.session(CUSTODIAN)
    site.take_in([entry(1)])
    # Without a retention nothing is ever erased.
    retention.erase_expired(site.terminal, custodian)
    assert _reports(site) == [1, 1, 1]
    later(site, monkeypatch, 364)
    retention.erase_expired(site.terminal, custodian)
    site.take_in([entry(2)])
    assert (_reports(site), site.entries(Event.REPORT_ERASED)) == ([2, 2, 2], [])
    later(site, monkeypatch, 364 + 2)
    # The message still waits for review, so that its content stays; the report of its file is no part of it.
    assert retention.erase_expired(site.terminal, custodian) == 0
    assert _reports(site) == [1, 1, 1]
    (erased,) = site.entries(Event.REPORT_ERASED)
    assert (erased.actor, erased.detail) == (CUSTODIAN, {})
    assert reading.read(site.terminal, site.session(OPERATOR), 1).record["reference"] == "R-000001"
    assert site.log_holds()


def test_a_file_whose_report_was_erased_is_known_when_it_comes_again(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_lines(tmp_path / "again.jsonl", [entry(1)])
    operator = site.session(OPERATOR)
    assert intake.take_in(site.terminal, operator, [file]).accepted == 1
    later(site, monkeypatch, 366)
    retention.erase_expired(site.terminal, site.session(CUSTODIAN))
    assert _reports(site) == [0, 0, 0]
    again = intake.take_in(site.terminal, operator, [file])
    assert (again.accepted, again.known, again.refused) == (0, 1, 0)
    assert _reports(site) == [1, 1, 1]


def test_an_erased_report_lies_in_no_file_of_the_engine(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = entry(1, person={**PERSON, "sex": CANARIES[0]}, card_number=CANARIES[4])
    file = write_lines(tmp_path / "wrong.jsonl", [wrong])
    taken = intake.take_in(site.terminal, site.session(OPERATOR), [file])
    assert taken.refused == 1
    kept = keeping.former(site.terminal, site.session(OPERATOR), file)
    assert kept is not None
    # The report quotes what is wrong, which is why it is sealed and goes.
    assert CANARIES[0] in [fault.value for fault in kept.taken.errors]
    file.unlink()
    assert files_with([site.home], CANARIES) == []
    later(site, monkeypatch, 366)
    retention.erase_expired(site.terminal, site.session(CUSTODIAN))
    assert _reports(site) == [0, 0, 0]
    assert files_with([site.home], CANARIES) == []
