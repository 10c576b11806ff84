"""Fields to type into: one for text, which is edited by graphemes (characters as people see them), one for the PIN.

Textual's own `Input` copies a password to the clipboard by an escape sequence. It also edits by code point, so that a
backspace after 葛󠄀 (葛 with a variation selector) would silently make it another character.
"""

import re
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
# Copied cells and whole lines end with one.
_LINE_END: Final = re.compile(r"(?:\r\n|\r|\n)\Z")


class TextField(OneLine, can_focus=True):
    """One line of text. It takes in no control characters and no direction codes, whether typed or pasted.

    `longest` is the greatest number of graphemes. `takes` may refuse further characters. A `locked` field takes in
    nothing.

    Text is taken in as a whole or not at all: a paste that lost a line end or its last characters on the way would be
    another text, and nobody would see it. What is not taken in is told by `Refused`.
    """

    class Changed(Message):
        """The text has changed."""

        def __init__(self, field: "TextField") -> None:
            super().__init__()
            self.field = field

        @property
        def control(self) -> "TextField":
            """The field, for selectors."""
            return self.field

    class Submitted(Message):
        """The person has pressed Enter."""

        def __init__(self, field: "TextField") -> None:
            super().__init__()
            self.field = field

        @property
        def control(self) -> "TextField":
            """The field, for selectors."""
            return self.field

    class Refused(Message):
        """Something was typed or pasted that the field does not take; `key` names the text that says why."""

        def __init__(self, field: "TextField", key: str) -> None:
            super().__init__()
            self.field = field
            self.key = key

        @property
        def control(self) -> "TextField":
            """The field, for selectors."""
            return self.field

    # By hand and not as bindings: a binding is an action by name, and each would widen the list in `console.hardened`.
    _KEYS: ClassVar[dict[str, str]] = {
        "backspace": "_erase_before",
        # Some terminals send Ctrl+H for the backspace key.
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
        self._graphemes: list[str] = []
        self._at = 0  # The caret is before this grapheme.
        self.longest = longest
        self._takes = takes
        self.locked = False

    @property
    def value(self) -> str:
        """The text."""
        return "".join(self._graphemes)

    @value.setter
    def value(self, text: str) -> None:
        # Without a `Changed` message, which would come back to the screen that sets the value.
        self._graphemes = self._split(text)
        self._at = len(self._graphemes)
        self.refresh()

    def clear(self) -> None:
        """Empty the field."""
        if self._graphemes:
            self._graphemes, self._at = [], 0
            self._changed()

    def check_consume_key(self, key: str, character: str | None) -> bool:  # noqa: ARG002  # The base's names.
        """Return whether the field takes the key as text, so that the screen does not take it as a command."""
        return character is not None and _is_text(character)

    def on_key(self, event: events.Key) -> None:
        """Take in a character, or edit the text."""
        if event.key in self._KEYS:
            # A locked field swallows the key, lest it become a command of the screen.
            event.stop()
            if not self.locked:
                getattr(self, self._KEYS[event.key])()
        elif event.character is not None and _is_text(event.character):
            event.stop()
            self._take_in(event.character)

    def on_paste(self, event: events.Paste) -> None:
        """Take in pasted text; a line end at its very end is no part of it."""
        event.stop()
        self._take_in(_LINE_END.sub("", event.text))

    def _take_in(self, text: str) -> None:
        """Insert `text`, or say why it is not taken in."""
        if self.locked or not text:
            return
        # What would have to be shown as a symbol cannot be typed, and would steer a terminal that it was copied to.
        if any(visible(character) != character or not self._takes(character) for character in text):
            self.post_message(self.Refused(self, "common.not_taken"))
        elif len(self._split("".join(self._graphemes) + text)) > self.longest:
            self.post_message(self.Refused(self, "common.too_long"))
        else:
            self._insert(text)

    def _insert(self, text: str) -> None:
        before = "".join(self._graphemes[: self._at]) + text
        after = self._graphemes[self._at :]
        # Split the whole beginning again, because a variation selector joins the character before it.
        self._graphemes = self._split(before) + after
        self._at = len(self._graphemes) - len(after)
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
            del self._graphemes[self._at]
            self._changed()

    def _erase_after(self) -> None:
        if self._at < len(self._graphemes):
            del self._graphemes[self._at]
            self._changed()

    def _go(self, position: int) -> None:
        self._at = min(max(0, position), len(self._graphemes))
        self.refresh()

    def _go_left(self) -> None:
        self._go(self._at - 1)

    def _go_right(self) -> None:
        self._go(self._at + 1)

    def _go_home(self) -> None:
        self._go(0)

    def _go_end(self) -> None:
        self._go(len(self._graphemes))

    def _shown(self) -> list[str]:
        return self._graphemes

    def on_focus(self) -> None:
        """Show the caret."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the caret."""
        self.refresh()

    def draw_line(self, _y: int) -> Ink:
        """Draw the part of the text that is around the caret."""
        ink = self.ink("field_focus" if self.has_focus else "field").put(" ")
        # The blank is the place of the caret behind the last character.
        shown = [*self._shown(), " "]
        room = max(2, self.size.width - 2)
        first = self._first_shown(shown, room)
        for index, grapheme in enumerate(shown[first:], first):
            if ink.width + cell_len(grapheme) > room + 1:
                break
            caret = self.has_focus and index == self._at
            if caret:
                # The terminal's own cursor is put here unseen, so that an input method opens its window beside it.
                self.app.cursor_position = self.region.offset + Offset(ink.width, 0)
            ink.put(grapheme, self.palette["caret"] if caret else None)
        return ink

    def _first_shown(self, shown: list[str], room: int) -> int:
        """Return the first grapheme to draw, so that as many as fit are before the caret and the caret is in sight."""
        used, first = cell_len(shown[self._at]), self._at
        while first and used + cell_len(shown[first - 1]) <= room:
            first -= 1
            used += cell_len(shown[first])
        return first


def _is_text(character: str) -> bool:
    # For Python the blank of full width is no printable character, but names and addresses have it.
    return character.isprintable() or character == "\u3000"


class PinField(TextField):
    """The PIN (暗証番号): shown as asterisks, never given to a clipboard, and forgotten when it is taken out."""

    def take(self) -> str:
        """Return the PIN and forget it."""
        # Python cannot overwrite a string; at least nothing refers to it here any more.
        pin = self.value
        self._graphemes, self._at = [], 0
        self.refresh()
        return pin

    def _shown(self) -> list[str]:
        # The digits themselves never reach a line of the screen, not even for a moment.
        return ["*"] * len(self._graphemes)
