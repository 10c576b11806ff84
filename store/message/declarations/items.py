"""The words in which a kind declares its items: what each is called, what its value looks like, where it is asked for.

A declared item says all that is known about it: how its value is checked, how people type it, the headers of its CSV
column, its place on the form, and whether the messages of one event share it.
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

_LONGEST_SHOWN: Final = 40


class Shape(StrEnum):
    """Which kind of answer an item takes from somebody who types it."""

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
    """What the values of an item look like: how one is checked, and how it is typed.

    `codes` is the closed list that a value is out of, `table` the dated table that names it. `elements` are the items
    of each element when the value is a list of groups, in the order of their columns.
    """

    check: CheckValue
    shape: Shape = Shape.TEXT
    _: KW_ONLY
    codes: type[StrEnum] | None = None
    table: Callable[[], Table[Any]] | None = None
    elements: "tuple[Item, ...]" = ()

    def codes_on(self, day: date) -> tuple[str, ...]:
        """Return the codes among which a value is chosen on a day; none for a value that is typed."""
        if self.codes is not None:
            return tuple(map(str, self.codes))
        if self.table is None or self.shape is not Shape.CODE:
            return ()
        return tuple(entry.code for entry in self.table().in_force(day))


@dataclass(frozen=True, slots=True)
class Item:
    """One item, by its dotted name.

    `headers` are the Japanese names that its CSV column may have, the usual one first. `after` is the item behind which
    the form asks for it, where the kind has that one; the other items are asked for in the order of their declaration.
    `shared` marks what the messages of one event have in common; `same_as` is the name of the item that holds the same
    value in the other message.
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
    """A group of items: a record as a whole, which has no name, or one nested in it.

    `required` items are always there. An item that depends on others (a number by category, a date by article) is
    among the `optional` ones: the conditions of the kind decide whether it must or must not be there.
    """

    __slots__ = ("_checks", "_items", "_required", "name", "prefix")

    def __init__(
        self, name: str, *, required: "Sequence[Item | Items]", optional: "Sequence[Item | Items]" = ()
    ) -> None:
        self.name = name
        self.prefix = f"{name}." if name else ""
        self._items = (*required, *optional)
        # The full names are put together once: `check` runs for every record of a file.
        self._required = tuple((item.name, self.prefix + item.name) for item in required)
        self._checks = {item.name: (self.prefix + item.name, item.check) for item in self._items}

    def __contains__(self, name: object) -> bool:
        """Tell whether the group has an item of that name."""
        return name in self._checks

    def __iter__(self) -> Iterator[Item]:
        """Yield the items, those of nested groups in the place of the group."""
        for item in self._items:
            if isinstance(item, Items):
                yield from item
            else:
                yield item

    def names(self) -> Iterator[str]:
        """Yield the names of the items and nested groups of the group itself."""
        return iter(self._checks)

    def fields(self) -> Iterator[str]:
        """Yield the dotted names of the items, those of nested groups in the place of the group."""
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
        """Check every item of the group, those that it does not have, and those that are missing.

        `elsewhere` holds the names that other kinds have: such an item is worth another word than an unknown one.
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
    """Name the rule against an item that the group does not have: never sent, of other kinds only, or unknown."""
    if isinstance(name, str) and is_not_sent(name):
        return "item_not_sent"
    return "item_not_for_kind" if name in elsewhere else "item_unknown"


def _printable(name: object) -> str:
    """Make a name that came out of a file fit to be shown: short, and without characters that steer a screen."""
    text = name if isinstance(name, str) else type(name).__name__
    return "".join(character if character.isprintable() else "\ufffd" for character in text[:_LONGEST_SHOWN]) or "?"


def checked_before(_value: object, _field: str, _findings: Findings) -> None:
    """Pass over an item that is checked before all others because they depend on it."""


def checked_after(_value: object, _field: str, _findings: Findings) -> None:
    """Pass over an item that the conditions of the kind check."""


TEXT: Final = Value(values.check_text)
KEY: Final = Value(values.check_key, Shape.WORD)
NUMBER: Final = Value(values.check_number, Shape.NUMBER)
DAY: Final = Value(values.check_day, Shape.DAY)
PAPER_DATE: Final = Value(values.check_paper_date, Shape.PAPER_DATE)
YES_NO: Final = Value(values.check_yes_no, Shape.YES_NO)


def closed(codes: type[StrEnum]) -> Value:
    """Make the value that is one of a closed list."""
    return Value(values.one_of(codes), Shape.CODE, codes=codes)


def dated(table: Callable[[], Table[Any]], rule: str, *, listed: bool = True) -> Value:
    """Make the value that is a code of a dated table, and `rule` the one that a code breaks which is not in force.

    `listed` is false for a table that is too long for the finding to list its codes.
    """
    return Value(values.in_force(table, rule, listed=listed), Shape.CODE, table=table)
