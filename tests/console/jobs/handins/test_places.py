"""The files of the hand-in places and what became of each; nothing but what was looked at is taken in."""

import getpass
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event as Flag

import pytest

from console.configuration.handins import HandinSettings
from console.errors import FileExists, ImportStopped
from console.jobs.handins import examination, keeping, places, report
from console.jobs.handins.intake_outcome import MOST_LISTED, Intake, RecordFault
from console.jobs.handins.places import HandedIn, Handins
from console.jobs.messages import intake, retention
from console.jobs.pace import Pace
from console.jobs.progress import Progress
from console.session import Session
from console.settings import RetentionSettings
from console.words import Words
from store import clock
from store.errors import FileShiftJis, FileUnreadable
from store.handins.states import FileState
from store.log import Event
from store.message.errors import FileReplaced, FileSpreadsheet
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import CUSTODIAN, OPERATOR, Site, doubtful, entry, person_of, write_lines

pytestmark = ON_SQLITE
NAME = "BAD ADDRESS"


@pytest.fixture
def operator(site: Site) -> Session:
    return site.session(OPERATOR)


@pytest.fixture
def place(site: Site, tmp_path: Path) -> Path:
    directory = tmp_path / "handed-in"
    directory.mkdir()
    given = HandinSettings(directory=str(directory), owner=getpass.getuser(), purpose="住民記録")
    site.terminal.settings = replace(site.terminal.settings, handin=(given,))
    return directory


def lying(site: Site, operator: Session) -> dict[str, HandedIn]:
    return {file.path.name: file for file in places.handed_in(site.terminal, operator).files}


def mixed(place: Path, name: str = "mixed.jsonl") -> Path:
    wrong = entry(3, person=person_of(name=NAME, sex="neither"))
    return write_lines(place / name, [entry(1), doubtful(2), wrong])


