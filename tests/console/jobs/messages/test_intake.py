"""Taking files in: the good are in and the bad are named, once, whatever interrupts it.

It shows `console.jobs.messages.enqueue` as well.
"""

from pathlib import Path

import pytest

from console.jobs.messages import intake, listing, reading
from console.jobs.messages.intake import RecordFault
from console.jobs.progress import Progress
from console.jobs.rehearsal.sample_records import Inventor
from console.session import Session
from console.terminal import Terminal
from store import clock
from store.errors import DiskFull, FileFault, FileNotUtf8, FileShiftJis, FileSuffixUnknown, FileUnreadable
from store.log import Event
from store.message.files.writing import write_records
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import MUNICIPALITY, OPERATOR, Record, Site, doubtful, entry, person_of, write_lines
from tests.console.jobs.worker import stopped_in_the_middle

PORTION = 1000


@pytest.fixture
def operator(site: Site) -> Session:
    return site.session(OPERATOR)


def invented(count: int) -> list[Record]:
    return list(Inventor(seed=7, now=clock.now(), municipality=MUNICIPALITY).outgoing(count))


def total(site: Site) -> int:
    return len(listing.ids(site.terminal, site.session(OPERATOR), listing.QueueQuery()))


def test_sixty_are_taken_in_and_are_sixty_known(site: Site, operator: Session, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "sixty.jsonl", invented(60))
    first = intake.take_in(site.terminal, operator, [file])
    assert (first.accepted, first.known, first.errors) == (60, 0, [])
    assert set(site.states(range(1, 61))) == {"review"}
    before = site.contents()
    again = intake.take_in(site.terminal, operator, [file])
    assert (again.accepted, again.known, again.errors, again.warnings) == (0, 60, [], [])
    assert site.contents() == before


def test_each_message_has_its_entry_by_who_took_it_in(site: Site, operator: Session, tmp_path: Path) -> None:
    intake.take_in(site.terminal, operator, [write_lines(tmp_path / "some.jsonl", [entry(1), doubtful(2)])])
    first, second = site.entries(Event.MESSAGE_IMPORTED)
    assert (first.actor, first.session, first.object) == (OPERATOR, operator.id, site.row(1).uid)
    assert (first.detail, second.detail) == (
        {"kind": "resident_record", "warnings": 0},
        {"kind": "resident_record", "warnings": 1},
    )
    assert site.row(1).author == OPERATOR


def test_bad_lines_are_told_and_the_good_are_in(site: Site, operator: Session, tmp_path: Path) -> None:
    file = write_lines(
        tmp_path / "mixed.jsonl",
        [entry(1), entry(2, person={"name": ""}), entry(3, speed=4), entry(4, action="correction"), doubtful(5)],
    )
    with file.open("ab") as stream:
        stream.write(b"{broken\n\n[1]\n")
    taken = intake.take_in(site.terminal, operator, [file])
    assert taken.accepted == 2
    assert {(fault.line, fault.field, fault.rule) for fault in taken.errors} >= {
        (2, "person.name", "item_missing"),
        (3, "speed", "item_unknown"),
        (4, "action", "action_report_mismatch"),
        (6, "record", "json_malformed"),
        (8, "record", "record_not_object"),
    }
    assert {fault.line for fault in taken.errors} == {2, 3, 4, 6, 8}
    assert {fault.file for fault in taken.errors} == {"mixed.jsonl"}
    assert [(fault.line, fault.rule) for fault in taken.warnings] == [(5, "paper_date_impossible")]
    assert [site.number(f"R-{number:06}") for number in (1, 5)] == [1, 2]
    (refused,) = site.entries(Event.FILE_REFUSED)
    assert refused.detail == {"accepted": 2, "known": 0, "errors": len(taken.errors)}


def test_a_reference_is_not_used_for_another_content(site: Site, operator: Session, tmp_path: Path) -> None:
    site.take_in([entry(1)])
    file = write_lines(tmp_path / "other.jsonl", [entry(1, card_number="XY00000000YX"), entry(2)])
    taken = intake.take_in(site.terminal, operator, [file])
    assert taken.accepted == 1
    assert taken.errors == [RecordFault("other.jsonl", 1, "reference", "reference_conflict", {})]
    view = reading.read(site.terminal, operator, 1)
    assert view.record["card_number"] == "AB12345678CD"


@pytest.mark.parametrize("between", [0, PORTION], ids=["near", "in another portion"])
def test_a_reference_twice_in_one_file(site: Site, operator: Session, tmp_path: Path, between: int) -> None:
    others = [entry(number) for number in range(100, 100 + between)]
    same, other = entry(1), entry(1, card_number="XY00000000YX")
    taken = intake.take_in(
        site.terminal, operator, [write_lines(tmp_path / "twice.jsonl", [entry(1), *others, same, other])]
    )
    assert (taken.accepted, taken.known) == (1 + between, 1)
    assert taken.errors == [RecordFault("twice.jsonl", 3 + between, "reference", "reference_conflict", {})]


