"""The lines of a report as they are drawn: title, counts, columns, and the line under the cursor in full."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from rich.cells import cell_len
from textual.app import ComposeResult

from console.jobs.handins.intake_outcome import Intake, RecordFault
from console.jobs.handins.keeping import FileReport
from console.screens.handins.faults import FaultLine, FaultList, FaultPanel, ReportSummary, ReportTitle
from store.handins.outcomes import FileOutcome
from store.handins.states import FileState
from tests.console.widgets.bench import Bench, bench

WRONG: Final = RecordFault("idou.csv", 12, "person.sex", "item_missing", {}, "neither", "R-003931")
LONG: Final = RecordFault("idou.csv", 1234567, "a" * 40, "item_unknown", {}, "値" * 60, "R-" + "9" * 60)
ODD: Final = RecordFault("idou.csv", 77, "person.name_kanji", "item_missing", {}, "张\x1b伟", "")
LINES: Final = (FaultLine("errors", WRONG), FaultLine("errors", LONG), FaultLine("warnings", ODD))
TAKEN: Final = Intake(accepted=1141, known=4, refused=2, errors=[WRONG, LONG], warnings=[ODD])
OUTCOME: Final = FileOutcome(
    FileState.PARTLY, 1141, 4, 2, 2, 1, None, "op-101", datetime(2026, 11, 30, 0, 5, 12, tzinfo=UTC)
)


@dataclass
class Shown:
    """What a screen of a report shows."""

    rows: FaultList
    path: Path = Path("idou-20261130.csv")
    stage: str = "dry_run"
    only: str | None = None
    report: FileReport | None = None
    offered: bool = False


class ReportBench(Bench):
    """Title, counts, list and panel below each other, as the screen has them."""

    shown: Shown

    def compose(self) -> ComposeResult:
        rows = self._widget
        assert isinstance(rows, FaultList)
        self.shown = Shown(rows, report=FileReport("idou.csv", "a" * 32, TAKEN), offered=True)
        yield ReportTitle(self.shown)
        yield ReportSummary(self.shown)
        yield rows
        yield FaultPanel(id="fault")


@asynccontextmanager
async def drawing(
    tmp_path: Path, size: tuple[int, int] = (80, 16), lines: Sequence[FaultLine] = LINES
) -> AsyncIterator[tuple[Any, ReportBench, Shown]]:
    async with bench(tmp_path, FaultList(id="list"), size=size, screen=ReportBench) as (pilot, screen):
        assert isinstance(screen, ReportBench)
        shown = screen.shown
        shown.rows.load(range(len(lines)), lambda keys: [lines[key] for key in keys], lines)
        shown.rows.focus()
        await pilot.pause()
        yield pilot, screen, shown


async def again(pilot: Any, screen: Bench) -> list[str]:
    for widget in screen.query("*"):
        widget.refresh()
    await pilot.pause()
    return screen.lines()


async def test_a_dry_run_at_eighty_cells(tmp_path: Path) -> None:
    async with drawing(tmp_path) as (pilot, screen, _):
        lines = await again(pilot, screen)
    assert lines[0] == " 取込  idou-20261130.csv  点検の結果  まだ取り込んでいません              1 / 3"
    assert lines[1].split("   ") == [
        " 記録 1,147件",
        "新しい 1,141",
        "既知 4",
        "エラー 2",
        "アラート 1",
        "i で 1,141件",
    ]
    assert lines[2].split() == ["行", "区別", "項目", "内容", "理由"]
    assert lines[3].split()[:5] == [">", "12", "エラー", "性別", "neither"]
    assert lines[10].split() == ["エラー", "12行目", "性別", "整理番号", "R-003931"]
    assert [line.split()[0] for line in lines[11:14]] == ["内容", "理由", "対処"]
    assert lines[11].endswith("「neither」")
    assert max(map(cell_len, lines)) <= 80


async def test_with_room_the_remedy_stands_beside_the_cause(tmp_path: Path) -> None:
    async with drawing(tmp_path, (120, 16)) as (pilot, screen, shown):
        heads = screen.lines()[2].split()
        assert heads == ["行", "区別", "項目", "内容", "理由", "対処"]
        shown.rows.words.toggle()
        lines = await again(pilot, screen)
        assert lines[2].split() == ["Line", "Kind", "Item", "Value", "Cause", "Remedy"]
        # The reference stands below.
        assert "R-003931" in lines[10]
        assert lines[11].endswith('"neither"')
        assert max(map(cell_len, lines)) <= 120


@pytest.mark.parametrize("width", [78, 98, 107, 108, 118, 200])
def test_the_columns_fill_the_width_and_no_more(width: int) -> None:
    columns = FaultList(id="list").columns(width)
    assert sum(column.width for column in columns) + len(columns) == width
    assert all(column.width >= 6 for column in columns)


async def test_what_comes_from_the_file_is_cut_and_made_visible(tmp_path: Path) -> None:
    async with drawing(tmp_path) as (pilot, screen, _):
        await pilot.press("down")
        lines = await again(pilot, screen)
        assert max(map(cell_len, lines)) <= 80
        await pilot.press("down")
        lines = await again(pilot, screen)
        assert not any("\x1b" in line for line in lines)
        assert lines[0].endswith("3 / 3")
        # Of a record without a reference there is none to name.
        assert "整理番号" not in lines[10]


@pytest.mark.parametrize(
    ("stage", "only", "words"),
    [
        ("running", None, ["点検中"]),
        ("taking_in", None, ["取込中"]),
        ("taken", None, ["取り込みました"]),
        ("refused", None, ["取り込めません"]),
        ("dry_run", "errors", ["点検の結果", "まだ取り込んでいません", "エラーだけ"]),
        ("dry_run", "warnings", ["点検の結果", "まだ取り込んでいません", "アラートだけ"]),
    ],
)
async def test_the_title_says_what_is_shown(tmp_path: Path, stage: str, only: str | None, words: list[str]) -> None:
    async with drawing(tmp_path) as (pilot, screen, shown):
        shown.stage, shown.only = stage, only
        title = (await again(pilot, screen))[0]
    assert (title.split()[2:-3], title[-5:]) == (words, "1 / 3")


async def test_a_former_report_says_when_it_was_and_whose(tmp_path: Path) -> None:
    async with drawing(tmp_path) as (pilot, screen, shown):
        shown.stage, shown.offered = "former", False
        assert shown.report is not None
        shown.report = replace(shown.report, outcome=OUTCOME)
        lines = await again(pilot, screen)
        assert lines[0].split()[2:6] == ["取込の報告", "2026-11-30", "09:05:12", "op-101"]
        assert "i で" not in lines[1]
        # Before it is read, and where there is none.
        shown.report = None
        lines = await again(pilot, screen)
        assert lines[:2] == [" 取込  idou-20261130.csv                                                  1 / 3", ""]


async def test_what_is_counted_and_not_listed_is_told(tmp_path: Path) -> None:
    async with drawing(tmp_path) as (pilot, screen, shown):
        more = replace(TAKEN, more_errors=Counter({"item_missing": 1200}), more_warnings=Counter({"item_unknown": 34}))
        shown.report = FileReport("idou.csv", "a" * 32, more)
        assert "ほか 1,234" in (await again(pilot, screen))[1]


async def test_without_a_line_nothing_is_explained(tmp_path: Path) -> None:
    async with drawing(tmp_path, lines=()) as (_, screen, _shown):
        lines = screen.lines()
    assert lines[10:] == [""] * 6
    assert lines[0].endswith("まだ取り込んでいません")


async def test_a_long_name_leaves_room_for_what_is_shown_of_the_file(tmp_path: Path) -> None:
    async with drawing(tmp_path) as (pilot, screen, shown):
        shown.path = Path("a-name-" * 12 + ".csv")
        title = (await again(pilot, screen))[0]
    assert "点検の結果  まだ取り込んでいません" in title
    assert cell_len(title) <= 80
