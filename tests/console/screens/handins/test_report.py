"""The dry run on the screen: what is offered when, what is asked, and what a failure leaves."""

import getpass
from pathlib import Path

import pytest

from console.screens.handins.report import ReportScreen
from store.errors import DiskFull
from tests.console.driving import Driven, driving
from tests.console.jobs.site import doubtful, entry, person_of, write_lines
from tests.running import World


@pytest.fixture
def file(world: World, tmp_path: Path) -> Path:
    directory = tmp_path / "handed-in"
    directory.mkdir()
    settings = world.home / "renkei.toml"
    table = f'\n[[handin]]\ndirectory = "{directory}"\nowner = "{getpass.getuser()}"\npurpose = "x"\n'
    settings.write_text(settings.read_text(encoding="utf-8") + table, encoding="utf-8")
    wrong = person_of(sex="neither")
    records = [entry(901, person=wrong), doubtful(902), entry(903, person=wrong), entry(904)]
    return write_lines(directory / "records.jsonl", records)


async def open_report(console: Driven) -> ReportScreen:
    await console.log_on("op-101", opens="")
    await console.press("i", "enter")
    screen = console.app.screen
    assert isinstance(screen, ReportScreen)
    return screen


async def test_errors_are_gone_through_and_narrowed(world: World, file: Path) -> None:
    async with driving(world.home) as console:
        screen = await open_report(console)
        assert [(line.severity, line.fault.line) for line in screen._lines()] == [
            ("errors", 1),
            ("errors", 3),
            ("warnings", 2),
        ]
        places = []
        for key in ("n", "n", "N", "N"):
            await console.press(key)
            places.append(screen.rows.position)
        assert places == [2, 2, 1, 1]
        assert screen.notice.shown == console.words("handins.no_error")
        counts = []
        for _ in range(3):
            await console.press("f")
            counts.append((screen.only, screen.rows.count))
        assert counts == [("errors", 2), ("warnings", 1), (None, 3)]
        # Where no line is an error, n goes along the warnings.
        await console.press("f", "f", "n")
        assert screen.rows.position == 1


async def test_the_foot_names_what_can_be_done_now(world: World, file: Path) -> None:
    async with driving(world.home) as console:
        screen = await open_report(console)
        words = console.words
        named = ("take_in", "export_report", "next_error", "dry_run_again")
        assert [words(f"keys.{name}") in console.foot for name in named] == [True] * 4
        await console.press("i")
        assert [words(f"keys.{name}") in console.foot for name in named] == [False, True, True, True]
        assert (screen.stage, screen.unfinished) == ("taken", False)
        # A second i takes nothing in: it was taken in, and nobody has looked again.
        await console.press("i")
        assert screen.stage == "taken"
        await console.press("full_stop")
        assert screen.report is not None
        assert (screen.stage, screen.report.taken.known) == ("dry_run", 2)


async def test_a_file_without_good_records_is_not_taken_in(world: World, file: Path) -> None:
    write_lines(file, [entry(901, person=person_of(sex="neither"))])
    async with driving(world.home) as console:
        screen = await open_report(console)
        assert not screen.offered
        await console.press("i")
        assert screen.notice.shown == console.words("handins.nothing_good")
        assert screen.stage == "dry_run"


async def test_a_report_is_asked_for_a_place_and_given_up(world: World, file: Path, tmp_path: Path) -> None:
    async with driving(world.home) as console:
        screen = await open_report(console)
        await console.press("o", "enter")
        assert console.words("common.output_missing") in console.text()
        await console.press("escape")
        assert console.app.screen is screen
        taken = tmp_path / "taken.txt"
        taken.write_text("kept")
        await console.press("o", *str(taken), "enter")
        assert console.words.fault("file_exists", {"file": taken.name}).cause in screen.notice.shown
        assert taken.read_text() == "kept"


async def test_a_failure_shows_its_word_and_nothing_of_the_dry_run(
    world: World, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with driving(world.home) as console:
        screen = await open_report(console)

        def fail(*_arguments: object, **_options: object) -> None:
            raise DiskFull

        monkeypatch.setattr("console.jobs.messages.intake.take_in", fail)
        await console.press("i")
        assert (screen.stage, screen.report, screen.rows.count) == ("refused", None, 0)
        assert console.words.fault("disk_full").cause in screen.notice.shown
        monkeypatch.undo()
        await console.press("full_stop", "i")
        assert screen.stage == "taken"
