"""The list of `console.screens.handins.places` as it is drawn: whose, how large, how old, and what became of it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from rich.cells import cell_len

from console.configuration.handins import HandinSettings
from console.errors import HandinUnreadable
from console.jobs.handins.places import BarePlace, HandedIn, Handins
from console.screens.handins.places import HandinsList, Line, refusal_of, size_text
from console.words import Words
from store.handins.outcomes import FileOutcome
from store.handins.states import FileState
from tests.console.widgets.bench import Bench, bench

PLACE: Final = HandinSettings(directory="/srv/juki", owner="juki", purpose="住民記録")
OTHER: Final = HandinSettings(directory="/srv/gaiji", owner="gaiji", purpose="外字照会のシステム")
AT: Final = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)


def outcome(state: FileState, held: int, refused: int = 0, warnings: int = 0, code: str | None = None) -> FileOutcome:
    return FileOutcome(state, held, 0, refused, refused, warnings, code, "op-101", AT)


def lying(name: str, size: int, age: float, kept: FileOutcome | None = None, code: str | None = None) -> HandedIn:
    state = FileState.WAITING if kept is None else kept.state
    if kept is None and code is not None:
        state = FileState.REFUSED
    return HandedIn(
        Path("/srv/juki") / name, PLACE, size, age, state, code or (None if kept is None else kept.code), kept
    )


LINES: Final[Sequence[Line]] = (
    lying("idou-20261130.csv", 48_211, 7 * 60),
    lying("idou-20261127.csv", 61_004, 3 * 86400, outcome(FileState.TAKEN, 212, warnings=3)),
    lying("idou-20261126.csv", 55_555, 4 * 86400, outcome(FileState.PARTLY, 190, 2)),
    lying("idou-20261120~a-name-that-goes-on-and-on.xls", 40_960, 10 * 86400, code="file_spreadsheet"),
    lying("juki-list-1127.csv", 9_812_345, 3 * 86400, outcome(FileState.TAKEN, 42_157)),
    lying("late\x1b[2J.csv", 0, 60, outcome(FileState.REFUSED, 0, code="file_encoded_twice")),
    BarePlace(OTHER),
    BarePlace(OTHER, HandinUnreadable(path="/srv/gaiji")),
)


@asynccontextmanager
async def drawing(tmp_path: Path, size: tuple[int, int] = (80, 12)) -> AsyncIterator[tuple[Any, Bench, HandinsList]]:
    rows = HandinsList(id="list")
    async with bench(tmp_path, rows, size=size) as (pilot, screen):
        rows.load(range(len(LINES)), lambda keys: [LINES[key] for key in keys], LINES)
        await pilot.pause()
        rows.focus()
        rows.refresh()
        await pilot.pause()
        yield pilot, screen, rows


async def test_each_file_has_its_line(tmp_path: Path) -> None:
    async with drawing(tmp_path) as (_, screen, _rows):
        lines = screen.lines()
    assert [line.split() for line in lines[:6]] == [
        ["システム", "ファイル", "大きさ", "できて", "状態", "結果"],
        [">", "住民記録", "idou-20261130.csv", "48kB", "7分", "未取込"],
        ["住民記録", "idou-20261127.csv", "61kB", "3日", "取込済", "212件", "アラート3"],
        ["住民記録", "idou-20261126.csv", "56kB", "4日", "一部取込", "190件", "エラー2"],
        ["住民記録", "idou-20261120~a-nam..", "41kB", "10日", "拒否", "表計算のファイルです"],
        ["住民記録", "juki-list-1127.csv", "9.8MB", "3日", "取込済", "42,157件"],
    ]
    assert max(map(cell_len, lines)) <= 80


async def test_what_steers_a_terminal_is_drawn_as_a_sign(tmp_path: Path) -> None:
    async with drawing(tmp_path) as (_, screen, _rows):
        line = screen.lines()[6]
    assert "\x1b" not in line
    assert line.split()[2:5] == ["0B", "60秒" if "60秒" in line else "1分", "拒否"]


async def test_a_place_without_files_says_whether_that_is_as_it_should_be(tmp_path: Path) -> None:
    async with drawing(tmp_path) as (_, screen, _rows):
        empty, unfit = screen.lines()[7:9]
    assert empty.split() == ["外字照会..", "(空)"]
    assert unfit.split() == ["外字照会..", "/srv/gaiji", "不可", "場所がないか読めない"]


async def test_with_room_names_and_results_are_whole_in_either_language(tmp_path: Path) -> None:
    async with drawing(tmp_path, (120, 12)) as (pilot, screen, rows):
        lines = screen.lines()
        assert "表計算のファイルです" in lines[4]
        assert max(map(cell_len, lines)) <= 120
        rows.words.toggle()
        rows.refresh()
        await pilot.pause()
        lines = screen.lines()
        assert lines[0].split() == ["System", "File", "Size", "Age", "State", "Result"]
        assert lines[2].split()[-5:] == ["Taken", "in", "212", "in", "W3"]
        assert lines[3].split()[-5:] == ["In", "part", "190", "in", "E2"]
        assert lines[8].split()[-2:] == ["Unusable", "missing/unreadable"]


@pytest.mark.parametrize("width", [78, 98, 118, 158, 238])
def test_the_columns_fill_the_width_and_no_more(width: int) -> None:
    columns = HandinsList(id="list").columns(width)
    assert sum(column.width for column in columns) + len(columns) <= width + 1
    assert all(column.width >= 6 for column in columns)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0B"),
        (9, "9B"),
        (999, "999B"),
        (1000, "1.0kB"),
        (1500, "1.5kB"),
        (10_000, "10kB"),
        (999_000, "999kB"),
        (9_810_000, "9.8MB"),
        (12_000_000_000, "12GB"),
        (5_000_000_000_000, "5000GB"),
    ],
)
def test_a_size_is_as_people_read_it(count: int, text: str) -> None:
    assert size_text(count) == text


def test_a_refusal_without_a_short_word_has_the_cause_of_its_error() -> None:
    words, facts = Words("en"), {"file": "a.csv"}
    assert refusal_of(words, "file_spreadsheet", facts) == "a spreadsheet"
    assert refusal_of(words, "file_encoded_twice", facts) == words.fault("file_encoded_twice", facts).cause


def test_what_waits_is_what_nobody_took_in_and_what_may_come_in() -> None:
    files = [line for line in LINES if isinstance(line, HandedIn)]
    found = Handins(2, files, [line for line in LINES if isinstance(line, BarePlace)])
    assert [file.path.name for file in found.waiting] == ["idou-20261130.csv"]


async def test_without_places_the_list_says_what_is_missing_in_the_settings(tmp_path: Path) -> None:
    rows = HandinsList(id="list")
    async with bench(tmp_path, rows, size=(80, 6)) as (pilot, screen):
        assert rows.words("common.loading") in screen.lines()[2]
        rows.load((), lambda _: [])
        await pilot.pause()
        assert rows.words("handins.empty") in screen.lines()[2]
        assert rows.cursor_row is None
