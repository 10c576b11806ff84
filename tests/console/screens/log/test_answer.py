"""An answer that is a count shows the columns that hold something, and no noughts among the refusals."""

from collections.abc import Sequence
from datetime import date

import pytest

from console.jobs.log.questions import Answer, Question
from console.screens.log.answer import AnswerScreen
from store.log.questions import Count
from tests.console.driving import driving
from tests.running import World

DAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("counts", "columns"),
    [
        ([Count("op-101", None, 1234)], ("person", "done")),
        ([Count("op-101", DAY, 2), Count("op-102", None, 1)], ("person", "day", "done")),
        ([Count("op-101", None, 7, 2), Count("op-102", None, 5)], ("person", "done", "refused")),
        ([], ("person", "done")),
    ],
)
async def test_only_columns_that_hold_something_are_shown(
    world: World, counts: Sequence[Count], columns: tuple[str, ...]
) -> None:
    question = next(iter(Question))
    async with driving(world.home, size=(100, 24)) as console:
        console.app.push_screen(AnswerScreen(Answer(question, counts=tuple(counts))))
        await console.settle()
        text = console.text()
        names = ("person", "day", "done", "refused")
        heading = next(line for line in text.splitlines() if console.words("log.count.done") in line)

        assert console.words(f"log.question.{question.value}") in text
        assert tuple(name for name in names if console.words(f"log.count.{name}") in heading) == columns
        for count in counts:
            line = next(line for line in text.splitlines() if count.about in line)
            shown = [
                count.about,
                str(count.day or ""),
                f"{count.done:,}",
                f"{count.refused:,}" if count.refused else "",
            ]
            assert line.split() == [cell for cell in shown if cell]
        await console.press("b")
        assert console.screen == "login"
