"""From every screen the same keys lead to the exchange, the log and the menu; a question and a form keep their letters.

It shows `console.screens.work.ways` as well.
"""

import pytest

from console.jobs.rehearsal.world import CHIEF
from console.keys import WAYS
from console.screens.key_sheet import sides
from console.widgets.frame import FootLine
from tests.console.driving import Driven, driving
from tests.running import World


def _names(console: Driven) -> list[str | None]:
    return [screen.name for screen in console.app.screen_stack]


async def test_the_same_keys_lead_away_from_every_screen_and_back(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on(CHIEF)
        await console.press("enter")
        assert console.screen == "message"
        for key, name in (("x", "exchange"), ("l", "log")):
            await console.press(key)
            assert console.screen == name
            await console.press("escape")
            assert console.screen == "message"
        # On the log the letter of the log does not open another one; that of the exchange leads on.
        await console.press("l", "f7")
        assert _names(console) == ["login", "today", "queue", "message", "log", "exchange"]
        # By the menu and Enter everything above the work of the day is closed.
        await console.press("m")
        assert console.words("keys.place.log") in console.text()
        await console.press("enter")
        assert _names(console) == ["login", "today"]
        # A digit opens what bears it.
        await console.press("m", "3")
        assert console.screen == "log"


async def test_a_question_bars_the_ways_and_a_form_has_the_function_key(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on("op-101", opens="")
        # This role has no key to the log: neither the letter nor the menu leads there.
        await console.press("l", "m")
        assert console.screen == "selection"
        assert console.words("keys.place.log") not in console.text()
        await console.press("x")
        assert console.screen == "selection"
        await console.press("escape", "m", "3")
        assert console.screen == "event"
        # The first event asks of which category the person is, and of which card.
        for _ in range(3):
            if console.screen == "event":
                await console.press("enter")
        assert console.screen == "entry"
        await console.press("m", "x")
        assert console.screen == "entry"
        await console.press("f7")
        assert console.screen == "exchange"
        # What was typed below would be lost.
        await console.press("m", "enter")
        assert "entry" in _names(console)
        assert console.words("keys.entry_open") in console.text()


@pytest.mark.parametrize(("person", "screen"), [("au-401", "log"), ("cu-501", "health")])
async def test_who_begins_elsewhere_has_the_ways_as_well(world: World, person: str, screen: str) -> None:
    async with driving(world.home) as console:
        await console.log_on(person)
        assert console.screen == screen
        await console.press("m")
        # Who reads no messages has no work of the day.
        assert console.words("keys.place.today") not in console.text()
        await console.press("1")
        assert console.screen == "exchange"
        await console.press("escape")
        assert console.screen == screen


async def test_the_sheet_of_keys_shows_each_way_once(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on(CHIEF, opens="")
        for _ in range(2):
            foot = console.app.screen.query_one(FootLine)
            here, everywhere = sides(console.app, foot.keys, console.app.screen)
            words = [word for line in (*here, *everywhere) for word in line.words]
            assert [words.count(console.words(way.text)) for way in WAYS] == [1] * len(WAYS)
            await console.press("2")
