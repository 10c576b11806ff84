"""The key sheet: all keys of the screen in hand, dialogs included; what cannot be done now is faint."""

import re

import pytest

from console.keys import EVERYWHERE, EXCHANGE, MENU, MESSAGE, QUEUE, TODAY
from console.screens.key_sheet import KeySheet, KeyTable, columns, key_lines
from console.words import LANGUAGES, Language
from tests.console.driving import Driven, driving
from tests.running import World


def _faint(console: Driven, word: str) -> bool:
    table = console.app.screen.query_one(KeyTable)
    drawn = [segment for y in range(table.size.height) for segment in table.render_line(y)]
    # What stands beside each other in one style is one piece: the sign is in the ink of its word.
    (style,) = {segment.style for segment in drawn if word in segment.text.split()}
    return style is not None and style.color == console.app.palette["faint"].color


@pytest.mark.parametrize("language", LANGUAGES)
async def test_each_screen_shows_its_keys(world: World, language: Language) -> None:
    async with driving(world.home, language=language, size=(120, 40)) as console:
        await console.log_on("ka-301", opens="")
        for way, keys in (([], TODAY), (["2"], QUEUE), (["enter"], MESSAGE), (["escape", "x"], EXCHANGE)):
            await console.press(*way, "question_mark")
            text = re.sub(r"\s+", " ", console.text())
            assert console.screen == "keys"
            for key in (*keys, *EVERYWHERE, MENU):
                if console.app.may(key.right):
                    assert console.words(key.text) in text, key
            await console.press("question_mark")
            assert console.screen != "keys"


async def test_what_cannot_be_done_now_is_faint_and_the_page_of_the_help_follows(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on()
        await console.press("question_mark")
        assert not _faint(console, console.words("steps.give_back.key"))
        assert _faint(console, console.words("steps.resend.key"))
        await console.press("f1")
        assert console.screen == "help"
        assert console.words("help.queue.title") in console.text()


async def test_a_question_has_a_sheet_as_well(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on()
        # Something is typed here: the letter is text, and the function key shows the sheet.
        await console.press("r", "question_mark", "f1")
        assert console.screen == "keys"
        assert console.words("steps.give_back.deed") in console.text()
        assert not re.search(r"^ +q ", console.text(), re.MULTILINE)
        await console.press("escape")
        assert console.app.screen.query_one("#answer").value == "?"  # type: ignore[attr-defined]  # A field of text.
        await console.press("escape", "f", "question_mark")
        assert console.words("keys.clear_all") in console.text()


async def test_nobody_is_told_of_keys_that_they_may_not_use(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on("op-101")
        words = ["・".join(line.words) for line in key_lines(console.app, QUEUE)]
        assert console.words("keys.entry") in words
        assert not any(console.words("steps.approve.key") in word for word in words)


async def test_the_longest_sheet_fits_the_smallest_screen(world: World) -> None:
    async with driving(world.home, language="en") as console:
        await console.log_on("ka-301")
        await console.press("enter", "question_mark")
        table = console.app.screen.query_one(KeyTable)
        assert table.region.y >= 0
        assert console.words("keys.read_help") in console.foot
        assert console.words("keys.here") in console.text()
        assert console.words("keys.before") in console.text()


async def test_a_screen_that_a_job_closes_under_its_keys_does_no_harm(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on()
        await console.press("f", "question_mark")
        sheet = console.app.screen
        assert isinstance(sheet, KeySheet)
        sheet.about.dismiss()
        await console.settle()
        # The other language asks again for everything that is shown.
        await console.press("f2")
        assert console.words("keys.clear_all") in console.text()
        await console.press("escape")
        assert console.screen == "queue"


async def test_a_word_is_not_broken_where_a_letter_has_several(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on("ka-301")
        lines = key_lines(console.app, MESSAGE)
        shown = ["".join(text for text, _ in pieces) for pieces in columns(lines, [], console.app, 80)]
        for word in (word for line in lines for word in line.words):
            assert any(word in line for line in shown), word