def test_one_reference_may_name_messages_of_two_kinds(site: Site, operator: Session, tmp_path: Path) -> None:
    delivery = {
        **{name: entry(1)[name] for name in ("reference", "municipality", "occurred_at", "subject")},
        "kind": "certificate_delivery",
        "certificate_number": "EF87654321GH",
        "delivered_on": "2026-11-18",
    }
    taken = intake.take_in(site.terminal, operator, [write_lines(tmp_path / "pair.jsonl", [entry(1), delivery])])
    assert (taken.accepted, taken.errors) == (2, [])


def test_csv_and_json_lines_are_the_same(site: Site, operator: Session, tmp_path: Path) -> None:
    records = invented(60)
    with (tmp_path / "sixty.csv").open("wb") as stream:
        write_records(stream, "sixty.csv", records)
    from_csv = intake.take_in(site.terminal, operator, [tmp_path / "sixty.csv"])
    from_lines = intake.take_in(site.terminal, operator, [write_lines(tmp_path / "sixty.jsonl", records)])
    assert (from_csv.accepted, from_csv.errors) == (60, [])
    assert (from_lines.known, from_lines.errors) == (60, [])


def test_several_files_are_several_acts(site: Site, operator: Session, tmp_path: Path) -> None:
    good = write_lines(tmp_path / "good.jsonl", [entry(1)])
    (tmp_path / "bad.jsonl").write_bytes("氏名".encode("cp932"))
    with pytest.raises(FileShiftJis):
        intake.take_in(site.terminal, operator, [good, tmp_path / "bad.jsonl"])
    assert total(site) == 1


@pytest.mark.parametrize(
    ("name", "raw", "error"),
    [
        ("a.jsonl", "住所".encode("cp932"), FileShiftJis),
        ("a.jsonl", "{}".encode("utf-16"), FileNotUtf8),
        ("a.txt", b"{}", FileSuffixUnknown),
        ("a.csv", b"name\n1\n", FileFault),
    ],
)
def test_a_file_that_cannot_be_read_as_one(
    site: Site, operator: Session, tmp_path: Path, name: str, raw: bytes, error: type[FileFault]
) -> None:
    (tmp_path / name).write_bytes(raw)
    before = site.contents()
    with pytest.raises(error) as refused:
        intake.take_in(site.terminal, operator, [tmp_path / name])
    assert refused.value.facts["file"] == name
    assert site.contents() == before


def test_a_file_that_turns_out_to_be_no_text_at_its_end_leaves_nothing(
    site: Site, operator: Session, tmp_path: Path
) -> None:
    plain = person_of(address="Tokyo")
    file = write_lines(tmp_path / "long.jsonl", [entry(number, person=plain) for number in range(PORTION + 1)])
    file.write_bytes(file.read_bytes() + "住所".encode("cp932"))
    before = site.contents()
    with pytest.raises(FileShiftJis):
        intake.take_in(site.terminal, operator, [file])
    assert site.contents() == before


def test_files_that_are_not_there(site: Site, operator: Session, tmp_path: Path) -> None:
    (tmp_path / "directory.jsonl").mkdir()
    for name in ("nowhere.jsonl", "directory.jsonl"):
        with pytest.raises(FileUnreadable):
            intake.take_in(site.terminal, operator, [tmp_path / name])


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_a_file_without_records(site: Site, operator: Session, tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "empty.jsonl").write_bytes(raw)
    taken = intake.take_in(site.terminal, operator, [tmp_path / "empty.jsonl"])
    assert (taken.accepted, taken.known, taken.errors) == (0, 0, [])


def test_progress_is_told_in_bytes_of_the_file(site: Site, operator: Session, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "long.jsonl", [entry(number) for number in range(PORTION + 1)])
    reports = list[Progress]()
    intake.take_in(site.terminal, operator, [file], report=reports.append)
    size = file.stat().st_size
    assert [(progress.phase, progress.total) for progress in reports] == [("import", size)] * 3
    assert reports[0].done == 0 < reports[1].done < reports[2].done == size


def test_killed_in_the_middle_of_a_file_nothing_is_in(site: Site, operator: Session, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "long.jsonl", [entry(number) for number in range(2 * PORTION + 500)])
    with stopped_in_the_middle(site.home, OPERATOR, "import", file):
        pass
    assert total(site) == 0
    assert site.entries(Event.MESSAGE_IMPORTED) == []
    with Terminal.open(site.home) as anew:
        taken = intake.take_in(anew, operator, [file])
    assert (taken.accepted, taken.known, taken.errors) == (2 * PORTION + 500, 0, [])
    assert total(site) == 2 * PORTION + 500
    assert site.log_holds()


@ON_SQLITE
def test_a_full_disk_leaves_nothing(site: Site, operator: Session, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "long.jsonl", [entry(number) for number in range(PORTION)])
    with site.terminal.database.writing() as tx:
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
        tx.exec_driver_sql(f"PRAGMA max_page_count = {pages + 20}")
    before = site.contents()
    with pytest.raises(DiskFull) as refused:
        intake.take_in(site.terminal, operator, [file])
    assert refused.value.exit_status == 7
    assert site.contents() == before
    with Terminal.open(site.home) as anew:
        assert intake.take_in(anew, operator, [file]).accepted == PORTION
