"""The title of an entry: the event or the message, the category, what comes of it; why the message was returned."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from console.widgets.surface import Surface
from console.widgets.text import Ink, width_of, wrap
from store.message import tables

if TYPE_CHECKING:
    from rich.style import Style

    from console.jobs.messages.draft import Draft

# A reason may be long, and the form needs the rows: the message's own page shows the whole of it.
_MOST_REASON_LINES: Final = 2


class EntryTitle(Surface):
    """Names what `draft` enters, for the event `event` if it began with one; `reason` is why it was returned."""

    DEFAULT_CSS = "EntryTitle { height: auto; width: 1fr; }"

    def __init__(self, draft: "Draft", *, event: str | None, reason: str | None) -> None:
        super().__init__(id="title")
        self._draft = draft
        self._event = event
        self._reason = reason

    def get_content_height(self, _container: object, _viewport: object, width: int) -> int:
        """Return one line, and those of the reason."""
        return 1 + len(self._reason_lines(width))

    def reword(self) -> None:
        """Draw it in the current language, which may take another number of lines."""
        self.refresh(layout=True)

    def draw_line(self, y: int) -> Ink:
        """Draw the title or a line of the reason."""
        ink = self.ink().put(" ")
        if y:
            lines = self._reason_lines(self.size.width)
            return ink.put(lines[y - 1], self.palette["attention"]) if y <= len(lines) else ink
        ink.put_all(self._pieces())
        # The kinds of the messages give way where there is no room: the form repeats them as headings.
        kinds = "   " + self._kinds()
        return ink.put(kinds, self.palette["key"]) if ink.width + width_of(kinds) < self.size.width else ink

    def _reason_lines(self, width: int) -> list[str]:
        if not self._reason:
            return []
        return wrap(self.words("entry.reason", reason=self._reason), width - 2)[:_MOST_REASON_LINES]

    def _pieces(self) -> "Iterator[tuple[str, Style | None]]":
        draft, words, palette = self._draft, self.words, self.palette
        yield words("entry.title" if draft.target is None else f"entry.{draft.purpose}"), palette["strong"]
        for subject in self._subjects():
            yield " / ", palette["faint"]
            yield subject, palette["strong"]

    def _subjects(self) -> Iterator[str]:
        """Yield what the entry is about: its event or the message it changes, and the category."""
        draft, words = self._draft, self.words
        event = tables.events().at(self._event or "", draft.day)
        if event is not None:
            yield event.name(words.language)
        elif draft.target is not None:
            yield words("entry.of", reference=draft.target)
        category = draft.records[0].get("category")
        if category is not None:
            yield words.name("items.value.category", str(category))

    def _kinds(self) -> str:
        records = self._draft.records
        # The two names of a pair fit only in their short forms.
        names = "kinds" if len(records) == 1 else "kinds.short"
        return self.words("entry.and").join(self.words.name(names, str(record["kind"])) for record in records)
