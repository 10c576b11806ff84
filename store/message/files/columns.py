"""The columns of CSV files: which field each stands for, and how its cells are read and written.

An empty cell is an absent item; `true` and `false` are yes and no; lists are joined by `;`. The four
columns of `changes` hold one list each, in step with one another; since their elements are free
texts, a `;` or a backslash inside an element is written after a backslash.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from store.message.checks.items import ITEMS
from store.message.codes import Kind
from store.message.groups import Record

_HEADERS: Final = Path(__file__).parents[2] / "data" / "columns.toml"
_GROUPS: Final = frozenset({"person", "basis", "category_lost"})
_YES_NO: Final = frozenset({"card_pending", "had_residence"})
_BOOLEANS: Final[Mapping[str, bool]] = {"true": True, "false": False}
_CHANGES: Final = ("changes.item", "changes.before", "changes.after", "changes.reason")
_ESCAPES: Final = ("\\\\", "\\;")
_TOKEN: Final = re.compile(r"\\[\\;]|;|[^\\;]+|\\")
_TO_ESCAPE: Final = re.compile(r"([\\;])")


def columns_of(kinds: Iterable[Kind]) -> tuple[str, ...]:
    """Return the columns that records of these kinds need, `kind` first, in the order of the items."""
    fields = dict.fromkeys(field for kind in Kind if kind in set(kinds) for field in ITEMS[kind].fields())
    return tuple(column for field in fields for column in (_CHANGES if field == "changes" else (field,)))


@cache
def japanese_headers() -> Mapping[str, tuple[str, ...]]:
    """Return the Japanese names that each column may have; the first one is the usual."""
    table = tomllib.loads(_HEADERS.read_text(encoding="utf-8"))
    return {field: tuple(names) for field, names in table.items()}


@cache
def _fields_by_header() -> Mapping[str, str]:
    return {name: field for field, names in japanese_headers().items() for name in (field, *names)}


def field_of(header: str) -> str:
    """Return the field that a header names, by its dotted or a Japanese name; an unknown one as it is."""
    return _fields_by_header().get(header, header)


def read_cells(fields: Sequence[str], cells: Sequence[str]) -> Record:
    """Build the record of one row, nested as in JSON Lines."""
    record: Record = {}
    changes: dict[str, list[str]] = {}
    for field, cell in zip(fields, cells, strict=True):
        if not cell:
            continue
        group, _, name = field.partition(".")
        if field in _CHANGES:
            changes[name] = _split(cell)
        elif name and group in _GROUPS:
            record.setdefault(group, {})[name] = cell
        else:
            record[field] = _read_cell(field, cell)
    if changes:
        record["changes"] = _join_changes(changes)
    return record


def _read_cell(field: str, cell: str) -> object:
    if field in _YES_NO:
        return _BOOLEANS.get(cell, cell)
    return cell.split(";") if field == "corrected" else cell


def _join_changes(changes: Mapping[str, list[str]]) -> list[Record]:
    """Put the elements that stand in the same place of the four lists together; empty ones are absent."""
    length = max(len(elements) for elements in changes.values())
    return [
        {name: elements[place] for name, elements in changes.items() if place < len(elements) and elements[place]}
        for place in range(length)
    ]


def _split(cell: str) -> list[str]:
    """Split a list at its `;`, but not at those that stand after a backslash."""
    elements = [""]
    for piece in _TOKEN.findall(cell):
        if piece == ";":
            elements.append("")
        else:
            elements[-1] += piece.removeprefix("\\") if piece in _ESCAPES else piece
    return elements


def write_cells(fields: Sequence[str], record: Mapping[str, Any]) -> list[str]:
    """Give the cells of one record, in the order of the columns."""
    return [_write_cell(field, record) for field in fields]


def _write_cell(field: str, record: Mapping[str, Any]) -> str:
    group, _, name = field.partition(".")
    if field in _CHANGES:
        elements = [change.get(name, "") for change in record.get("changes", ())]
        return ";".join(_TO_ESCAPE.sub(r"\\\1", element) for element in elements)
    value = record.get(group, {}).get(name) if name else record.get(field)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ";".join(value) if isinstance(value, list) else str(value)
