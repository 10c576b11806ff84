"""The vocabulary in which a kind declares its items.

The declaration of an item says everything about it: how its value is checked, how people type it, the headers of its
CSV column, its place on the form, and whether the messages of an event share it.
"""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from store.message.declarations import values
from store.message.declarations.findings import Findings
from store.message.declarations.values import CheckValue, is_not_sent
from store.message.tables import Table

# A name that no kind has may be of any length: a finding repeats only its beginning.
_LONGEST_SHOWN: Final = 40


class Shape(StrEnum):
    """The kind of answer that an item takes from the person who types it."""

    TEXT = "text"  # as a card or paper has it: never changed
    WORD = "word"  # a key of letters and digits
    NUMBER = "number"  # of a card or certificate
    DAY = "day"
    PAPER_DATE = "paper_date"  # parts may be unknown
    MOMENT = "moment"
    YES_NO = "yes_no"
    CODE = "code"  # one of a list
    CODES = "codes"  # several of a list


@dataclass(frozen=True, slots=True)
class Value:
    """What the values of an item look like: how they are checked, and how they are typed.

    `codes` is the closed list of the values, and `table` the dated table that names them. When the value is a list of
    groups, `elements` are the items of each group, in the order of their columns.
    """

    check: CheckValue
    shape: Shape = Shape.TEXT
    _: KW_ONLY
    codes: type[StrEnum] | None = None
    table: Callable[[], Table[Any]] | None = None
    elements: "tuple[Item, ...]" = ()

    def codes_on(self, day: date) -> tuple[str, ...]:
        """Return the codes among which a value is chosen on a day; none for a value that is typed."""
        # A municipality code has names in a table, but it is typed: its shape is not that of a code.
        if self.codes is not None:
            return tuple(map(str, self.codes))
        if self.table is None or self.shape is not Shape.CODE:
            return ()
        return tuple(entry.code for entry in self.table().in_force(day))


@dataclass(frozen=True, slots=True)
class Item:
    """An item, by its dotted name.

    `headers` are the Japanese names that its CSV column may have, the usual one first. The form asks for the item
    directly after the item `after` if the kind has that one, and otherwise in the order of the declaration. `shared`
    marks an item that has the same value in all messages of an event; `same_as` names the item of the other message
    that has the same value.
    """

    field: str
    value: Value
    headers: tuple[str, ...] = ()
    _: KW_ONLY
    after: str | None = None
    shared: bool = False
    same_as: str | None = None

    @property
    def name(self) -> str:
        """The name of the item within its group."""
        return self.field.rpartition(".")[2]

    @property
    def check(self) -> CheckValue:
        """The check of its value."""
        return self.value.check


class Items:
    """A group of items: a whole record, which has no name, or a group nested in it.

    The `required` items are always there. An item that depends on others (a number by category, a date by article) is
    `optional`: the conditions of the kind decide whether it must be there or must not. `settled` names required items
    that the conditions ask for instead, because something else may stand in their place.
    """

    __slots__ = ("_checks", "_items", "_required", "name", "prefix")

    def __init__(
        self,
        name: str,
        *,
        required: "Sequence[Item | Items]",
        optional: "Sequence[Item | Items]" = (),
        settled: Container[str] = (),
    ) -> None:
        self.name = name
        self.prefix = f"{name}." if name else ""
        self._items = (*required, *optional)
        # The dotted names are put together only once, because the checks run for every record of a file.
        self._required = tuple((item.name, self.prefix + item.name) for item in required if item.name not in settled)
        self._checks = {item.name: (self.prefix + item.name, item.check) for item in self._items}

    def __contains__(self, name: object) -> bool:
        """Tell whether the group has an item of that name."""
        return name in self._checks

    def __iter__(self) -> Iterator[Item]:
        """Yield the items, with those of a nested group in its place."""
        for item in self._items:
            if isinstance(item, Items):
                yield from item
            else:
                yield item

    def names(self) -> Iterator[str]:
        """Yield the names of the items and nested groups of the group itself."""
        return iter(self._checks)

    def fields(self) -> Iterator[str]:
        """Yield the dotted names of the items, with those of a nested group in its place."""
        return (item.field for item in self)

    def check(self, group: object, field: str, findings: Findings) -> None:
        """Check a nested group as the value of an item."""
        if isinstance(group, dict):
            self.check_all(group, findings)
        else:
            findings.add(field, "group_expected")

    def check_all(
        self, group: Mapping[object, object], findings: Findings, *, elsewhere: Container[object] = frozenset()
    ) -> None:
        """Check every item of the group; report items that it does not have, and items that are missing.

        `elsewhere` holds the names of the items of any kind: an item of another kind gets a finding of its own rule.
        """
        for name, value in group.items():
            known = self._checks.get(name)  # type: ignore[call-overload]  # Any key may come out of a file.
            if known is None:
                findings.add(self.prefix + _printable(name), _rule_against(name, elsewhere))
            else:
                known[1](value, known[0], findings)
        for name, field in self._required:
            if name not in group:
                findings.add(field, "item_missing")


def _rule_against(name: object, elsewhere: Container[object]) -> str:
    """Return the rule against an item that the group does not have: never sent, of another kind, or unknown."""
    if isinstance(name, str) and is_not_sent(name):
        return "item_not_sent"
    return "item_not_for_kind" if name in elsewhere else "item_unknown"


def _printable(name: object) -> str:
    """Make a name from a file fit to be shown: short, and without characters that steer a screen."""
    text = name if isinstance(name, str) else type(name).__name__
    return "".join(character if character.isprintable() else "\ufffd" for character in text[:_LONGEST_SHOWN]) or "?"


def checked_before(_value: object, _field: str, _findings: Findings) -> None:
    """Skip an item that is checked before all others because they depend on it."""


def checked_after(_value: object, _field: str, _findings: Findings) -> None:
    """Skip an item that the conditions of the kind check."""


# The values that several items have. A kind may declare values of its own.
TEXT: Final = Value(values.check_text)
NAME: Final = Value(values.check_name)
REFERENCE: Final = Value(values.check_reference, Shape.WORD)
NUMBER: Final = Value(values.check_number, Shape.NUMBER)
DAY: Final = Value(values.check_day, Shape.DAY)
PAPER_DATE: Final = Value(values.check_paper_date, Shape.PAPER_DATE)
YES_NO: Final = Value(values.check_yes_no, Shape.YES_NO)


def closed(codes: type[StrEnum]) -> Value:
    """Describe a value that is a code from a closed list."""
    return Value(values.one_of(codes), Shape.CODE, codes=codes)


def dated(table: Callable[[], Table[Any]], rule: str) -> Value:
    """Describe a value that is a code from a dated table. A code that is not in force breaks `rule`."""
    return Value(values.in_force(table, rule), Shape.CODE, table=table)
