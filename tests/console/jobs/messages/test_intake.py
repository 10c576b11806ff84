"""Taking files in: the good are in and the bad are named, once, whatever interrupts it.

It shows `console.jobs.messages.enqueue` and `console.jobs.messages.leftovers` as well.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from console.errors import RecordNotSingle, RecordUnread
from console.jobs import admission
from console.jobs.handins.intake_outcome import Intake, RecordFault
from console.jobs.messages import enqueue, intake, listing, reading, record_reader
from console.jobs.messages import entry as by_hand
from console.jobs.pace import Pace
from console.jobs.people import logon
from console.jobs.progress import Progress
from console.jobs.rehearsal.sample_records import Inventor
from console.jobs.terminal import opening
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.database import Database
from store.endings import Ending
from store.errors import (
    DiskFull,
    DiskLow,
    FileFault,
    FileShiftJis,
    FileSuffixUnknown,
    FileUnreadable,
    ImportUnderWay,
    SessionClosed,
)
from store.log import Event
from store.message.checks import checking
from store.message.errors import FileChanged, FileChecksumDiffers, FileUtf16
from store.message.files.writing import write_records
from store.message.states import Direction
from store.people.sessions import close_session
from store.queue import QueueFilter
from store.sealing.vault import Vault
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import MUNICIPALITY, OPERATOR, Record, Site, doubtful, entry, person_of, write_lines
from tests.console.jobs.worker import stopped_in_the_middle

pytestmark = pytest.mark.by_engine

PORTION = Pace().size


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


def test_the_errors_of_several_files_are_bounded_together(site: Site, operator: Session, tmp_path: Path) -> None:
    bad, worse = tmp_path / "bad.jsonl", tmp_path / "worse.jsonl"
    bad.write_bytes(b"broken\n" * 600)
    worse.write_bytes(b"[1]\n" + b"broken\n" * 1600)
    write_lines(tmp_path / "good.jsonl", [entry(1)])
    worse.write_bytes(worse.read_bytes() + (tmp_path / "good.jsonl").read_bytes())
    taken = intake.take_in(site.terminal, operator, [bad, worse])
    assert [(totals.file, totals.accepted, totals.refused) for totals in taken.files] == [
        ("bad.jsonl", 0, 600),
        ("worse.jsonl", 1, 1601),
    ]
    assert (taken.accepted, taken.refused, taken.error_count) == (1, 2201, 2201)
    assert [fault.file for fault in taken.errors] == ["bad.jsonl"] * 600 + ["worse.jsonl"] * 400
    assert taken.more_errors == {"json_malformed": 1201}
    assert site.entries(Event.FILE_REFUSED)[-1].detail == {"accepted": 1, "known": 0, "errors": 1601}


@pytest.mark.parametrize(
    ("name", "raw", "error"),
    [
        ("a.jsonl", "住所".encode("cp932"), FileShiftJis),
        ("a.jsonl", "{}".encode("utf-16"), FileUtf16),
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


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file of two portions, so that it is taken in by more than one transaction."""
    return write_lines(tmp_path / "large.jsonl", [entry(number) for number in range(PORTION + 1)])


def between_its_portions(site: Site, operator: Session, file: Path, look: Callable[[], object]) -> Intake:
    """Take a file in, and do something when a part of it is done."""

    def report(progress: Progress) -> None:
        if 0 < progress.done < progress.total:
            look()

    return intake.take_in(site.terminal, operator, [file], report=report)


def test_a_file_is_in_the_queue_at_once_and_not_before(site: Site, operator: Session, large: Path) -> None:
    seen = list[tuple[int, int]]()

    def look() -> None:
        with site.terminal.database.reading() as reading:
            seen.append((len(queue.ids(reading, QueueFilter())), sum(queue.counts(reading).values())))

    taken = between_its_portions(site, operator, large, look)
    look()
    assert seen == [(0, 0), (PORTION + 1, PORTION + 1)]
    assert (taken.accepted, taken.errors) == (PORTION + 1, [])
    begun, ended = site.entries(Event.FILE_IMPORTING, Event.FILE_IMPORTED)
    assert [row.session for row in (begun, ended)] == [operator.id] * 2
    assert ended.detail == {"accepted": PORTION + 1, "known": 0, "errors": 0}
    assert all(begun.seq < row.seq < ended.seq for row in site.entries(Event.MESSAGE_IMPORTED))
    assert site.log_holds()


