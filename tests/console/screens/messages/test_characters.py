"""Names are spelled character by character, so that what looks alike can be told apart."""

from typing import Any

from console.screens.messages.characters import CharactersScreen
from tests.console.driving import driving
from tests.running import World


async def _spelled(world: World, record: dict[str, Any]) -> list[list[str]]:
    """Return the words of each line of the page."""
    async with driving(world.home, size=(100, 40)) as console:
        console.app.push_screen(CharactersScreen(record))
        await console.settle()
        lines = [line.split() for line in console.text().splitlines()[1:-1]]
        await console.press("c")
        assert console.screen == "login"
    return [line for line in lines if line]


async def test_letters_that_look_alike_have_other_code_points(world: World) -> None:
    # The second letter is the Cyrillic one.
    lines = await _spelled(world, {"person": {"name": "A\u0410"}})

    assert lines[1:] == [
        ["A", "U+0041", "LATIN", "CAPITAL", "LETTER", "A"],
        ["\u0410", "U+0410", "CYRILLIC", "CAPITAL", "LETTER", "A"],
    ]


async def test_a_kanji_and_its_variation_selector_are_one_line(world: World) -> None:
    lines = await _spelled(world, {"person": {"name": "X", "name_kanji": "葛\U000e0100城"}})
    spelled = [line for line in lines if any(word.startswith("U+") for word in line)]

    assert [[word for word in line if word.startswith("U+")] for line in spelled] == [
        ["U+0058"],
        ["U+845B", "U+E0100"],
        ["U+57CE"],
    ]


async def test_a_message_about_nobody_has_nothing_to_spell(world: World) -> None:
    assert await _spelled(world, {"kind": "certificate_delivery"}) == []
