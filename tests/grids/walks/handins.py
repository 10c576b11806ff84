"""What other systems hand in: the places, the dry run, and what became of it."""

from typing import Final

from console.jobs.progress import Progress
from console.screens.handins.progress import ImportProgress
from console.screens.handins.report import ReportScreen
from tests.console.driving import Driven
from tests.console.jobs.site import doubtful, entry, person_of, write_lines
from tests.grids.drawing import Easel


async def nothing(easel: Easel) -> None:
    async with easel.logged_on("op-101") as console:
        await console.press("i")
        await easel.draw(console, "handins_no_place", "No place is named in the settings.")
    easel.hand_in("住民記録")
    async with easel.logged_on("op-101") as console:
        await console.press("i")
        await easel.draw(console, "handins_empty", "A place in which nothing lies.")


async def files(easel: Easel) -> None:
    place = easel.hand_in("住民記録", "idou-1130.jsonl", "table.xls", "idou-1129.csv", hours=3)
    easel.register(place.with_name("gone"), "外字照会")
    wrong = [entry(903 + number, person=person_of(sex="neither")) for number in range(2)]
    easel.date(write_lines(place / "idou-1130.jsonl", [entry(901), doubtful(902), *wrong]), hours=3)
    (place / "idou-1128.jsonl").write_bytes(b"\xff\xfe\x00")
    easel.date(place / "idou-1128.jsonl", hours=40)
    easel.date(write_lines(place / "kenri-1130.jsonl", [entry(921)]), hours=1)
    async with easel.logged_on("op-101") as console:
        await easel.draw(console, "today_handins", "Home when files wait.")
        await console.press("i")
        await easel.draw(console, "handins", "The files in the places.")
        await console.press("question_mark")
        await easel.draw(console, "keys_handins", "The key sheet of the places.")
        await console.press("f1")
        await easel.draw(console, "help_handins", "The help of the places.")
        await console.press("escape", "home", "enter")
        await easel.draw(console, "handins_unfit", "A place that cannot be used.")
        await to_file(console, "idou-1130.jsonl")
        await console.press("enter")
        await easel.draw(console, "handin_report", "The dry run of a file with errors and warnings.")
        await run(easel, console)
        await console.press("question_mark")
        await easel.draw(console, "keys_handin_report", "The key sheet of the dry run.")
        await console.press("f1")
        await easel.draw(console, "help_handin_report", "The help of the dry run.")
        await console.press("escape", "o")
        await easel.draw(console, "ask_report_file", "Where the report is to be written.")
        await console.press("escape", "f", "n", "n")
        await easel.draw(console, "handin_errors_only", "The errors alone, beyond the last of them.")
        await console.press("f", "f", "i")
        await easel.draw(console, "handin_taken", "The file was taken in but for its errors.")
        await console.press("escape", "v")
        await easel.draw(console, "handin_former", "The report of last time.")
        await console.press("escape")
        await to_file(console, "idou-1129.csv")
        await console.press("enter")
        await easel.draw(console, "handin_without_records", "The dry run of an empty file.")
        await console.press("escape")
        await to_file(console, "table.xls")
        await console.press("enter")
        await easel.draw(console, "handins_refused", "A file that is refused for its name.")
        await to_file(console, "idou-1128.jsonl")
        await console.press("enter")
        await easel.draw(console, "handin_refused", "A file that cannot be read.")
        await console.press("escape")
        await to_file(console, "kenri-1130.jsonl")
        await console.press("enter")
        await easel.draw(console, "handin_sound", "The dry run of a file in which all is well.")


async def to_file(console: Driven, name: str) -> None:
    """Put the cursor on a file."""
    rows = console.app.screen.query_one("#list")
    await console.press("home")
    for _ in range(9):
        row = rows.cursor_row  # type: ignore[attr-defined]  # The list of the places.
        if getattr(row, "path", None) is not None and row.path.name == name:
            return
        await console.press("down")
    raise AssertionError(console.text())


async def run(easel: Easel, console: Driven) -> None:
    """Draw an import under way, as the thread of its job would leave it."""
    screen = console.app.screen
    assert isinstance(screen, ReportScreen)
    for stage, name in (("running", "handin_examining"), ("taking_in", "handin_taking_in")):
        screen._begin(stage)
        progress = screen.query_one(ImportProgress)
        progress.report(Progress("import", 4_000_000, 10_000_000, 400_000.0, 15.0))
        progress._look()
        await console.settle()
        await easel.draw(console, name, "A file that is looked at or taken in.")
    screen._end("dry_run")
    await console.settle()


WALKS: Final = (nothing, files)
