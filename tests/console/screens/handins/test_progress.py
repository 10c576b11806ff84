"""How far an import is, drawn without a job: the steps, the bar, and what is told only once it is known."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from console.jobs.progress import Progress
from console.screens.handins.progress import ImportProgress
from tests.console.widgets.bench import bench


@dataclass
class At:
    """A screen that is at this stage."""

    stage: str


async def drawn(tmp_path: Path, stage: str, progress: Progress | None, size: tuple[int, int] = (80, 12)) -> list[str]:
    """Return the lines while a job reports this."""
    async with bench(tmp_path, ImportProgress(At(stage)), size=size) as (pilot, screen):
        shown = screen.query_one(ImportProgress)
        if progress is not None:
            shown.report(progress)
            shown._look()
        await pilot.pause()
        return screen.lines()


async def test_a_dry_run_comes_before_taking_in(tmp_path: Path) -> None:
    assert (await drawn(tmp_path, "running", None))[:9] == [
        "",
        "  読取り・点検      進行中",
        "  取込              これから",
        "",
        "",
        "  ほかの利用者は、そのまま仕事を続けられます。",
        "  Esc で中止すると、このファイルは 1件も取り込まれません。",
        "",
        "",
    ]
    assert (await drawn(tmp_path, "taking_in", None))[1:3] == [
        "  読取り・点検      済",
        "  取込              進行中",
    ]


async def test_the_bar_has_its_number_beside_it(tmp_path: Path) -> None:
    lines = await drawn(tmp_path, "taking_in", Progress("import", 6_200_000, 10_000_000, 1_240_000.0, 3.0))
    assert lines[4:6] == [
        f"  [{'#' * 31}{'.' * 19}]  62%  6.2MB / 10.0MB",
        "  1.2MB/秒   経過 5秒   残り およそ3秒",
    ]


@pytest.mark.parametrize(
    ("progress", "bar", "rate"),
    [
        # At the beginning nothing is done, and nobody knows how fast it goes.
        (Progress("examine", 0, 1_000_000, 0.0, None), "  0%", False),
        (Progress("examine", 500_000, 1_000_000, 500_000.0, 1.0), "  50%", False),
        (Progress("examine", 500_000, 1_000_000, 100_000.0, 5.0), "  50%", True),
        (Progress("examine", 1_000_000, 1_000_000, 100_000.0, 0.0), "  100%", True),
        # A file that has grown since is refused in the end; no share is above the whole.
        (Progress("examine", 3_000_000, 2_000_000, 100_000.0, None), "  100%", True),
    ],
)
async def test_rate_and_remaining_time_are_told_once_they_are_known(
    tmp_path: Path,
    progress: Progress,
    bar: str,
    rate: bool,  # noqa: FBT001  # A parameter of the test.
) -> None:
    lines = await drawn(tmp_path, "running", progress)
    assert bar in lines[4]
    assert ("MB/秒" in lines[5]) is rate
    assert lines[4].count("#") + lines[4].count(".") >= 50


async def test_of_an_unknown_total_there_is_no_share(tmp_path: Path) -> None:
    lines = await drawn(tmp_path, "running", Progress("examine", 7, 0, 1.0, None))
    assert not any("%" in line or "#" in line for line in lines)


async def test_what_was_reported_is_forgotten_with_its_job(tmp_path: Path) -> None:
    async with bench(tmp_path, ImportProgress(At("running")), size=(80, 12)) as (pilot, screen):
        shown = screen.query_one(ImportProgress)
        shown.report(Progress("examine", 1, 2, 1.0, None))
        shown._look()
        await pilot.pause()
        assert "50%" in "\n".join(screen.lines())
        shown.finish()
        shown.refresh()
        await pilot.pause()
        assert "50%" not in "\n".join(screen.lines())


async def test_no_line_is_wider_than_the_smallest_screen_in_either_language(tmp_path: Path) -> None:
    progress = Progress("import", 999_900_000, 1_000_000_000, 12_345_678.0, 86_000.0)
    async with bench(tmp_path, ImportProgress(At("taking_in")), size=(80, 12)) as (pilot, screen):
        shown = screen.query_one(ImportProgress)
        shown.report(progress)
        for _ in ("ja", "en"):
            shown._look()
            await pilot.pause()
            wide = [sum(len(text) for text, _ in line) for line in shown._lines()]
            assert max(wide) <= 80
            shown.words.toggle()
