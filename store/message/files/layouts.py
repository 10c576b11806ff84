"""Layouts (取込様式): how the files of another system become records, where that system exports what it exports.

A layout is a TOML file: encoding, separator and header of the files, `constants`, and under `items` for each item its
column and what is done to its cells. Names pass untouched, so nothing can be said of them but their column.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from store.message.checks.rules import Finding, find
from store.message.errors import FileColumnMissing, LayoutInvalid
from store.message.files.columns import japanese_headers, read_cells
from store.message.files.header import folded
from store.message.files.lines import BadLine
from store.message.files.translation import DateForm, Translation, Untranslated
from store.message.groups import Record

ENCODINGS: Final = ("utf-8", "cp932")
DELIMITERS: Final[Mapping[str, str]] = MappingProxyType({",": ",", ";": ";", "|": "|", "tab": "\t"})
MOMENTS: Final = frozenset({"occurred_at"})
"""The items that are moments and not days."""
# A name is the one thing that no table knows better than the file: whatever stands there is what the peer gets.
_UNTOUCHED: Final = frozenset({"name", "name_kanji", "before", "after"})
_KEYS: Final = ("encoding", "delimiter", "header", "skip", "unknown", "constants", "items")
_ITEM_KEYS: Final = ("column", "codes", "dates", "digits", "unknown", "time")
_MOST_SKIPPED: Final = 100
_MOST_DIGITS: Final = 32
# The private-use area, in which CP932 has the characters that a municipality made for itself (外字).
_PRIVATE: Final = range(0xE000, 0xF900)


@dataclass(frozen=True, slots=True)
class Source:
    """Where the value of an item comes from: a column by its name or its number (from 1), and what is done to it."""

    field: str
    column: str | int
    translation: Translation | None


@dataclass(frozen=True, slots=True)
class RecordLayout:
    """How the files of one system are read. `skip` lines stand above the header, or above the rows if there is none."""

    name: str
    encoding: str
    delimiter: str
    header: bool
    skip: int
    constants: Mapping[str, str]
    sources: tuple[Source, ...]


class BadCells(Exception):
    """A row with cells that its layout does not provide for. Holds what was found."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__()
        self.findings = tuple(findings)


class TracedItem(NamedTuple):
    """An item of a row: its column, or None for a constant; the cell as it stood there; and what it became."""

    field: str
    column: str | None
    cell: str
    value: str


@dataclass(frozen=True, slots=True)
class LayoutColumns:
    """The columns of one file, as a layout finds them."""

    layout: RecordLayout
    places: tuple[int, ...]

    @classmethod
    def of(cls, layout: RecordLayout, header: Sequence[str], base: str) -> "LayoutColumns":
        """Find the columns by the cells of the header. Raises FileColumnMissing."""
        # As in a file without a layout, blanks and half-width forms make no other name.
        named = {folded(name): place for place, name in enumerate(header)}
        places: list[int] = []
        for source in layout.sources:
            place = source.column - 1 if isinstance(source.column, int) else named.get(folded(source.column))
            if place is None:
                # Before any row: half of the items would be missing in each of them.
                raise FileColumnMissing(file=base, layout=layout.name, column=str(source.column))
            places.append(place)
        return cls(layout, tuple(places))

    def record(self, cells: Sequence[str]) -> Record:
        """Return the record of a row. Raises BadLine, BadCells."""
        traced = self.trace(cells)
        return read_cells([item.field for item in traced], [item.value for item in traced])

    def trace(self, cells: Sequence[str]) -> list[TracedItem]:
        """Return each item of a row with its origin. Raises BadLine, BadCells."""
        if max(self.places, default=-1) >= len(cells):
            raise BadLine("csv_row_width", expected=str(max(self.places) + 1), found=str(len(cells)))
        traced = [TracedItem(field, None, "", value) for field, value in self.layout.constants.items()]
        # All cells are looked at, so that a row is corrected once and not once for each of them.
        findings: list[Finding] = []
        for source, place in zip(self.layout.sources, self.places, strict=True):
            cell = cells[place]
            try:
                _refuse_private(cell, self.layout.encoding)
                value = cell if source.translation is None else source.translation.apply(cell)
            except Untranslated as bad:
                findings.append(find(source.field, bad.rule, **bad.facts))
                continue
            traced.append(TracedItem(source.field, str(source.column), cell, value))
        if findings:
            raise BadCells(findings)
        return traced


def _refuse_private(cell: str, encoding: str) -> None:
    if encoding == "utf-8" or cell.isascii():
        return
    # Another machine has other characters there, or none. In UTF-8 the system that exports has chosen them itself.
    private = sorted({f"U+{ord(character):04X}" for character in cell if ord(character) in _PRIVATE})
    if private:
        raise Untranslated("layout_character_private", characters=", ".join(private))


# ── Reading a layout ──────────────────────────────────────────────────────────────────────────────