def test_others_work_beside_a_file_but_not_with_its_references(
    site: Site, operator: Session, large: Path, tmp_path: Path
) -> None:
    same = write_lines(tmp_path / "same.jsonl", [entry(900_001), entry(7)])
    refused = list[ImportUnderWay]()

    def work() -> None:
        other = site.session(OPERATOR)
        for attempt in (
            lambda: intake.take_in(site.terminal, other, [same]),
            lambda: by_hand.enter(site.terminal, other, [entry(900_001), entry(7)]),
        ):
            with pytest.raises(ImportUnderWay) as error:
                attempt()
            refused.append(error.value)
        by_hand.enter(site.terminal, other, [entry(900_002)])
        # Somebody else's message with a reference that the file has as well, but further on.
        by_hand.enter(site.terminal, other, [entry(PORTION)])
        assert total(site) == 2

    taken = between_its_portions(site, operator, large, work)
    assert (taken.accepted, taken.known) == (PORTION, 1)
    assert total(site) == PORTION + 2
    assert [error.facts["person"] for error in refused] == [OPERATOR] * 2
    assert all(0 < int(error.facts["percent"]) < 100 for error in refused)
    again = intake.take_in(site.terminal, operator, [same])
    assert (again.accepted, again.known) == (1, 1)


def test_a_reference_of_a_file_under_way_is_not_proposed(site: Site, operator: Session, tmp_path: Path) -> None:
    proposed = by_hand.free_reference(site.terminal, "resident_record")
    records = [entry(0, reference=proposed), *(entry(number) for number in range(PORTION))]
    seen = list[str]()
    between_its_portions(
        site,
        operator,
        write_lines(tmp_path / "large.jsonl", records),
        lambda: seen.append(by_hand.free_reference(site.terminal, "resident_record")),
    )
    assert seen == [proposed.replace("-001", "-002")]


