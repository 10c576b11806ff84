"""The lines at the top that say what is below them: in a list, on the page of a message, and above a form."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Protocol

from console.widgets.surface import OneLine, Surface
from console.widgets.text import Ink, fit, width_of, wrap
from store.message import tables
from store.message.groups import value_at

if TYPE_CHECKING:
    from rich.style import Style

    from console.jobs.entry.draft import Draft
    from console.jobs.messages.reading import MessageView
    from console.screens.entry.saving import Saving
    from console.screens.messages.message_list import MessageList
    from console.screens.messages.queue_view import View

# A reason may be long, and the form needs the rows: the message's own page shows the whole of it.
_GAP: Final = 3
_MOST_REASON_LINES: Final = 2


class Listing(Protocol):
    """A screen with a list: what the list shows, its rows, and for how many messages and of how many people they stand.

    People are counted in the result of a search; elsewhere there are 0.
    """

    view: "View"
    messages: int
    people: int

    @property
    def rows(self) -> "MessageList":
        """The rows."""


class Page(Protocol):
    """A screen with one message, which is None until it is read."""

    shown: "MessageView | None"


class ViewLine(OneLine):
    """The line above the list of `queue`: what it shows, how many rows are selected, and where the cursor is."""

    def __init__(self, queue: Listing) -> None:
        super().__init__(id="view")
        self._queue = queue

    def draw_line(self, _y: int) -> Ink:
        """Draw the line."""
        ink, words, queue = self.ink().put(" "), self.words, self._queue
        view, rows, faint = queue.view, queue.rows, self.palette["faint"]
        for text in self._shown(view):
            ink.put(text, self.palette["strong"]).put("  ")
        if not view.sought:
            order = words(f"queue.sort.{view.sort}") + (words("queue.sort.backward") if view.backward else "")
            ink.put(words("queue.order", order=order), faint)
        if rows.selected:
            counted = "queue.selected_rows" if queue.messages > rows.count else "queue.selected"
            ink.put("   ").put(words(counted, count=f"{len(rows.selected):,}"), self.palette["key"])
        more = "" if rows.whole else "+"
        facts = {
            "position": f"{rows.position:,}",
            "rows": f"{rows.count:,}{more}",
            "count": f"{queue.messages:,}{more}",
        }
        # A pair is one row and two messages. Where people are counted, the messages are counted beside them.
        pairs = queue.messages > rows.count
        where = words("queue.where_rows" if queue.people else "queue.where_pairs" if pairs else "queue.where", **facts)
        return ink.gap_to(self.size.width - width_of(where) - 1).put(where, faint)

    def _shown(self, view: "View") -> Iterator[str]:
        """Yield what the list shows: what was sought, or the list and what of it was chosen."""
        words = self.words
        if view.sought:
            yield words("queue.found", sought=view.sought)
            if self._queue.people:
                yield words("queue.people", people=self._queue.people, count=self._queue.messages)
            return
        chosen = words("head.between").join(words(f"states.{state}") for state in sorted(view.states))
        yield chosen or words(f"queue.list.{view.work}")
        if view.kinds:
            yield words("head.between").join(words(f"kinds.short.{kind}") for kind in sorted(view.kinds))
        for mark in sorted(view.marks):
            yield words(f"queue.mark.{mark}")


class MessageTitle(Surface):
    """The title of `page`: whom the message is about, what happened, its state; then its number and kind.

    Who else has it in hand stands behind the kind.
    """

    DEFAULT_CSS = "MessageTitle { height: 2; width: 1fr; }"

    def __init__(self, page: Page) -> None:
        super().__init__(id="title")
        self._page = page

    def draw_line(self, y: int) -> Ink:
        """Draw a line."""
        ink = self.ink().put(" ")
        shown = self._page.shown
        if shown is None:
            return ink.put(self.words("common.loading"), self.palette["faint"])
        from console.screens.messages.message_lines import MessageLines

        row = shown.row
        line = MessageLines(shown, self.words, self.palette, self.size.width).title()[y]
        if row.claim is None or y == 0:
            return ink.put_all(line)
        # While a message is edited, others about the same person are only read, lest two people contradict each other.
        task = row.claim.task if row.claim.reference == row.reference else "same_person"
        claim = self.words(f"message.claim.{task}", person=row.claim.person)
        # Numbers and kinds give way: they stand in the list as well, and nobody may overlook that others are at it.
        room = self.size.width - width_of(claim) - _GAP - 2
        for text, style in line:
            ink.put(fit(text, min(width_of(text), max(2, room))), style)
        return ink.put(" " * _GAP).put(claim, self.palette["attention"])


class EntryTitle(Surface):
    """Names what `draft` enters, for the event `event` if it began with one; `reason` is why it was returned."""

    DEFAULT_CSS = "EntryTitle { height: auto; width: 1fr; }"

    def __init__(self, draft: "Draft", saving: "Saving", *, event: str | None, reason: str | None) -> None:
        super().__init__(id="title")
        self._draft = draft
        self._saving = saving
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
        if ink.width + width_of(kinds) < self.size.width:
            ink.put(kinds, self.palette["key"])
        return self._put_saved(ink)

    def _put_saved(self, ink: Ink) -> Ink:
        """Say when the draft was saved, where the line has room for it.

        Whoever is called away sees that nothing will be lost, and need not register half an entry.
        """
        at = self._saving.at
        saved = "" if at is None else self.words("entry.saved", time=self.words.time(at)[-5:])
        start = self.size.width - width_of(saved) - 1
        return ink.gap_to(start).put(saved, self.palette["faint"]) if saved and ink.width < start else ink

    def _reason_lines(self, width: int) -> list[str]:
        refusal, words = self._draft.refusal, self.words
        if refusal is not None:
            # The peer may give its text in another language only, which is better than none.
            both = (("cause", refusal.cause), ("remedy", refusal.remedy))
            given = {name: texts.get(words.language) or next(iter(texts.values()), "") for name, texts in both}
            lines = (wrap(words(f"entry.refused.{name}", text=text), width - 2) for name, text in given.items())
            return [line for some in lines for line in some[:_MOST_REASON_LINES]]
        if not self._reason:
            return []
        return wrap(words("entry.reason", reason=self._reason), width - 2)[:_MOST_REASON_LINES]

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
            name = value_at(draft.records[0], "person.name")
            if name:
                yield str(name)
        category = draft.records[0].get("category")
        if category is not None:
            yield words.name("items.value.category", str(category))

    def _kinds(self) -> str:
        records = self._draft.records
        # The two names of a pair fit only in their short forms.
        names = "kinds" if len(records) == 1 else "kinds.short"
        return self.words("entry.and").join(self.words.name(names, str(record["kind"])) for record in records)
