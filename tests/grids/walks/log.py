"""The log: listed, searched, asked, verified and exported."""

from datetime import timedelta
from typing import Final

import pytest

from console.errors import CredentialsRefused
from console.jobs.people import logon
from console.terminal import Terminal
from tests.console.screens.exchange.test_exchange import _tamper
from tests.grids.drawing import Easel
from tests.grids.surroundings import FRIDAY, MONDAY


async def asked(easel: Easel) -> None:
    """What an auditor looks for."""
    prepare(easel)
    async with easel.logged_on("au-401") as console:
        await easel.draw(console, "log", "The log, with which an auditor begins.")
        await console.press("question_mark")
        await easel.draw(console, "keys_log", "The key sheet of the log.")
        await console.press("f1")
        await easel.draw(console, "help_log", "The help of the log.")
        await console.press("escape", "f")
        await easel.draw(console, "conditions", "The form of the log.")
        await console.press("5")
        await easel.draw(console, "conditions_whose", "The form asks for a person.")
        await console.press("escape", "f", "2")
        await easel.draw(console, "log_failures", "The log-ons that failed yesterday.")
        await console.press("f", "tab", "ctrl+u", "shift+tab", "3")
        await easel.draw(console, "answer", "A question that is answered by counts.")
        await console.press("escape", "f", "tab", "ctrl+u", *"11/1", "enter")
        await easel.draw(console, "log_empty", "No entry meets the conditions.")
        await console.press("f", "tab", "ctrl+u", *"2/30", "enter")
        await easel.draw(console, "conditions_unclear", "A condition that means nothing.")
        await console.press("escape", "f", "0", "slash")
        await easel.draw(console, "ask_search_log", "The search of the log.")
        await console.press("ctrl+u", *"zzz 9", "enter")
        await easel.draw(console, "ask_search_unclear", "What was sought means nothing.")
        await console.press("escape", "full_stop")
        await easel.draw(console, "log_verified", "The log holds.")
        await console.press("enter")
        await easel.draw(console, "log_no_message", "An entry that is about no message.")


def prepare(easel: Easel) -> None:
    """Let log-ons fail on the last working day."""
    easel.moment.now = FRIDAY + timedelta(hours=1)
    with Terminal.open(easel.world.home) as terminal:
        for tried in ("op-101", "op-101", "7391 8264"):
            with pytest.raises(CredentialsRefused):
                logon.log_on(terminal, tried, "no pin of theirs", origin="screen")
    easel.moment.now = MONDAY


async def put_out(easel: Easel) -> None:
    medium = easel.world.home.with_name("usb")
    medium.mkdir()
    async with easel.logged_on("ka-301") as console:
        await console.press("l", "o")
        await easel.draw(console, "ask_medium", "Where the log is to be written.")
        await console.type(str(medium))
        await console.press("enter")
        await easel.draw(console, "ask_label", "What the medium is called.")
        await console.type("LOG-1")
        await console.press("enter")
        await easel.draw(console, "ask_own_disk", "The medium is a disk of the terminal.")
        await console.press("enter")
        await easel.draw(console, "log_exported", "The log was written.")


async def tampered(easel: Easel) -> None:
    _tamper(easel.world, 3)
    async with easel.logged_on("ka-301") as console:
        await console.press("l", "full_stop")
        await easel.draw(console, "log_broken", "The log does not hold.")


WALKS: Final = (asked, put_out, tampered)