def test_each_file_has_its_word(site: Site, operator: Session, place: Path) -> None:
    good, part = write_lines(place / "good.jsonl", [entry(7)]), mixed(place)
    (place / "table.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    (place / "late\x1b[31m.csv").write_bytes("住所".encode("cp932"))
    (place / "letter.pdf").touch()
    for unseen in (".draft.csv", "good.jsonl.sha256"):
        (place / unseen).write_text("x")
    (place / "link.csv").symlink_to(good)
    (place / "below").mkdir()
    (place / "good.jsonl.sha256").unlink()
    found = lying(site, operator)
    assert {name: (file.state, file.code) for name, file in found.items()} == {
        "good.jsonl": (FileState.WAITING, None),
        "mixed.jsonl": (FileState.WAITING, None),
        "late\x1b[31m.csv": (FileState.WAITING, None),
        "table.xls": (FileState.REFUSED, "file_spreadsheet"),
        "letter.pdf": (FileState.REFUSED, "file_suffix_unknown"),
    }
    intake.take_in(site.terminal, operator, [good, part])
    with pytest.raises(FileShiftJis):
        examination.examine(site.terminal, operator, [place / "late\x1b[31m.csv"])
    shutil.copy(good, place / "copy.jsonl")
    assert lying(site, operator)["copy.jsonl"].state is FileState.WAITING
    examination.examine(site.terminal, operator, [place / "copy.jsonl"])
    found = lying(site, operator)
    assert {name: file.state for name, file in found.items() if file.outcome is not None} == {
        "good.jsonl": FileState.TAKEN,
        "copy.jsonl": FileState.TAKEN,
        "mixed.jsonl": FileState.PARTLY,
        "late\x1b[31m.csv": FileState.REFUSED,
    }
    outcome = found["mixed.jsonl"].outcome
    assert outcome is not None
    assert (outcome.held, outcome.refused, outcome.warnings, outcome.taken_by) == (2, 1, 1, OPERATOR)
    # Another file under the name of one that was taken in is another file.
    write_lines(good, [entry(8)])
    assert lying(site, operator)["good.jsonl"].state is FileState.WAITING


def test_a_place_that_is_not_there_is_told_beside_the_others(site: Site, operator: Session, place: Path) -> None:
    mixed(place)
    (ours,) = site.terminal.settings.handin
    (place / "empty").mkdir()
    empty = replace(ours, directory=str(place / "empty"))
    gone, foreign = replace(ours, directory=str(place / "gone")), replace(ours, owner="nobody")
    site.terminal.settings = replace(site.terminal.settings, handin=(gone, ours, empty))
    found = places.handed_in(site.terminal, operator)
    assert [(each.place.directory, each.fault and each.fault.code) for each in found.bare] == [
        (gone.directory, "handin_unreadable"),
        (empty.directory, None),
    ]
    assert ([file.path.name for file in found.waiting], found.places) == (["mixed.jsonl"], 3)
    site.terminal.settings = replace(site.terminal.settings, handin=(foreign,))
    (file,) = places.handed_in(site.terminal, operator).files
    assert (file.state, file.code) == (FileState.REFUSED, "handin_foreign")


def test_only_what_was_looked_at_is_taken_in(site: Site, operator: Session, place: Path) -> None:
    file = mixed(place)
    (digest,) = examination.examine(site.terminal, operator, [file]).digests
    before = site.contents()
    write_lines(file, [entry(9)])
    with pytest.raises(FileReplaced):
        intake.take_in(site.terminal, operator, [file], wanted=digest)
    assert site.contents() == before
    mixed(place)
    assert intake.take_in(site.terminal, operator, [file], wanted=digest).accepted == 2


@pytest.mark.parametrize("several", [False, True], ids=["one portion", "several"])
def test_who_stops_takes_nothing_in(site: Site, operator: Session, place: Path, several: bool) -> None:  # noqa: FBT001  # A parameter of the test.
    file = write_lines(place / "long.jsonl", [entry(number) for number in range(1, 3 + several * Pace().size)])
    before, cancel = site.contents(), Flag()
    progress: list[Progress] = []
    for job in (examination.examine, intake.take_in):
        cancel.clear()

        def report(step: Progress) -> None:
            progress.append(step)
            cancel.set()

        with pytest.raises(ImportStopped):
            job(site.terminal, operator, [file], report=report, cancel=cancel)
        assert site.contents() == before
    assert {(step.phase, step.total) for step in progress} == {(p, file.stat().st_size) for p in ("examine", "import")}
    assert lying(site, operator)["long.jsonl"].state is FileState.WAITING


def test_the_report_is_kept_sealed_and_can_be_written_out_once(
    site: Site, operator: Session, place: Path, tmp_path: Path
) -> None:
    file = mixed(place)
    taken = intake.take_in(site.terminal, operator, [file])
    kept = keeping.former(site.terminal, operator, file)
    assert kept is not None
    assert (kept.taken.errors, kept.taken.warnings, kept.name) == (taken.errors, taken.warnings, file.name)
    (error,) = kept.taken.errors
    assert (error.reference, error.field, error.value) == ("R-000003", "person.sex", "neither")
    assert not any(NAME.encode() in bytes(blob) for ((blob),) in site.raw("SELECT ciphertext FROM file_report"))
    target = report.write_out(site.terminal, operator, kept, tmp_path, Words("ja"))
    text = target.read_text(encoding="utf-8")
    assert (target.stat().st_mode & 0o777, "R-000003" in text, "「neither」" in text, "性別" in text) == (
        0o600,
        *[True] * 3,
    )
    with pytest.raises(FileExists):
        report.write_out(site.terminal, operator, kept, target, Words("en"))
    assert [entry.object for entry in site.entries(Event.REPORT_EXPORTED)] == [kept.file] * 2


def test_a_file_that_is_refused_as_a_whole_has_a_report_too(site: Site, operator: Session, place: Path) -> None:
    file = place / "really.csv"
    file.write_bytes(b"PK\x03\x04" + bytes(99))
    with pytest.raises(FileSpreadsheet):
        intake.take_in(site.terminal, operator, [file])
    kept = keeping.former(site.terminal, operator, file)
    assert kept is not None
    lines = list(report.lines(kept, Words("en")))
    assert "workbook" in lines[2]
    file.unlink()
    with pytest.raises(FileUnreadable):
        keeping.former(site.terminal, operator, file)


def test_a_report_has_its_bound_and_goes_with_the_retention(
    site: Site, operator: Session, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = mixed(place)
    many = [RecordFault("x", line, "a", "item_missing", {"given": "v" * 999}) for line in range(MOST_LISTED)]
    taken = Intake(refused=1, errors=many[1:], warnings=many[:3])
    with site.terminal.database.writing() as tx:
        keeping.keep(site.terminal, operator, tx, file, "ab" * 32, taken)
    monkeypatch.setattr(keeping, "digest_of", lambda _: "ab" * 32)
    kept = keeping.former(site.terminal, operator, file)
    assert kept is not None
    assert (len(kept.taken.errors), len(kept.taken.warnings), kept.taken.more_warnings.total()) == (
        MOST_LISTED - 1,
        1,
        2,
    )
    site.terminal.settings = replace(site.terminal.settings, retention=RetentionSettings(content_days=365))
    now = clock.now() + timedelta(days=366)
    monkeypatch.setattr(clock, "now", lambda: now)
    retention.erase_expired(site.terminal, site.session(CUSTODIAN))
    assert [entry.object for entry in site.entries(Event.REPORT_ERASED)] == [kept.file]
    assert keeping.former(site.terminal, operator, file) is None


def test_waiting_files_stand_first(site: Site, operator: Session, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MOST_FILES", 2)
    for number in (1, 2, 3):
        write_lines(place / f"{number}.jsonl", [entry(number)])
    found: Handins = places.handed_in(site.terminal, operator)
    assert (len(found.files), found.more) == (2, 1)
    intake.take_in(site.terminal, operator, [found.files[0].path])
    after = places.handed_in(site.terminal, operator)
    assert [file.state for file in after.files] == [FileState.WAITING, FileState.TAKEN]
    assert after.waiting == after.files[:1]


def test_without_places_there_is_nothing_to_list(site: Site, operator: Session) -> None:
    found = places.handed_in(site.terminal, operator)
    assert (found.places, found.files, found.bare, found.waiting, found.more) == (0, [], [], [], 0)


def test_a_place_with_a_layout_takes_files_of_any_name(site: Site, operator: Session, place: Path) -> None:
    for name in ("export.dat", "export", "export.xlsx"):
        (place / name).touch()
    before = {name: file.code for name, file in lying(site, operator).items()}
    assert before == {
        "export.dat": "file_suffix_unknown",
        "export": "file_suffix_unknown",
        "export.xlsx": "file_spreadsheet",
    }
    (ours,) = site.terminal.settings.handin
    site.terminal.settings = replace(site.terminal.settings, handin=(replace(ours, layout="ward"),))
    assert {name: file.code for name, file in lying(site, operator).items()} == {
        "export.dat": None,
        "export": None,
        # A workbook is no text, whatever the layout.
        "export.xlsx": "file_spreadsheet",
    }


def test_a_list_reads_no_file(site: Site, operator: Session, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mixed(place)
    intake.take_in(site.terminal, operator, [place / "mixed.jsonl"])

    def refuse(*_arguments: object, **_options: object) -> None:
        raise AssertionError

    monkeypatch.setattr(keeping, "digest_of", refuse)
    monkeypatch.setattr(Path, "open", refuse)
    assert lying(site, operator)["mixed.jsonl"].state is FileState.PARTLY
