"""Reading the entries of a dated table out of its file; what is wrong is told with its line, its code and its item."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from types import MappingProxyType, NoneType
from typing import Any, Final, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from store.message.errors import (
    TableItemMissing,
    TableItemUnknown,
    TableItemWrong,
    TablePeriodBroken,
    TableUnreadable,
)

# What an item may be, as the file writes it, by the type that the class of the entries gives it.
_WANTED: Final[Mapping[Any, str]] = MappingProxyType(
    {str: '"…"', bool: "true, false", int: "0–9999", date: "YYYY-MM-DD", tuple: '["…", …]', Mapping: "[[…]]"}
)
# The names of the period in a file, and in the class of the entries.
_SINCE, _UNTIL = "from", "to"
_RENAMED: Final[Mapping[str, str]] = MappingProxyType({"since": _SINCE, "until": _UNTIL})
_DAY: Final = timedelta(days=1)
_MOST_NUMBER: Final = 9999
_UNKNOWN_LINE: Final = "?"

E = TypeVar("E")


class _EntryPlace(NamedTuple):
    """An entry in a file: the table, its text, the code, and which of the entries of the code it is, from 0."""

    table: str
    text: str
    code: str
    number: int

    def facts(self, item: str) -> dict[str, str]:
        """Return the facts of an error about an item of the entry."""
        return {
            "table": self.table,
            "line": line_of(self.text, self.code, self.number),
            "entry": self.code,
            "item": item,
        }


class _ItemKind(NamedTuple):
    kind: Any
    required: bool


def parse(table: str, text: str) -> dict[str, Any]:
    """Return a file of TOML as a dictionary. Raises TableUnreadable."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # In Python 3.11 the error holds the line only in its text.
        line = re.search(r"line (\d+)", str(error))
        # Otherwise it says that the document ends too early.
        raise TableUnreadable(table=table, line=line[1] if line else str(text.count("\n") + 1)) from None
    except RecursionError:
        # Thousands of brackets inside each other.
        raise TableUnreadable(table=table, line=_UNKNOWN_LINE) from None


def read_entries(table: str, text: str, entry_class: type[E]) -> dict[str, tuple[E, ...]]:
    """Return the entries of each code of a file, in the order of their days.

    `entry_class` is a dataclass with `code`, `since`, `until` and the items of the table. Raises a TableFault with the
    facts `table`, `line`, `entry` and `item`.
    """
    # Tables are small, and read once: what matters is that each fault is found at its place, not how fast.
    document = parse(table, text)
    return {code: tuple(_line_up(table, text, code, entries, entry_class)) for code, entries in document.items()}


def line_of(text: str, code: str, number: int = 0) -> str:
    """Return the line at which an entry of a code begins, as a text; a question mark where that cannot be told."""
    key = rf'^[ \t]*(\[\[)?[ \t]*"?{re.escape(code)}"?[ \t]*(?:\]\]|=)'
    first = re.search(key, text, re.MULTILINE)
    if first is None:
        return _UNKNOWN_LINE
    # Entries either have a heading each, or stand in one list, where each has a day from which it holds.
    mark = key if first[1] else rf"\b{_SINCE}[ \t]*="
    starts = [found.start() for found in re.compile(mark, re.MULTILINE).finditer(text, first.start())]
    start = starts[number] if number < len(starts) and (first[1] or number) else first.start()
    return str(text.count("\n", 0, start) + 1)


def _line_up(table: str, text: str, code: str, entries: Any, entry_class: type[E]) -> Iterator[E]:
    """Yield the entries of a code; each of them begins on the day after the previous one ended."""
    first = _EntryPlace(table, text, code, 0)
    # A code without entries would never mean anything.
    if not isinstance(entries, list) or not entries:
        raise TableItemWrong(**first.facts("-"), wanted=_WANTED[Mapping])
    places = [_EntryPlace(table, text, code, number) for number in range(len(entries))]
    yield from [_make(place, entry, entry_class) for place, entry in zip(places, entries, strict=True)]
    # Only now: what is compared here has been found to be days.
    for place, entry in zip(places, entries, strict=True):
        if entry.get(_UNTIL, entry[_SINCE]) < entry[_SINCE]:
            raise TablePeriodBroken(**place.facts(_UNTIL))
    for place, (earlier, later) in zip(places[1:], pairwise(entries), strict=True):
        if _UNTIL not in earlier or earlier[_UNTIL] + _DAY != later[_SINCE]:
            raise TablePeriodBroken(**place.facts(_SINCE))


def _make(place: _EntryPlace, entry: Any, entry_class: type[E]) -> E:
    if not isinstance(entry, dict):
        raise TableItemWrong(**place.facts("-"), wanted="{…}")
    made: Any = entry_class
    kinds = _kinds(made)
    for name, value in entry.items():
        if name not in kinds:
            raise TableItemUnknown(**place.facts(name))
        if not _fits(value, kinds[name].kind):
            raise TableItemWrong(**place.facts(name), wanted=_WANTED[kinds[name].kind])
    # Last, so that a misspelt name is told as unknown and not as missing.
    for name, kind in kinds.items():
        if kind.required and name not in entry:
            raise TableItemMissing(**place.facts(name))
    items = {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}
    entry_made: E = made(code=place.code, since=items.pop(_SINCE), until=items.pop(_UNTIL, None), **items)
    return entry_made


@cache
def _kinds(entry_class: Any) -> Mapping[str, _ItemKind]:
    """Return the items of a table by their names in its file: what they are, and whether an entry must have them."""
    hints = get_type_hints(entry_class)
    return {
        _RENAMED.get(field.name, field.name): _ItemKind(
            _kind_of(hints[field.name]), field.default is MISSING and field.name != "until"
        )
        for field in fields(entry_class)
        if field.name != "code"
    }


def _kind_of(hint: Any) -> Any:
    """Return what `_WANTED` has for the type of an item."""
    if get_origin(hint) is tuple:
        # Lists are of texts, or of groups whose items the check of what they point at knows.
        element = get_args(hint)[0]
        return tuple if element is str else Mapping
    # An item that may be absent.
    options = [option for option in get_args(hint) if option is not NoneType]
    return options[0] if options else hint


def _fits(value: Any, kind: Any) -> bool:
    if kind is str:
        return isinstance(value, str) and bool(value.strip())
    if kind is date:
        # A quoted date is a text, and TOML has moments besides.
        return isinstance(value, date) and not isinstance(value, datetime)
    if kind is int:
        return type(value) is int and 0 <= value <= _MOST_NUMBER
    if kind in (tuple, Mapping):
        element = str if kind is tuple else dict
        return isinstance(value, list) and all(isinstance(each, element) for each in value)
    return isinstance(value, bool)
