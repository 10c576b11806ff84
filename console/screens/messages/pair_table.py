"""The items of a message in their order, and those of a pair in one table: what both halves say alike is said once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

from console.screens.messages.naming import Naming
from console.widgets.page import Pieces
from console.widgets.palette import Palette
from console.widgets.text import fit, wrap
from console.words import Words
from store.message.checks.items import ordered_fields
from store.message.codes import Kind
from store.message.groups import value_at

_LABEL: Final = 16
_INDENT: Final = 2
_LAST: Final = frozenset({"municipality", "occurred_at"})
# Items that other sections show, or the title.
_ELSEWHERE: Final = frozenset({"kind", "reference", "changes", "category_lost", "previous_address", "corrected"})


@dataclass(frozen=True, slots=True)
class Half:
    """One message of a pair: its kind, its content, and the names of its items."""

    kind: str
    record: Mapping[str, Any]
    naming: Naming

    def text(self, field: str) -> str | None:
        """Return the value of an item in words; None for an item that it does not state."""
        value = value_at(self.record, field)
        return None if value is None else self.naming.value(field, value)


class PairTable:
    """Builds the lines of the table for a width: an item, what the first half says of it, and what the second says."""

    def __init__(self, first: Half, second: Half, words: Words, palette: Palette, width: int) -> None:
        self._halves = (first, second)
        self._words = words
        self._palette = palette
        self._column = max(8, (width - _INDENT - _LABEL - 2) // 2)

    def lines(self) -> Iterator[Pieces]:
        """Yield the heads and the items: first those of the first half, in its order."""
        first, second = self._halves
        heads = [self._words.name("kinds.short", half.kind) for half in self._halves]
        # Heads first: without them nobody knows which message a value would travel in.
        yield from self._row("", heads[0], heads[1], same=False)
        fields = fields_of(first.record, first.kind)
        fields += [field for field in fields_of(second.record, second.kind) if field not in fields]
        # The moment is one, and ends the table as it ends the items of a single message.
        for field in sorted(fields, key=lambda field: (not field.startswith("person."), field in _LAST)):
            texts = [half.text(field) for half in self._halves]
            label = (first if texts[0] is not None else second).naming.label(field)
            same = texts[0] == texts[1]
            # What only one half states is no difference: the other kind does not have the item, or did not need it.
            absent = self._words("message.value.absent")
            shown = self._words("queue.pair.same") if same else texts[1] or absent
            yield from self._row(label, texts[0] or absent, shown, same=same)

    def _row(self, label: str, left: str, right: str, *, same: bool) -> Iterator[Pieces]:
        # Whatever does not fit goes on below, each in its own column.
        columns = (wrap(label, _LABEL), wrap(left, self._column), wrap(right, self._column))
        for head, first, second in zip_longest(*columns, fillvalue=""):
            yield [
                (" " * _INDENT, None),
                (f"{fit(head, _LABEL)} ", self._palette["faint"]),
                (f"{fit(first, self._column)} ", None),
                (second, self._palette["faint"] if same else None),
            ]


def fields_of(record: Mapping[str, Any], kind: str) -> list[str]:
    """Return the items of a message that its page lists: who and what first, then the others in the order of its kind.

    Items that the kind does not have come last: nobody may decide about content that the page hides.
    """
    fields = ordered_fields(Kind(kind))
    named = [field for field in fields if value_at(record, field) is not None]
    # The municipality is this one, in every message.
    named.sort(key=lambda field: (not field.startswith("person."), field in _LAST))
    unknown = [field for field in _flat(record) if field not in fields]
    return [field for field in (*named, *unknown) if field.partition(".")[0] not in _ELSEWHERE]


def _flat(record: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in record.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"