def test_reading_checking_and_sealing_keep_no_writer_waiting(
    site: Site, operator: Session, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = list[str]()
    writing = Database.writing

    @contextmanager
    def noted(database: Database) -> Iterator[Connection]:
        with writing(database) as tx:
            turns.append("turn")
            yield tx
            turns.append("over")

    def noting(what: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def noted_work(*arguments: Any, **named: Any) -> Any:
            turns.append(what)
            return work(*arguments, **named)

        return noted_work

    monkeypatch.setattr(Database, "writing", noted)
    monkeypatch.setattr(record_reader, "check", noting("check", checking.check))
    monkeypatch.setattr(Vault, "seal_all", noting("seal", Vault.seal_all))
    intake.take_in(site.terminal, operator, [large])
    assert (turns.count("check"), turns.count("seal")) == (PORTION + 1, 2)
    assert [turn for turn in turns if turn in {"turn", "over"}] == ["turn", "over"] * turns.count("turn")
    within = [turns[place + 1] for place, turn in enumerate(turns) if turn == "turn"]
    assert set(within) == {"over"}


def test_a_notice_that_comes_meanwhile_is_looked_at(
    site: Site, operator: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_lines(tmp_path / "few.jsonl", [entry(1)])
    seal, asked = enqueue.seal, list[str]()

    def seal_while_a_notice_comes(*arguments: Any) -> Any:
        sealed = seal(*arguments)
        if not asked:
            draft = queue.MessageDraft(
                direction=Direction.IN, kind="agency_notice", reference="N-1", effective_at=clock.now(), content=b"{}"
            )
            with site.terminal.database.writing() as tx:
                queue.add_messages(tx, site.terminal.vault, [draft], now=clock.now())
                site.terminal.log.append(tx, Event.NOTICE_RECEIVED, actor=None, session=None)
        asked.append("sealed")
        return sealed

    monkeypatch.setattr(enqueue, "seal", seal_while_a_notice_comes)
    assert intake.take_in(site.terminal, operator, [file]).accepted == 1
    assert asked == ["sealed"] * 2


def test_a_file_that_fails_half_way_leaves_nothing(site: Site, operator: Session, large: Path) -> None:
    before = site.contents()

    def fail() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        between_its_portions(site, operator, large, fail)
    assert site.contents() == before
    (ended,) = site.entries(Event.FILE_IMPORTED)
    assert (ended.result, ended.detail) == ("failed", {"code": "interrupted"})
    assert intake.take_in(site.terminal, operator, [large]).accepted == PORTION + 1


def test_a_file_that_would_use_up_the_reserve_of_the_disk_leaves_nothing(
    site: Site, operator: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_lines(tmp_path / "larger.jsonl", [entry(number) for number in range(3 * PORTION + 1)])
    before = site.contents()
    with pytest.raises(DiskLow):
        between_its_portions(site, operator, file, lambda: monkeypatch.setattr(admission, "RESERVE_BYTES", 2**62))
    assert site.contents() == before


def test_a_file_whose_session_was_ended_elsewhere_does_not_get_in(site: Site, operator: Session, large: Path) -> None:
    with pytest.raises(SessionClosed):
        between_its_portions(site, operator, large, lambda: logon.log_off(site.terminal, operator, Ending.LOGGED_OFF))
    assert total(site) == 0
    assert site.raw("SELECT count(*) FROM message") == [(0,)]


def test_killed_in_the_middle_of_a_file_nothing_is_in(site: Site, operator: Session, large: Path) -> None:
    with stopped_in_the_middle(site.home, OPERATOR, "import", large):
        pass
    assert total(site) == 0
    assert site.raw("SELECT count(*) FROM message") == [(PORTION,)]
    with opening.open_terminal(site.home, origin="command") as anew:
        assert site.raw("SELECT count(*) FROM message") == [(0,)]
        (ended,) = site.entries(Event.FILE_IMPORTED)
        assert (ended.result, ended.detail) == ("failed", {"code": "interrupted"})
        taken = intake.take_in(anew, operator, [large])
    assert (taken.accepted, taken.known, taken.errors) == (PORTION + 1, 0, [])
    assert total(site) == PORTION + 1
    assert site.log_holds()


def test_dead_at_any_turn_nothing_is_in_and_at_last_all(
    site: Site, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class DeadError(BaseException):
        """The process is gone: nothing that it would still do is done."""

    writing, left = Database.writing, 0

    @contextmanager
    def dying(database: Database) -> Iterator[Connection]:
        nonlocal left
        if not left:
            raise DeadError
        left -= 1
        with writing(database) as tx:
            yield tx

    for turns in range(20):
        session, left = site.session(OPERATOR), turns
        with monkeypatch.context() as patch, suppress(DeadError):
            patch.setattr(Database, "writing", dying)
            intake.take_in(site.terminal, session, [large])
            break
        assert total(site) == 0
        site.raw("UPDATE session SET holder = '', seen_at = 0 WHERE id = ?", session.id)
        assert logon.close_abandoned(site.terminal) == 1
    assert turns >= 4, "the intent, the beginning, a portion, and the end"
    assert total(site) == PORTION + 1
    assert site.raw("SELECT count(*) FROM message") == [(PORTION + 1,)]
    outcomes = [row.result for row in site.entries(Event.FILE_IMPORTED)]
    assert outcomes == ["failed"] * (len(site.entries(Event.FILE_IMPORTING)) - 1) + ["done"]
    assert site.log_holds()


def test_what_others_left_is_removed_by_the_next_import(site: Site, operator: Session, tmp_path: Path) -> None:
    gone = site.session(OPERATOR)
    draft = queue.MessageDraft(
        direction=Direction.OUT, kind="resident_record", reference="R-000001", effective_at=clock.now(), content=b"{}"
    )
    with site.terminal.database.writing() as tx:
        intake_id = queue.begin_file(tx, gone.id, 1)
        sealed = queue.seal_drafts(site.terminal.vault, [draft], now=clock.now())
        queue.add_sealed(tx, site.terminal.vault, sealed, now=clock.now(), intake_id=intake_id)
        close_session(tx, gone.id, Ending.CRASH, clock.now())
    taken = intake.take_in(site.terminal, operator, [write_lines(tmp_path / "again.jsonl", [entry(1)])])
    assert (taken.accepted, taken.known) == (1, 0)
    assert site.raw("SELECT count(*) FROM message") == [(1,)]


@ON_SQLITE
def test_a_full_disk_leaves_nothing(site: Site, operator: Session, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "long.jsonl", [entry(number) for number in range(2 * PORTION)])
    with site.terminal.database.writing() as tx:
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
        tx.exec_driver_sql(f"PRAGMA max_page_count = {pages + 20}")
    before = site.contents()
    with pytest.raises(DiskFull) as refused:
        intake.take_in(site.terminal, operator, [file])
    assert refused.value.exit_status == 7
    assert site.contents() == before
    with Terminal.open(site.home) as anew:
        assert intake.take_in(anew, operator, [file]).accepted == 2 * PORTION


def cut_off(path: Path, record: Record, *, drop: int = 2) -> Path:
    with path.open("wb") as stream:
        write_records(stream, path.name, [record])
        stream.truncate(stream.tell() - drop)
    return path


def test_what_is_doubtful_about_a_file_is_a_warning_and_no_error(site: Site, operator: Session, tmp_path: Path) -> None:
    empty = write_lines(tmp_path / "empty.jsonl", [])
    taken = intake.take_in(site.terminal, operator, [empty, cut_off(tmp_path / "cut.csv", entry(1))])
    assert (taken.accepted, taken.refused) == (1, 0)
    assert [(fault.file, fault.line, fault.rule) for fault in taken.warnings] == [
        ("empty.jsonl", 1, "file_empty"),
        ("cut.csv", 2, "file_end_missing"),
    ]
    # The message itself has nothing that somebody would have to confirm.
    assert site.row(1).warnings == 0


@pytest.mark.parametrize("count", [3, PORTION + 3], ids=["in one portion", "in several"])
def test_a_file_that_somebody_writes_to_is_not_taken_in(
    site: Site, operator: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    file = write_lines(tmp_path / "growing.jsonl", [entry(number) for number in range(count)])

    class Writing(record_reader.Portions):
        def next(self, most: int) -> Any:
            portion = super().next(most)
            if self.over:
                with file.open("ab") as stream:
                    stream.write(b"{")
            return portion

    monkeypatch.setattr(intake, "Portions", Writing)
    with pytest.raises(FileChanged):
        intake.take_in(site.terminal, operator, [file])
    assert total(site) == 0


def test_a_checksum_beside_a_file_has_to_be_its_own(site: Site, operator: Session, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "some.jsonl", [entry(1)])
    beside = tmp_path / "some.jsonl.sha256"
    beside.write_text(f"{'0' * 64}  some.jsonl\n")
    with pytest.raises(FileChecksumDiffers):
        intake.take_in(site.terminal, operator, [file])
    with pytest.raises(FileChecksumDiffers):
        by_hand.load(file)
    beside.write_text(f"{sha256(file.read_bytes()).hexdigest()}  some.jsonl\n")
    assert intake.take_in(site.terminal, operator, [file]).accepted == 1
    assert by_hand.load(file) == entry(1)


def test_a_single_record_that_may_be_cut_off_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordUnread) as refused:
        by_hand.load(cut_off(tmp_path / "one.csv", entry(1)))
    assert refused.value.facts["rule"] == "file_end_missing"
    with pytest.raises(RecordNotSingle):
        by_hand.load(write_lines(tmp_path / "none.jsonl", []))
