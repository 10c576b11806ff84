"""A letter that several keys share: the key that fits is meant; of several, the person says which."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from console.keys import Key, bindings
from console.screens.shared_letters import SharedLetters
from console.widgets.frame import HeadLine
from tests.console.driving import driving
from tests.running import World

KEYS = (Key("e", "e", "entry", "entry"), Key("e", "e", "revise", "revise"))


class Sharing(SharedLetters):
    NAME = "sharing"
    KEYS: ClassVar[Sequence[Key]] = KEYS
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEYS)

    def __init__(self) -> None:
        super().__init__()
        self.fitting: set[str] = set()
        self.done: list[str] = []

    def compose(self) -> ComposeResult:
        yield HeadLine()

    def fits(self, key: Key) -> bool:
        return key.action in self.fitting

    def action_entry(self) -> None:
        self.done.append("entry")

    def action_revise(self) -> None:
        self.done.append("revise")


async def test_the_key_that_fits_is_meant_and_of_several_the_person_says_which(world: World) -> None:
    async with driving(world.home) as console:
        screen = Sharing()
        console.app.push_screen(screen)
        await console.press("e")
        screen.fitting = {"revise"}
        await console.press("E")
        screen.fitting = {"entry", "revise"}
        await console.press("e")
        assert console.screen == "selection"
        assert console.words("keys.revise") in console.text()
        await console.press("escape", "e", "2")
        assert screen.done == ["entry", "revise", "revise"]
