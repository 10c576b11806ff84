"""Fields to type into: one for text, edited by characters as people see them, and one for the PIN.

Textual's own `Input` copies a password to the clipboard by escape sequence and edits by code point, so that a
backspace after 葛󠄀 (葛 with a variation selector) would silently make it another character.
"""

from collections.abc import Callable
from typing import ClassVar, Final

from rich.cells import cell_len, split_graphemes
from textual import events
from textual.geometry import Offset
from textual.message import Message

from console.widgets.surface import OneLine
from console.widgets.text import Ink
from console.words.visible import visible

_LONGEST_TEXT: Final = 1000


class TextField(OneLine, can_focus=True):
    """One line of text. Control characters and direction codes are not taken in, pasted or typed."""

    class Changed(Message):
        """The text is another one now."""

        def __init__(self, field: "TextField") -> None:
            super().__init__()
            self.field = field

        @property
        def control(self) -> "TextField":
            """The field, for selectors."""
            return self.field

    class Submitted(Message):
        """The person pressed Enter."""

        def __init__(self, field: "TextField") -> None:
            super().__init__()
            self.field = field

        @property
        def control(self) -> "TextField":
            """The field, for selectors."""
            return self.field

    _KEYS: ClassVar[dict[str, str]] = {
        "backspace": "_erase_before",
        "ctrl+h": "_erase_before",
        "delete": "_erase_after",
        "ctrl+u": "clear",
        "left": "_go_left",
        "right": "_go_right",
        "home": "_go_home",
        "end": "_go_end",
        "enter": "_submit",
    }

    def __init__(
        self,
        *,
        id: str,  # noqa: A002  # Textual's own name for it.
        longest: int = _LONGEST_TEXT,
        takes: Callable[[str], bool] = lambda _character: True,
    ) -> None:
        super().__init__(id=id)
        self._clusters: list[str] = []
        self._at = 0
        self._longest = longest
        self._takes = takes
        self.locked = False

    @property
    def value(self) -> str:
        """The text."""
        return "".join(self._clusters)

    @value.setter
    def value(self, text: str) -> None:
        self._clusters = self._split(text)
        self._at = len(self._clusters)
        self.refresh()

    def clear(self) -> None:
        """Empty the field."""
        if self._clusters:
            self._clusters, self._at = [], 0
            self._changed()

    def check_consume_key(self, key: str, character: str | None) -> bool:  # noqa: ARG002 - as the base has it
        """Tell the screen that letters typed here are text and not keys."""
        return character is not None and character.isprintable()

    def on_key(self, event: events.Key) -> None:
        """Take in a character, or edit."""
        if event.key in self._KEYS:
            event.stop()
            if not self.locked:
                getattr(self, self._KEYS[event.key])()
        elif event.is_printable and event.character is not None:
            event.stop()
            self._insert(event.character)

    def on_paste(self, event: events.Paste) -> None:
        """Take in pasted text."""
        event.stop()
        self._insert(self._pasted(event.text))

    def _pasted(self, text: str) -> str:
        """Return what of a paste is taken; `_insert` leaves out what cannot be typed."""
        return text

    def _insert(self, text: str) -> None:
        if self.locked:
            return
        # What the sink would have to turn into a symbol is not taken in at all; a paste's end of line is dropped.
        clean = "".join(one for one in text if visible(one) == one and self._takes(one))
        room = self._longest - len(self._clusters)
        if not clean or room <= 0:
            return
        before = "".join(self._clusters[: self._at]) + clean
        after = self._clusters[self._at :]
        # Split again from the start: a variation selector joins the character before it.
        clusters = self._split(before)
        self._clusters = clusters[: self._longest - len(after)] + after
        self._at = len(self._clusters) - len(after)
        self._changed()

    @staticmethod
    def _split(text: str) -> list[str]:
        return [text[start:stop] for start, stop, _cells in split_graphemes(text)[0]]

    def _changed(self) -> None:
        self.refresh()
        self.post_message(self.Changed(self))

    def _submit(self) -> None:
        self.post_message(self.Submitted(self))

    def _erase_before(self) -> None:
        if self._at:
            self._at -= 1
            del self._clusters[self._at]
            self._changed()

    def _erase_after(self) -> None:
        if self._at < len(self._clusters):
            del self._clusters[self._at]
            self._changed()

    def _go(self, position: int) -> None:
        self._at = min(max(0, position), len(self._clusters))
        self.refresh()

    def _go_left(self) -> None:
        self._go(self._at - 1)

    def _go_right(self) -> None:
        self._go(self._at + 1)

    def _go_home(self) -> None:
        self._go(0)

    def _go_end(self) -> None:
        self._go(len(self._clusters))

    def _shown(self) -> list[str]:
        return self._clusters

    def on_focus(self) -> None:
        """Show the caret."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the caret."""
        self.refresh()

    def draw_line(self, _y: int) -> Ink:
        """Draw the part of the text around the caret."""
        ink = self.ink("field_focus" if self.has_focus else "field").put(" ")
        shown = [*self._shown(), " "]
        room = max(2, self.size.width - 2)
        first = self._first_shown(shown, room)
        for index, cluster in enumerate(shown[first:], first):
            if ink.width + cell_len(cluster) > room + 1:
                break
            caret = self.has_focus and index == self._at
            if caret:
                # The terminal's cursor stands here unseen, so that an input method opens its window beside it.
                self.app.cursor_position = self.region.offset + Offset(ink.width, 0)
            ink.put(cluster, self.palette["caret"] if caret else None)
        return ink

    def _first_shown(self, shown: list[str], room: int) -> int:
        used, first = cell_len(shown[self._at]), self._at
        while first and used + cell_len(shown[first - 1]) <= room:
            first -= 1
            used += cell_len(shown[first])
        return first


class PinField(TextField):
    """The PIN (暗証番号): shown as asterisks, never given to a clipboard, forgotten when it is taken out.

    A paste is taken only if all of it could have been typed, so that a PIN is never silently another one.
    """

    def take(self) -> str:
        """Return the PIN and forget it."""
        pin = self.value
        self._clusters, self._at = [], 0
        self.refresh()
        return pin

    def _pasted(self, text: str) -> str:
        """Return a clean paste; of any other nothing."""
        line = text.rstrip("\r\n")
        return line if visible(line) == line else ""

    def _shown(self) -> list[str]:
        return ["*"] * len(self._clusters)
