"""The columns of CSV files: which field each stands for, and how its cells are read and written.

An empty cell is an absent item; `true` and `false` are yes and no; lists are joined by `;`. A list of groups has one
column for each item of its elements, and the lists in these columns are in step with one another. Since the elements
are free texts, a `;` or a backslash inside an element is written after a backslash.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from store.message.checks.items import FIELDS, ITEMS
from store.message.codes import Kind
from store.message.declarations.items import Item, Shape
from store.message.groups import Record


def _columns(item: Item) -> tuple[Item, ...]:
    """Return the items that have a column: those of the elements in the place of a list of groups."""
    return item.value.elements or (item,)


_COLUMNS: Final[Mapping[str, Item]] = MappingProxyType(
    {column.field: column for item in FIELDS.values() for column in _columns(item)}
)
"""The item that each column holds, by its dotted name."""

# Reading a row asks for each of its cells, so the answers are collected once.
_YES_NO: Final = frozenset(field for field, item in _COLUMNS.items() if item.value.shape is Shape.YES_NO)
_LISTS: Final = frozenset(field for field, item in _COLUMNS.items() if item.value.shape is Shape.CODES)
_ELEMENT_COLUMNS: Final = frozenset(column.field for item in FIELDS.values() for column in item.value.elements)
_GROUPS: Final = frozenset(field.partition(".")[0] for field in FIELDS if "." in field)
_BOOLEANS: Final[Mapping[str, bool]] = MappingProxyType({"true": True, "false": False})
# Only these two are escapes: a backslash before any other character is an ordinary character.
_ESCAPES: Final = ("\\\\", "\\;")
_TOKEN: Final = re.compile(r"\\[\\;]|;|[^\\;]+|\\")
_TO_ESCAPE: Final = re.compile(r"([\\;])")


def columns_of(kinds: Iterable[Kind]) -> tuple[str, ...]:
    """Return the columns that records of these kinds need, `kind` first, in the order of the items."""
    chosen = set(kinds)
    fields = dict.fromkeys(field for kind in Kind if kind in chosen for field in ITEMS[kind].fields())
    return tuple(column.field for field in fields for column in _columns(FIELDS[field]))


def japanese_headers() -> Mapping[str, tuple[str, ...]]:
    """Return the Japanese names that each column may have; the first one is the usual."""
    return {field: item.headers for field, item in _COLUMNS.items()}


def read_cells(fields: Sequence[str], cells: Sequence[str]) -> Record:
    """Build the record of one row, nested as in JSON Lines."""
    record: Record = {}
    lists: dict[str, dict[str, list[str]]] = {}
    for field, cell in zip(fields, cells, strict=True):
        if not cell:
            continue
        group, _, name = field.partition(".")
        if field in _ELEMENT_COLUMNS:
            lists.setdefault(group, {})[name] = _split(cell)
        elif name and group in _GROUPS:
            record.setdefault(group, {})[name] = _read_cell(field, cell)
        else:
            record[field] = _read_cell(field, cell)
    for group, columns in lists.items():
        record[group] = _join_elements(columns)
    return record


def _read_cell(field: str, cell: str) -> object:
    if field in _YES_NO:
        # Any other word stays a text, so that the rules report it.
        return _BOOLEANS.get(cell, cell)
    return cell.split(";") if field in _LISTS else cell


def _join_elements(columns: Mapping[str, list[str]]) -> list[Record]:
    """Put the values at the same place of the lists together into an element; an empty value is an absent item."""
    # In a file that another program wrote, the lists may differ in length.
    length = max(len(elements) for elements in columns.values())
    return [
        {name: elements[place] for name, elements in columns.items() if place < len(elements) and elements[place]}
        for place in range(length)
    ]


def _split(cell: str) -> list[str]:
    """Split a list at each `;` that is not escaped."""
    elements = [""]
    for piece in _TOKEN.findall(cell):
        if piece == ";":
            elements.append("")
        else:
            elements[-1] += piece.removeprefix("\\") if piece in _ESCAPES else piece
    return elements


def write_cells(fields: Sequence[str], record: Mapping[str, Any]) -> list[str]:
    """Return the cells of one record, in the order of the columns."""
    return [_write_cell(field, record) for field in fields]


def _write_cell(field: str, record: Mapping[str, Any]) -> str:
    group, _, name = field.partition(".")
    if field in _ELEMENT_COLUMNS:
        elements = [element.get(name, "") for element in record.get(group, ())]
        return ";".join(_TO_ESCAPE.sub(r"\\\1", element) for element in elements)
    value = record.get(group, {}).get(name) if name else record.get(field)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ";".join(value) if isinstance(value, list) else str(value)
