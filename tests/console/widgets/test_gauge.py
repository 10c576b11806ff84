"""The bar of a job: drawn from the last report, with its text, and hidden when the job is over."""

from pathlib import Path

import pytest
from rich.cells import cell_len

from console.jobs.progress import Progress
from console.widgets.gauge import Gauge, fit_cells
from tests.console.widgets.bench import bench


async def test_the_bar_shows_how_far_the_job_is_and_goes(tmp_path: Path) -> None:
    async with bench(tmp_path, Gauge("exchange"), size=(80, 5)) as (pilot, screen):
        gauge = screen.query_one(Gauge)
        assert not any(screen.lines())
        gauge.report(Progress("send", 0, 2000, 0.0, None))
        gauge.report(Progress("send", 1000, 2000, 250.0, 4.0))
        await screen.until(lambda: gauge.has_class("running"))
        await pilot.pause()
        words = gauge.words
        assert screen.lines()[0].split("  ") == [
            f" {words('exchange.phases.send')}",
            "1,000 / 2,000",
            "50%",
            words("common.rate", rate="250"),
            words("common.remaining", time=words.span(4.0)),
        ]
        done = [segment for segment in gauge.render_line(0) if segment.style == gauge.palette["bar_done"]]
        # Half of 80 cells, less the half of a character that cannot be divided.
        assert cell_len("".join(segment.text for segment in done)) == 39
        gauge.finish()
        await pilot.pause()
        assert not any(screen.lines())


async def test_without_a_total_no_share_is_shown(tmp_path: Path) -> None:
    async with bench(tmp_path, Gauge("exchange"), size=(80, 5)) as (pilot, screen):
        gauge = screen.query_one(Gauge)
        gauge.report(Progress("ask", 7, 0, 0.0, None))
        await screen.until(lambda: gauge.has_class("running"))
        await pilot.pause()
        assert screen.lines()[0] == f" {gauge.words('exchange.phases.ask')}  {gauge.words('common.so_far', count=7)}"


@pytest.mark.parametrize(
    ("text", "cells", "beginning"),
    [
        ("漢字", 3, "漢"),
        ("漢字", 4, "漢字"),
        ("ab", 9, "ab"),
        ("葛\U000e0100の", 2, "葛\U000e0100"),
        ("漢", 1, ""),
        ("", 5, ""),
    ],
)
def test_the_bar_is_divided_between_characters(text: str, cells: int, beginning: str) -> None:
    assert fit_cells(text, cells) == beginning
