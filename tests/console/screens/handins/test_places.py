"""取込 on the screen: from home to the dry run, what it says, and taking in just that."""

import getpass
from pathlib import Path

import pytest

from console.jobs.progress import Progress
from console.screens.handins.places import HandinsScreen
from console.screens.handins.progress import ImportProgress
from console.screens.handins.report import ReportScreen
from tests.console.driving import Driven, driving
from tests.console.jobs.site import doubtful, entry, person_of, write_lines
from tests.running import World

NAME = "mixed\x1b[31m.jsonl"


@pytest.fixture
def place(world: World, tmp_path: Path) -> Path:
    directory = tmp_path / "handed-in"
    directory.mkdir()
    settings = world.home / "renkei.toml"
    for given in (directory, tmp_path / "gone"):
        table = f'\n[[handin]]\ndirectory = "{given}"\nowner = "{getpass.getuser()}"\npurpose = "住民記録"\n'
        settings.write_text(settings.read_text(encoding="utf-8") + table, encoding="utf-8")
    wrong = entry(903, person=person_of(sex="neither"))
    write_lines(directory / NAME, [entry(901), doubtful(902), wrong])
    (directory / "table.xls").touch()
    return directory


def report_of(console: Driven) -> ReportScreen:
    screen = console.app.screen
    assert isinstance(screen, ReportScreen)
    return screen


@pytest.mark.parametrize(
    ("language", "size"), [("ja", (80, 24)), pytest.param("en", (120, 40), marks=pytest.mark.long)]
)
async def test_from_home_a_file_is_looked_at_and_taken_in_by_three_keys(
    world: World, place: Path, tmp_path: Path, language: str, size: tuple[int, int]
) -> None:
    async with driving(world.home, language="ja" if language == "ja" else "en", size=size) as console:
        words = console.words
        await console.log_on("op-101", opens="")
        (line,) = (line for line in console.text().splitlines() if f"i.{words('handins.title')}" in line)
        assert (" 1 " in line, "mixed" in line, "\x1b" in console.text()) == (True, True, False)
        await console.press("i")
        assert words("handins.unfit", count=1) in console.text()
        assert words("handins.why.file_spreadsheet") in console.text()
        # What cannot be used stands first, and says why when it is chosen; the cursor is on what waits.
        await console.press("up", "enter")
        assert isinstance(console.app.screen, HandinsScreen)
        assert str(tmp_path / "gone") in console.app.screen.notice.shown
        await console.press("down", "enter")
        assert words("handins.not_yet") in console.text()
        assert [(row.severity, row.fault.line) for row in report_of(console)._lines()] == [
            ("errors", 3),
            ("warnings", 2),
        ]
        text = console.text()
        assert ("R-000903" in text, "neither" in text) == (True, True)
        assert words("handins.count.take_in", count=2) in text
        await console.press("n")
        assert words("handins.no_error") in console.text()
        await console.press("f", "f")
        assert [report_of(console).rows.count, words("handins.shown.warnings") in console.text()] == [1, True]
        await console.press("f", "o", *str(tmp_path / "report.txt"), "enter")
        assert "R-000903" in (tmp_path / "report.txt").read_text(encoding="utf-8")
        await console.press("i")
        assert words("handins.done", accepted=2, known=0, refused=1)[:20] in console.text()
        # The list, which was hidden meanwhile, still has the keys.
        await console.press("down")
        assert report_of(console).rows.position == 2
        await console.press("escape")
        assert words("handins.state.partly") in console.text()
        await console.press("v")
        assert (report_of(console).rows.count, words("handins.former", time="", person="")[:4] in console.text()) == (
            2,
            True,
        )
        # From the list as well: its people are told without opening the report.
        await console.press("escape")
        assert words("keys.export_report") in console.foot
        await console.press("o", *str(tmp_path / "former.txt"), "enter")
        assert "R-000903" in (tmp_path / "former.txt").read_text(encoding="utf-8")
        await console.press("escape")
        assert f"i.{words('handins.title')}" not in console.text()


async def test_a_file_that_changed_or_vanished_is_not_taken_in(world: World, place: Path) -> None:
    file = place / NAME
    async with driving(world.home) as console:
        await console.log_on("op-101", opens="")
        await console.press("i", "enter")
        write_lines(file, [entry(904)])
        await console.press("i")
        assert console.words.fault("file_replaced", {"file": file.name}).cause in report_of(console).notice.shown
        assert (report_of(console).stage, report_of(console).offered) == ("refused", False)
        await console.press("full_stop")
        assert report_of(console).stage == "dry_run"
        await console.press("escape")
        file.unlink()
        await console.press("enter")
        assert report_of(console).stage == "refused"
        await console.press("i", "o", "f", "n", "escape")
        assert isinstance(console.app.screen, HandinsScreen)


async def test_a_locked_screen_shows_nothing_of_a_dry_run_that_ends_meanwhile(world: World, place: Path) -> None:
    async with driving(world.home) as console:
        await console.log_on("op-101", opens="")
        await console.press("i")
        await console.pilot.press("enter", "z")
        await console.settle()
        assert (console.screen, "R-000903" in console.text()) == ("lock", False)


async def test_stopping_takes_nothing_in_and_progress_is_told_once_it_is_known(world: World, place: Path) -> None:
    async with driving(world.home) as console:
        await console.log_on("op-101", opens="")
        await console.press("i", "enter")
        screen = report_of(console)
        # As the job's thread would leave it: the bar, and no rate before it is known.
        screen._begin("taking_in")
        assert screen.unfinished
        progress = screen.query_one(ImportProgress)
        for seconds, known in ((0.5, False), (10.0, True)):
            progress.report(Progress("import", 4_000_000, 10_000_000, 4_000_000 / seconds, 15.0))
            progress._look()
            await console.settle()
            text = console.text()
            assert ("40%  4.0MB / 10.0MB" in text, console.words("handins.progress.left", time="15秒") in text) == (
                True,
                known,
            )
        progress.report(Progress("import", 4, 0, 1, None))
        progress._look()
        await console.settle()
        assert "%" not in console.text()
        await console.press("i", "escape")
        assert screen._cancel is not None
        assert (screen._cancel.is_set(), console.words("handins.stopping") in console.text()) == (True, True)
        screen._cancel = None