def layout_from(name: str, data: Mapping[str, Any]) -> RecordLayout:
    """Return the layout that a parsed file describes. Raises LayoutInvalid at the first item that cannot be used."""
    _refuse_unknown(data, _KEYS, "")
    header = _choice(data, "header", True, (True, False))  # noqa: FBT003  # The default of a setting.
    unknown = _texts(data.get("unknown", []), "unknown")
    constants = {field: _constant(value, f"constants.{field}") for field, value in _flat(data, "constants").items()}
    # An item belongs to one column or is the same in each row: both would leave open which of them counts.
    items = dict(_items(_group(data.get("items", {}), "items"), ""))
    if not items:
        raise LayoutInvalid(item="items", wanted="[items.FIELD]")
    for field in (*constants, *items):
        if field not in japanese_headers():
            raise LayoutInvalid(item=f"{'items' if field in items else 'constants'}.{field}", wanted=_like(field))
        if field in constants and field in items:
            raise LayoutInvalid(item=f"constants.{field}", wanted=f"constants | items.{field}")
    return RecordLayout(
        name,
        _choice(data, "encoding", ENCODINGS[0], ENCODINGS),
        DELIMITERS[_choice(data, "delimiter", ",", tuple(DELIMITERS))],
        header,
        _whole(data.get("skip", 0), "skip", 0, _MOST_SKIPPED),
        MappingProxyType(constants),
        tuple(_source(field, item, unknown, header=header) for field, item in items.items()),
    )


def _source(field: str, item: Mapping[str, Any], unknown: frozenset[str], *, header: bool) -> Source:
    place = f"items.{field}"
    _refuse_unknown(item, _ITEM_KEYS, f"{place}.")
    column = item["column"]
    if type(column) is int:
        _whole(column, f"{place}.column", 1, 1000)
    elif not isinstance(column, str) or not folded(column) or not header:
        raise LayoutInvalid(item=f"{place}.column", wanted="1–1000" if not header else "TEXT | 1–1000")
    if field.rpartition(".")[2] in _UNTOUCHED:
        # Refused and not ignored: whoever wrote it expects the name to change.
        touched = [key for key in _ITEM_KEYS if key in item and key != "column"]
        if touched:
            raise LayoutInvalid(item=f"{place}.{touched[0]}", wanted="column")
        return Source(field, column, None)
    # What comes out of one would have to fit into the other, and nobody could say in which order.
    chosen = [key for key in ("codes", "dates", "digits") if key in item]
    if len(chosen) > 1:
        raise LayoutInvalid(item=f"{place}.{chosen[1]}", wanted="codes | dates | digits")
    if field in MOMENTS and "dates" not in item and "time" in item:
        raise LayoutInvalid(item=f"{place}.time", wanted="dates")
    translation = Translation(
        unknown=unknown | _texts(item.get("unknown", []), f"{place}.unknown"),
        codes=_codes(item["codes"], f"{place}.codes") if "codes" in item else None,
        dates=DateForm(_choice(item, "dates", "", tuple(DateForm), place)) if "dates" in item else None,
        digits=_whole(item["digits"], f"{place}.digits", 1, _MOST_DIGITS) if "digits" in item else None,
        moment=field in MOMENTS,
        time=_time(item["time"], f"{place}.time") if "time" in item else None,
    )
    return Source(field, column, translation)


def _items(node: Mapping[str, Any], prefix: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the items of a table of TOML, in which groups have tables of their own."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    for name, value in node.items():
        field = f"{prefix}{name}"
        inner = _group(value, f"items.{field}")
        if "column" in inner:
            found.append((field, inner))
        elif inner and all(isinstance(each, dict) for each in inner.values()):
            found += _items(inner, f"{field}.")
        else:
            raise LayoutInvalid(item=f"items.{field}", wanted="column")
    return found


def _flat(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in _group(data.get(name, {}), name).items():
        if isinstance(value, dict):
            flat |= {f"{key}.{inner}": each for inner, each in value.items()}
        else:
            flat[key] = value
    return flat


def _refuse_unknown(data: Mapping[str, Any], known: Sequence[str], prefix: str) -> None:
    # A misspelt key would silently do nothing.
    for key in data:
        if key not in known:
            raise LayoutInvalid(item=f"{prefix}{key}", wanted=", ".join(known))


def _group(value: Any, item: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise LayoutInvalid(item=item, wanted=f"[{item}]")
    return value


def _choice(data: Mapping[str, Any], key: str, default: Any, allowed: Sequence[Any], prefix: str = "") -> Any:
    value = data.get(key, default)
    if value not in allowed or (type(value) is not type(allowed[0]) and not isinstance(value, str)):
        wanted = ", ".join(str(each).lower() if isinstance(each, bool) else str(each) for each in allowed)
        raise LayoutInvalid(item=f"{prefix}.{key}" if prefix else key, wanted=wanted)
    return value


def _whole(value: Any, item: str, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise LayoutInvalid(item=item, wanted=f"{least}–{most}")
    return value


def _texts(value: Any, item: str) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise LayoutInvalid(item=item, wanted='["…"]')
    return frozenset(value)


def _constant(value: Any, item: str) -> str:
    if not isinstance(value, str | bool):
        raise LayoutInvalid(item=item, wanted='"…", true, false')
    return str(value).lower() if isinstance(value, bool) else value


def _codes(value: Any, item: str) -> Mapping[str, str]:
    codes = _group(value, item)
    if not codes or not all(isinstance(each, str) for each in codes.values()):
        raise LayoutInvalid(item=item, wanted='{"…" = "…"}')
    return MappingProxyType(dict(codes))


def _time(value: Any, item: str) -> str:
    if not isinstance(value, str) or len(value) != 5 or value[2] != ":" or not value.replace(":", "").isdigit():  # noqa: PLR2004  # HH:MM.
        raise LayoutInvalid(item=item, wanted='"HH:MM"')
    return value


def _like(field: str) -> str:
    """Return the items whose names are like a wrong one, or else all."""
    return ", ".join(get_close_matches(field, japanese_headers()) or japanese_headers())
