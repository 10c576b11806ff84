"""Two secrets to be typed one after the other, unseen: the frame of every screen that asks for such a pair."""

from typing import ClassVar

from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console.screens.base import ConsoleScreen
from console.screens.people.logon import FieldLabel, Surround
from console.widgets.field import PinField, TextField
from console.widgets.frame import FootLine, HeadLine, NoticeLine
from console.widgets.surface import Surface
from console.widgets.text import Ink

_LONGEST = 128


class PairScreen(ConsoleScreen):
    """Asks for both; `given` gets what was typed when Enter was pressed in the second field."""

    TITLE_KEY: ClassVar[str]
    REMEDY_KEY: ClassVar[str]
    LABEL_KEYS: ClassVar[tuple[str, str]]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,down", "next_field", show=False, priority=True),
        Binding("shift+tab,up", "previous_field", show=False, priority=True),
        Binding("enter", "enter", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    PairScreen #form { height: 1fr; width: 1fr; align: center middle; layout: vertical; }
    PairScreen PairTitle { height: 4; width: 50; }
    PairScreen .entry { height: 1; width: 50; layout: horizontal; margin-bottom: 1; }
    PairScreen .entry FieldLabel { width: 14; }
    PairScreen PinField { width: 36; }
    """

    def compose(self) -> ComposeResult:
        """Lay out the title and the two fields."""
        yield HeadLine()
        with Surround(id="form"):
            yield PairTitle(self.TITLE_KEY, self.REMEDY_KEY)
            for name, key in zip(("first", "second"), self.LABEL_KEYS, strict=True):
                with Surround(classes="entry"):
                    yield FieldLabel(key)
                    yield PinField(id=name, longest=_LONGEST)
        yield NoticeLine()
        yield FootLine(())

    def on_mount(self) -> None:
        """Wait for the first."""
        self.set_focus(self.first)

    @property
    def first(self) -> PinField:
        """The field for the first."""
        return self.query_one("#first", PinField)

    @property
    def second(self) -> PinField:
        """The field for the second."""
        return self.query_one("#second", PinField)

    def action_next_field(self) -> None:
        """Go to the other field."""
        self.set_focus(self.second if self.focused is self.first else self.first)

    def action_previous_field(self) -> None:
        """Go to the other field."""
        self.action_next_field()

    def action_enter(self) -> None:
        """Go to the second field; there, let the field itself take the key after those typed before it."""
        if self.focused is not self.first:
            raise SkipAction
        self.set_focus(self.second)

    def on_text_field_submitted(self, _event: TextField.Submitted) -> None:
        """Hand over what both fields hold, and forget it."""
        first, second = self.first.take(), self.second.take()
        self.set_focus(self.first)
        self.given(first, second)

    def given(self, first: str, second: str) -> None:
        """Do with the pair what the screen is for."""
        raise NotImplementedError


class PairTitle(Surface):
    """What is wanted, and what will do."""

    def __init__(self, title: str, remedy: str) -> None:
        super().__init__()
        self._keys = (title, remedy)

    def draw_line(self, y: int) -> Ink:
        """Draw it."""
        ink = self.ink()
        if y < len(self._keys):
            ink.put(self.words(self._keys[y]), self.palette["faint" if y else "strong"])
        return ink
