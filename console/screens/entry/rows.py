"""The rows of the form of an entry: what each item is called, its value, and what stands beside it."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from console.screens.messages.naming import Naming
from console.widgets.form import Row
from console.widgets.text import width_of
from store.message import tables
from store.message.entry.typed import show_typed
from store.message.groups import value_at

if TYPE_CHECKING:
    from rich.style import Style

    from console.jobs.entry.draft import Draft
    from console.jobs.entry.items import DraftItem
    from console.jobs.entry.known import LastTold
    from console.widgets.palette import Palette
    from console.words import Words

# How wide the field of an item is by its shape, in cells; shapes that are not listed take all the room there is.
_WIDTHS: Final = {"day": 20, "paper_date": 20, "moment": 20, "number": 16, "word": 34}
_BESIDE: Final = 31  # cells beside the field of a row: its mark, its label and some room
_NARROWEST: Final = 24
_COLUMNS: Final = 32  # cells of a row of a correction that hold neither the former value nor the present one
# The shapes of items that are chosen from a list of codes instead of typed.
CHOSEN: Final = frozenset({"code", "codes", "yes_no"})
_DATES: Final = ("day", "paper_date")


class ItemRows:
    """Makes the rows of `draft` in one language for a width; `visited` tells which items the cursor has left once.

    It is made anew for each drawing: language and width may have changed, and it costs nothing.
    """

    def __init__(
        self, draft: "Draft", words: "Words", palette: "Palette", width: int, visited: "Callable[[DraftItem], bool]"
    ) -> None:
        self._draft = draft
        self._words = words
        self._palette = palette
        self._width = width
        self._visited = visited

    def rows(self, items: "Iterable[DraftItem]") -> Iterator[Row]:
        """Yield the rows, with a heading before the items of each message."""
        # The draft gives what the messages have in common first, then each message's own items.
        if self._draft.corrects:
            words = self._words
            yield Row(
                label=words("entry.column.item"), before=words("entry.column.before"), shown=words("entry.column.after")
            )
        section = None
        for item in items:
            if item.section != section:
                section = item.section
                yield Row(label=self._words.name("kinds", item.kind))
            yield self._row(item)

    def naming(self, item: "DraftItem | None") -> Naming:
        """Return the names for an item."""
        kind = str(self._draft.records[0]["kind"]) if item is None else item.kind
        return Naming(self._words, kind, self._draft.day)

    def label(self, item: "DraftItem") -> str:
        """Return what an item is called; the day of an ex-officio change is named after its cause (死亡の日)."""
        record = self._draft.records[item.places[0][0]]
        cause = value_at(record, "basis.cause") if item.field == "basis.date" else None
        entry = tables.causes().at(str(cause), self._draft.day)
        if entry is not None:
            return entry.day_ja if self._words.language == "ja" else entry.day_en.capitalize()
        return self.naming(item).label(item.field if item.section is not None else item.key)

    def latest(self, item: "DraftItem", latest: "LastTold") -> str:
        """Return a value that was told last, in words."""
        return self.naming(item).value(item.field, latest.value)

    def beside(self, item: "DraftItem") -> str:
        """Return what the other half of the event says of an item, in words; empty where it says nothing of it."""
        other = self._draft.other
        if other is None or item.beside is None:
            return ""
        value = self.naming(item).value(item.field, item.beside)
        return self._words("entry.source.beside", reference=other.reference, value=value)

    def _row(self, item: "DraftItem") -> Row:
        chosen = item.shape in CHOSEN
        text = item.value if isinstance(item.value, str) else ""
        typed = "" if chosen else show_typed(text, item.shape)
        mark, style = self._mark(item)
        note, note_style = self._note(item, text)
        return Row(
            label=self.label(item),
            key=item.key,
            typed=typed,
            shown=typed
            if not chosen
            else ""
            if item.value is None
            else self.naming(item).value(item.field, item.value),
            note=note,
            note_style=note_style,
            mark=mark,
            mark_style=style,
            width=self._field_width(item, note),
            chosen=chosen,
            given=item.standing == "filled",
            before=self._former(item) if self._draft.corrects else None,
        )

    def _field_width(self, item: "DraftItem", note: str) -> int | None:
        # A value and the one before it are as wide as each other, so that a digit that differs is seen below its like.
        if self._draft.corrects:
            return (self._width - _COLUMNS) // 2
        width = _WIDTHS.get(item.shape)
        return max(_NARROWEST, self._width - _BESIDE - width_of(note)) if note and width is None else width

    def _former(self, item: "DraftItem") -> str:
        return "" if item.before is None else self.naming(item).value(item.field, item.before)

    def _choice(self, item: "DraftItem") -> str:
        return "" if item.value is None else self.naming(item).value(item.field, item.value)

    def _mark(self, item: "DraftItem") -> "tuple[str, Style | None]":
        # The sign says in a character what its colour says as well.
        palette = self._palette
        if item.wanted:
            return "*", palette["trouble" if self._visited(item) else "key"]
        if item.faulty:
            return "!", palette["trouble" if self._visited(item) else "attention"]
        if item.refused:
            return "!", palette["trouble"]
        return ("?", palette["attention"]) if item.findings or item.standing == "differs" else (" ", None)

    def _note(self, item: "DraftItem", text: str) -> "tuple[str, Style | None]":
        """Return what stands beside the value: a date as documents write it, and how it stands to what was told."""
        era = self.naming(item).era(item.field, text) if item.shape in _DATES else ""
        standing, style = self._standing(item, width_of(f"{era}  ") if era else 0)
        return "  ".join(part for part in (era, standing) if part), style

    def _standing(self, item: "DraftItem", used: int) -> "tuple[str, Style | None]":
        words, palette, known = self._words, self._palette, self._draft.known
        # A number without a person says so: it may be mistyped, and then the new person would get the messages of
        # somebody who does not exist. Most new people have none before, so that it is no warning.
        if item.field == "subject" and item.value is not None and known is not None and not known:
            return words("entry.standing.unknown"), palette["attention"]
        differs = item.standing == "differs"
        # A correction is held against its own message, and against the person to whom another number belongs.
        if item.corrected and not differs:
            return words("entry.corrected"), palette["attention"]
        if item.standing is None or item.latest is None or (self._draft.corrects and not differs):
            return "", None
        style = palette["attention" if differs else "good"]
        return self._short(words(f"entry.standing.{item.standing}"), item, item.latest, used), style

    def _short(self, standing: str, item: "DraftItem", latest: "LastTold", used: int) -> str:
        # What is the same is before one's eyes already; in a correction the former value has that room.
        if item.standing != "differs" or self._draft.corrects:
            return standing
        whole = f"{standing} {self.latest(item, latest)}"
        # What has no room beside the field stands below the form.
        field = _WIDTHS.get(item.shape, _NARROWEST) + used
        return whole if width_of(whole) + field + _BESIDE <= self._width else standing
