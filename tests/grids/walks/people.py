"""Before the work and around it: logging on, choosing a PIN, the lock, and a terminal with no room."""

from typing import Final

from console.jobs.terminal import setup
from tests.console.driving import driving
from tests.console.screens.test_passphrase import FIRST, SECOND, terminal_with_a_passphrase
from tests.grids.drawing import Easel

TOO_SMALL: Final = ((60, 18),)


async def log_on(easel: Easel) -> None:
    async with easel.driving() as console:
        await easel.draw(console, "login", "The log-on of a rehearsal world, which shows its people and their PINs.")
        await console.press("enter", "enter")
        await easel.draw(console, "login_both_wanted", "The log-on: Enter without a PIN.")
        await console.press(*"op-101", "tab", *"1234", "enter")
        await easel.draw(console, "login_refused", "The log-on: a wrong PIN.")
        await console.press(*"１２３４", "enter")
        await easel.draw(console, "login_misspelt", "The log-on: a PIN in full-width digits.")
        await console.press("f1")
        await easel.draw(console, "help_login", "The help of the log-on.")


async def lock(easel: Easel) -> None:
    async with easel.logged_on("op-101") as console:
        await easel.draw(console, "too_small", "Any screen without room.", sizes=TOO_SMALL)
        await console.press("z")
        await easel.draw(console, "lock", "The lock, over whatever was in work.")
        await console.press(*"1234", "enter")
        await easel.draw(console, "lock_refused", "The lock: a wrong PIN.")
        await console.press("f10")
        await easel.draw(console, "login_farewell", "The log-on after somebody has logged off.")


async def passphrase(easel: Easel) -> None:
    home = terminal_with_a_passphrase(easel.world.home.with_name("parts"))
    code = (home / setup.ONE_TIME_CODE_FILE).read_text().strip()
    async with driving(home) as console:
        await easel.draw(console, "parts", "Two persons' parts of the passphrase are asked for before any log-on.")
        await console.press(*FIRST, "tab", *"wrong", "enter")
        await easel.draw(console, "parts_refused", "Two persons' parts, which open nothing.")
        await console.press("f1")
        await easel.draw(console, "help_parts", "The help of the two parts.")
        await console.press("escape")
        await console.pilot.press(*FIRST, "tab", *SECOND, "enter")
        await console.until(lambda: console.screen == "login")
        await console.settle()
        await easel.draw(console, "login_in_earnest", "The log-on of a terminal that is no rehearsal.")
        await console.log_on("officer-1", code)
        await easel.draw(console, "new_pin", "Who logs on with a PIN that somebody else drew has to choose another.")
        await console.press(*"27182845", "tab", *"27182846", "enter")
        await easel.draw(console, "new_pin_differ", "The new PIN, typed in two ways.")
        await console.press(*"11111111", "tab", *"11111111", "enter")
        await easel.draw(console, "new_pin_weak", "The new PIN, which is easy to guess.")
        await console.press(*"27182845", "tab", *"27182845", "enter")
        await easel.draw(console, "login_pin_changed", "The log-on after the PIN was changed.")


WALKS: Final = (log_on, lock, passphrase)
