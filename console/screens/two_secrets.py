"""Two secrets, typed one after the other and never shown: the frame of the screens that ask for such a pair."""

from typing import ClassVar

from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console.screens.base import ConsoleScreen
from console.widgets.field import PinField, TextField
from console.widgets.frame import FootLine, HeadLine
from console.widgets.surface import FieldLabel, Surface, Surround
from console.widgets.text import Ink

_LONGEST = 128


class PairScreen(ConsoleScreen):
    """Asks for two secrets; `given` gets both when Enter is pressed in the second field.

    Subclasses name the catalogue keys of the title, of the line below it, and of the two labels.
    """

    TITLE_KEY: ClassVar[str]
    REMEDY_KEY: ClassVar[str]
    LABEL_KEYS: ClassVar[tuple[str, str]]
    # Priority bindings, as on the login screen: in a burst each secret falls into its own field.
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
        yield self.notice
        yield FootLine((), typed=True)

    def on_mount(self) -> None:
        """Wait for the first secret."""
        self.set_focus(self.first)

    @property
    def first(self) -> PinField:
        """The field for the first secret."""
        return self.query_one("#first", PinField)

    @property
    def second(self) -> PinField:
        """The field for the second secret."""
        return self.query_one("#second", PinField)

    def action_next_field(self) -> None:
        """Go to the other field."""
        self.set_focus(self.second if self.focused is self.first else self.first)

    def action_previous_field(self) -> None:
        """Go to the other field."""
        self.action_next_field()

    def action_enter(self) -> None:
        """Go to the second field; there, leave the key to the field."""
        # The field handles its keys in their order, so Enter submits everything that was typed before it.
        if self.focused is not self.first:
            raise SkipAction
        self.set_focus(self.second)

    def on_text_field_submitted(self, _event: TextField.Submitted) -> None:
        """Hand over what both fields hold, and empty them, so that no secret stays in a widget."""
        first, second = self.first.take(), self.second.take()
        # Back to the beginning: if they are refused, both have to be typed again.
        self.set_focus(self.first)
        self.given(first, second)

    def given(self, first: str, second: str) -> None:
        """Use both secrets; subclasses do here what the screen is for."""
        raise NotImplementedError


class PairTitle(Surface):
    """The title, and a line that says what is accepted."""

    def __init__(self, title: str, remedy: str) -> None:
        super().__init__()
        self._keys = (title, remedy)

    def draw_line(self, y: int) -> Ink:
        """Draw a line of the title."""
        ink = self.ink()
        if y < len(self._keys):
            ink.put(self.words(self._keys[y]), self.palette["faint" if y else "strong"])
        return ink
