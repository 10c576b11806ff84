"""The help names every key of its screen that the person may use, and closes with the key that opened it."""

import re

import pytest

from console.keys import EVERYWHERE, LIST_KEYS
from console.screens.entry.form import EntryScreen
from console.screens.exchange.exchange import ExchangeScreen
from console.screens.help import TABLES, HelpScreen
from console.screens.log.viewing import LogScreen
from console.screens.messages.message import MessageScreen
from console.screens.messages.queue import QueueScreen
from console.screens.terminal.health import HealthScreen
from console.screens.work.today import TodayScreen
from console.words import LANGUAGES, Language, Words
from tests.console.driving import Driven, driving
from tests.running import World

SIZE = (100, 60)


async def test_the_login_screen_has_neither_list_nor_keys_of_its_own(world: World) -> None:
    async with driving(world.home, size=SIZE) as console:
        await console.press("f1")
        text = console.text()
        assert console.screen == "help"
        assert console.words("help.login.title") in text
        assert all(console.words(word) in text for word in ("keys.help", "keys.language", "keys.leave"))
        assert not any(console.words(f"keys.{name}") in text for _sign, name in LIST_KEYS)
        # No second help above this one: the same key closes it.
        await console.press("f1")
        assert console.screen == "login"


def _listed(console: Driven, topic: str) -> set[str]:
    """The words of the keys on the page: a line has two columns, and keys that share a letter stand in one line."""
    keys, _, _ = console.text().partition(console.words(f"help.{topic}.text").strip()[:8])
    pieces = {piece for line in keys.splitlines() for piece in re.split(r"\s{2,}", line.strip())}
    return pieces | {word for piece in pieces for word in piece.split(console.words("head.between"))}


@pytest.mark.parametrize("topic", [topic for topic, keys in TABLES.items() if keys])
async def test_keys_are_listed_only_for_those_who_may_use_them(world: World, topic: str) -> None:
    keys = TABLES[topic]
    async with driving(world.home, size=SIZE) as console:
        # Nobody is logged on: only the keys that ask for no right are left.
        console.app.push_screen(HelpScreen(topic))
        await console.settle()
        free = {console.words(key.text) for key in keys if key.right is None}
        barred = {console.words(key.text) for key in keys if key.right is not None} - free
        assert free <= _listed(console, topic)
        assert not barred & _listed(console, topic)


def test_each_screen_with_a_page_has_its_own_keys_there() -> None:
    for kind in (TodayScreen, QueueScreen, MessageScreen, EntryScreen, ExchangeScreen, LogScreen, HealthScreen):
        assert kind.help_topic is not None
        assert TABLES[kind.help_topic] is kind.KEYS


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", [topic for topic, keys in TABLES.items() if keys])
def test_the_text_of_a_page_names_no_key_that_its_screen_has_not(topic: str, language: Language) -> None:
    text = Words(language)(f"help.{topic}.text")
    pattern = r"(?:^|[、。（\s])([a-zA-Z.?/]|F\d+|Enter|Esc|Space) (?:で|と|の)" if language == "ja" else r"\b(F\d+)\b"
    signs = {sign for key in (*TABLES[topic], *EVERYWHERE) for sign in (key.sign, key.function_sign, key.letter_sign)}
    # A digit stands for its list, and lists bind Enter themselves.
    assert set(re.findall(pattern, text)) <= signs | {"Enter", "Esc"}


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
