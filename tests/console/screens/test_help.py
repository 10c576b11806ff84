"""The help names every key of its screen that the person may use, and closes with the key that opened it."""

import re

import pytest

from console.keys import ENTRY, EVERYWHERE, LIST_WORDS, LOG, QUEUE, Key
from console.screens.help import HelpScreen
from tests.console.driving import driving
from tests.running import World

SIZE = (100, 60)


async def test_the_login_screen_has_neither_list_nor_keys_of_its_own(world: World) -> None:
    async with driving(world.home, size=SIZE) as console:
        await console.press("f1")
        text = console.text()
        assert console.screen == "help"
        assert console.words("help.login.title") in text
        assert all(console.words(key.text) in text for key in EVERYWHERE)
        assert not any(console.words(f"keys.{name}") in text for name in LIST_WORDS)
        # No second help above this one: the same key closes it.
        await console.press("f1")
        assert console.screen == "login"


@pytest.mark.parametrize(("topic", "keys"), [("queue", QUEUE), ("entry", ENTRY), ("log", LOG)])
async def test_keys_are_listed_only_for_those_who_may_use_them(world: World, topic: str, keys: tuple[Key, ...]) -> None:
    async with driving(world.home, size=SIZE) as console:
        # Nobody is logged on: only the keys that ask for no right are left.
        console.app.push_screen(HelpScreen(topic))
        await console.settle()
        # The text of a key is the last column of its line.
        listed = {re.split(r"\s{2,}", line.strip())[-1] for line in console.text().splitlines()}
        free = {console.words(key.text) for key in (*keys, *EVERYWHERE) if key.right is None}
        barred = {console.words(key.text) for key in keys if key.right is not None} - free

        assert free <= listed
        assert not barred & listed


async def test_the_help_is_written_again_in_the_other_language(world: World) -> None:
    async with driving(world.home, size=SIZE) as console:
        await console.press("f1")
        japanese = console.words("help.login.title")
        await console.press("f2")
        assert console.words("help.login.title") in console.text()
        assert japanese not in console.text()


async def test_a_help_that_is_opened_again_while_the_first_is_taken_down_is_the_only_one(world: World) -> None:
    async with driving(world.home) as console:
        console.app.action_help()
        console.app.screen.dismiss()
        console.app.action_help()
        await console.settle()
        assert [screen.name for screen in console.app.screen_stack] == ["login", "help"]


async def test_a_help_that_opens_while_the_console_ends_ends_nothing_else(world: World) -> None:
    async with driving(world.home) as console:
        # F1 and F10 in one burst at the login screen: the help is never laid out.
        console.app.action_help()
        console.app.action_log_off()
    assert (console.app.return_code, console.app.incident) == (0, None)
