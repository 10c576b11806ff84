"""The message under the cursor of the list, explained where the eye is: beside the list, or in three lines below it."""

from collections.abc import Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from console import jobs
from console.foreseen import foreseen
from console.widgets.page import Pieces
from console.widgets.surface import Surface
from console.widgets.text import Ink, wrap
from store.rights import Right

if TYPE_CHECKING:
    from textual.timer import Timer

    from console.jobs.messages.listing import OtherHalf, QueueRow
    from console.jobs.messages.reading import MessageView
    from console.session import Session
    from console.terminal import Terminal

BESIDE_FROM: Final = 110
"""From as many columns on, list and message stand beside each other."""
# How long the cursor rests on a row before its message is read. Each look at a message is in the log, and who only
# passes by has not looked.
REST_SECONDS = 0.25
_LINES_BELOW: Final = 3


class Preview(Surface):
    """Shows the message under the cursor; the screen tells on which row that is."""

    DEFAULT_CSS = "Preview { height: 3; width: 1fr; }"

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self.shown: MessageView | None = None
        self._row: QueueRow | None = None
        self._rest: Timer | None = None
        # What is being read: read twice, the log would have two looks for one.
        self._asked: object = None
        self._trouble: Exception | None = None
        self._lines: Sequence[Pieces] = ()

    @property
    def beside(self) -> bool:
        """Whether there is room for the whole message beside the list."""
        return self.screen.size.width >= BESIDE_FROM

    def follow(self, key: int | None, row: "QueueRow | None", half: "OtherHalf | None") -> None:
        """Show the message `key`, once the cursor has rested on its `row`, which may still be on its way.

        `half` is the other half of the pair, if it is shown with the message.
        """
        if self._rest is not None:
            self._rest.stop()
            self._rest = None
        # Remembered, because the message arrives later and the cursor may have gone on by then.
        self._row = row
        if row is None and key is not None and self.shown is not None and self.shown.row.id == key:
            # The list was read anew: the same message comes back to the same place, and is not looked at again.
            return
        if row is None or not self.console_app.may(Right.READ):
            self._asked = None
            self._put(None)
        elif not self._is_shown(row, half) and self._asked != _versions(row, half):
            self._put(None)
            read = partial(self._read, row, half)
            if REST_SECONDS:
                self._rest = self.set_timer(REST_SECONDS, read)
            else:
                read()

    def whole(self, row: "QueueRow", half: "OtherHalf | None") -> bool:
        """Tell whether the findings of just this message and half, as they are now, can be read here."""
        return self.beside and self._is_shown(row, half)

    def _is_shown(self, row: "QueueRow", half: "OtherHalf | None") -> bool:
        if self.shown is None:
            return False
        # Both halves as they are now: the finding of a half that changed since was never on the screen.
        other = self.shown.half
        shown = (self.shown.row.id, self.shown.row.version, other and (other.row.id, other.row.version))
        return shown == _versions(row, half)

    def _read(self, row: "QueueRow", half: "OtherHalf | None") -> None:
        self._rest, self._asked = None, _versions(row, half)
        fetch = partial(_fetch, row.id, half is not None)
        self.console_app.work(self, fetch, self._arrived, partial(self._failed, row))

    def _arrived(self, view: "MessageView") -> None:
        # The cursor went on meanwhile.
        if self._row is not None and self._row.id == view.row.id:
            self._asked = None
            self._put(view)

    def _failed(self, row: "QueueRow", error: Exception) -> None:
        # Here and not in the notice line, which may tell what the last step led to.
        if self._row is not None and self._row.id == row.id:
            self._asked = None
            self._trouble = error
            self.reword()

    def _put(self, view: "MessageView | None") -> None:
        self.shown, self._trouble = view, None
        self.reword()

    def reword(self) -> None:
        """Build the lines in the current language and width."""
        self._lines = list(self._built(max(10, self.size.width - 2))) if self.size.width else ()
        self.refresh()

    def on_resize(self) -> None:
        """Build the lines for the new width."""
        self.reword()

    def _built(self, width: int) -> Sequence[Pieces]:
        if self._trouble is not None:
            ours = foreseen(self._trouble)
            fault = self.words.fault(ours.code, ours.facts) if ours is not None else None
            text = "" if fault is None else f"{fault.cause} {fault.remedy}"
            return [[(line, self.palette["trouble"])] for line in wrap(text, width)]
        if self.shown is None:
            return ()
        from console.screens.messages.message_lines import MessageLines

        lines = MessageLines(self.shown, self.words, self.palette, width)
        return [*lines.title(), [], *lines.lines()] if self.beside else list(islice(lines.brief(), _LINES_BELOW))

    def draw_line(self, y: int) -> Ink:
        """Draw a line of the message; beside the list a rule separates both."""
        if not self.beside:
            ink = self.ink("frame").put(" ")
            return ink.put_all(self._lines[y]) if y < len(self._lines) else ink
        ink = self.ink().put("| ", self.palette["faint"])
        return ink.put_all(self._lines[y]) if y < len(self._lines) else ink


def _versions(row: "QueueRow", half: "OtherHalf | None") -> tuple[object, ...]:
    """Return what tells this state of a message and its half from another: how long it waits differs at each look."""
    return (row.id, row.version, half and (half.id, half.version))


def _fetch(number: int, pair: bool, terminal: "Terminal", session: "Session") -> "MessageView":  # noqa: FBT001  # Bound by `partial`.
    """Read the message for looking at it, without taking it in hand; the log has that it was looked at."""
    return jobs.messages.reading.read(terminal, session, number, pair=pair)
