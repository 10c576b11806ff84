"""What became of a file is kept by its bytes: whatever its name, its place, and the layout by which it was read."""

import os
import shutil
from pathlib import Path

import pytest

from console.jobs.handins import keeping
from console.jobs.handins.intake_outcome import MOST_LISTED, Intake, RecordFault
from console.jobs.messages import intake
from console.session import Session
from store.errors import FileSuffixUnknown, FileUnreadable
from store.handins import outcomes
from store.handins.states import FileState
from store.message.errors import FileChanged, FileNotRecords, FileSpreadsheet
from store.message.files.completeness import digest_of
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import APPROVER, OPERATOR, Site, entry, write_lines

pytestmark = ON_SQLITE
DIGEST = "ab" * 32


@pytest.fixture
def operator(site: Site) -> Session:
    return site.session(OPERATOR)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "records.jsonl", [entry(1), entry(2)])


def counted(site: Site) -> tuple[int, int, int]:
    """Return how many outcomes, looks and reports there are."""
    tables = ("file_outcome", "file_look", "file_report")
    first, second, third = (int(site.raw(f"SELECT count(*) FROM {table}")[0][0]) for table in tables)
    return first, second, third


def state(site: Site, digest: str = DIGEST) -> FileState | None:
    with site.terminal.database.reading() as reading:
        kept = outcomes.outcome_of(reading, site.terminal.vault.rows, keeping.pseudonym_of(site.terminal, digest))
    return None if kept is None else kept.state


def test_nothing_is_kept_of_what_nobody_took_in(site: Site, operator: Session, file: Path) -> None:
    assert keeping.former(site.terminal, operator, file) is None
    keeping.recognise(site.terminal, file, DIGEST)
    assert counted(site) == (0, 0, 0)


def test_the_last_word_about_a_file_takes_the_place_of_the_one_before(
    site: Site, operator: Session, file: Path
) -> None:
    intake.take_in(site.terminal, operator, [file])
    first = keeping.former(site.terminal, operator, file)
    intake.take_in(site.terminal, operator, [file])
    second = keeping.former(site.terminal, operator, file)
    assert first is not None
    assert second is not None
    assert ((first.taken.accepted, first.taken.known), (second.taken.accepted, second.taken.known)) == ((2, 0), (0, 2))
    assert first.outcome is not None
    assert second.outcome is not None
    assert (first.outcome.held, second.outcome.held) == (2, 2)
    assert counted(site) == (1, 1, 1)


def test_a_copy_is_the_same_file_and_a_change_another_one(site: Site, operator: Session, file: Path) -> None:
    intake.take_in(site.terminal, operator, [file])
    copy = file.with_name("copy.jsonl")
    shutil.copy(file, copy)
    kept = keeping.former(site.terminal, operator, copy)
    assert kept is not None
    # The report is that of the time, with the name that the file had.
    assert kept.name == "records.jsonl"
    with copy.open("a", encoding="utf-8") as more:
        more.write("\n")
    assert keeping.former(site.terminal, operator, copy) is None


def test_who_may_not_enter_reads_no_report(site: Site, operator: Session, file: Path) -> None:
    intake.take_in(site.terminal, operator, [file])
    with pytest.raises(Exception, match="right_missing"):
        keeping.former(site.terminal, site.session(APPROVER), file)


@pytest.mark.parametrize("fault", [FileUnreadable, FileChanged, FileSuffixUnknown])
def test_what_is_no_fault_of_the_bytes_is_not_kept(
    site: Site, operator: Session, file: Path, fault: type[FileUnreadable]
) -> None:
    with pytest.raises(fault), keeping.refusing(site.terminal, operator, file, DIGEST):
        raise fault(file=file.name)
    assert state(site) is None
    with pytest.raises(ValueError, match="of another kind"), keeping.refusing(site.terminal, operator, file, DIGEST):
        raise ValueError("of another kind")
    assert counted(site) == (0, 0, 0)


def test_a_refusal_takes_the_place_of_a_refusal_and_of_nothing_that_is_in(
    site: Site, operator: Session, file: Path
) -> None:
    for fault in (FileSpreadsheet, FileNotRecords):
        with pytest.raises(fault), keeping.refusing(site.terminal, operator, file, DIGEST):
            raise fault(file=file.name)
        assert state(site) is FileState.REFUSED
    with site.terminal.database.writing() as tx:
        keeping.keep(site.terminal, operator, tx, file, DIGEST, Intake(accepted=1))
    with pytest.raises(FileSpreadsheet), keeping.refusing(site.terminal, operator, file, DIGEST):
        raise FileSpreadsheet(file=file.name)
    assert state(site) is FileState.TAKEN


def test_a_file_that_is_gone_keeps_its_word_and_has_no_look(site: Site, operator: Session, file: Path) -> None:
    with site.terminal.database.writing() as tx:
        keeping.keep(site.terminal, operator, tx, file.with_name("gone.csv"), DIGEST, Intake(accepted=1))
    assert (state(site), counted(site)) == (FileState.TAKEN, (1, 0, 1))


def test_a_look_is_of_place_size_and_time_and_tells_none_of_them(site: Site, tmp_path: Path) -> None:
    looks = {
        keeping.look_of(site.terminal, path, size, modified)
        for path in (tmp_path / "a", tmp_path / "b", tmp_path / "a\udcff")
        for size in (1, 11)
        for modified in (1, 111)
    }
    assert len(looks) == 12
    assert all(len(look) == 32 and look.isalnum() for look in looks)
    assert keeping.pseudonym_of(site.terminal, DIGEST) not in looks


def test_the_name_of_a_file_need_not_be_text(site: Site, operator: Session, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"bad\xff.jsonl")
    write_lines(path, [entry(1)])
    intake.take_in(site.terminal, operator, [path])
    kept = keeping.former(site.terminal, operator, path)
    assert kept is not None
    assert kept.name == path.name


def test_errors_have_the_room_of_a_report_before_warnings(site: Site, operator: Session, file: Path) -> None:
    faults = [RecordFault("x", line, "a", "item_missing", {"given": "v" * 999}) for line in range(MOST_LISTED)]
    taken = Intake(refused=MOST_LISTED, errors=faults, warnings=faults[:7])
    taken.more_errors["item_unknown"] = 5
    with site.terminal.database.writing() as tx:
        keeping.keep(site.terminal, operator, tx, file, digest_of(file), taken)
    kept = keeping.former(site.terminal, operator, file)
    assert kept is not None
    assert (len(kept.taken.errors), kept.taken.error_count) == (MOST_LISTED, MOST_LISTED + 5)
    assert (kept.taken.warnings, kept.taken.more_warnings) == ([], {"item_missing": 7})
    assert {len(fault.facts["given"]) for fault in kept.taken.errors} == {200}
