"""A screen without room says how large it must be, in either language and at any size."""

from pathlib import Path

import pytest

from console.widgets.too_small import TooSmall
from tests.console.widgets.bench import bench


@pytest.mark.parametrize("size", [(79, 24), (40, 10), (24, 12)])
async def test_it_says_the_size_that_is_wanted_and_the_one_there_is(tmp_path: Path, size: tuple[int, int]) -> None:
    async with bench(tmp_path, TooSmall(), size=size) as (pilot, screen):
        screen.query_one(TooSmall).display = True
        for _language in ("ja", "en"):
            await pilot.pause()
            shown = "".join("".join(screen.lines()).split())
            for fact in ("80x24", "{}x{}".format(*size), "F10"):
                assert fact in shown
            screen.console_app.action_language()
