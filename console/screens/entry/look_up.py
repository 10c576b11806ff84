"""Looking up whom an entry is about: by the number that was typed, once for each number, as its field is left."""

from typing import TYPE_CHECKING, Final

from console import jobs

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.jobs.entry.draft import Draft
    from console.jobs.entry.items import DraftItem
    from console.jobs.entry.known import Known
    from console.screens.base import ConsoleScreen
    from console.session import Session
    from console.terminal import Terminal

_SUBJECT: Final = "subject"
IDENTIFYING: Final = frozenset({_SUBJECT, "card_number", "certificate_number"})
"""By these a person is looked up."""


class LookUp:
    """Looks up the person of `draft` for the form `screen`; `found` takes what is known."""

    def __init__(self, screen: "ConsoleScreen", draft: "Draft", found: "Callable[[Known], None]") -> None:
        self._screen = screen
        self._draft = draft
        self._found = found
        # The numbers by which a person was looked up, so that leaving a row again asks nothing.
        self._asked: set[str] = set()
        # The item that the person is known by.
        self._by: str | None = None

    def left(self, item: "DraftItem | None") -> None:
        """Look the person up by the number that was entered; of a correction, by one that is another number now."""
        if item is None or item.field not in IDENTIFYING or item.faulty:
            return
        if self._draft.corrects and not item.corrected:
            # Whom the message is about was known before; a number that was put back is nobody else's any more.
            if item.field == self._by:
                self._draft.known, self._by = None, None
                self._asked.clear()
            return
        # Of a person who is known by the 宛名番号 the card says nothing more.
        if item.field == _SUBJECT or not self._draft.known:
            self._ask(item)

    def again(self, item: "DraftItem") -> None:
        """Look the person up by this number once more."""
        self._asked.discard(str(item.value or ""))
        self._ask(item)

    def _ask(self, item: "DraftItem") -> None:
        number = str(item.value or "")
        if not number or number in self._asked:
            return
        self._asked.add(number)
        self._by = item.field
        asked = {_SUBJECT: number} if item.field == _SUBJECT else {_SUBJECT: None, "number": number}

        def job(terminal: "Terminal", session: "Session") -> "Known":
            return jobs.entry.known.look_up(terminal, session, **asked)

        self._screen.look("known", job, self._found)
