"""Beginning a layout from a file: encoding, separator and header are found, and the rest is left to people."""

import csv
from collections.abc import Sequence
from typing import Final

from store.message.errors import FileNotRecords
from store.message.files.columns import japanese_headers
from store.message.files.header import field_of, folded
from store.message.files.layouts import DELIMITERS, ENCODINGS

BEGINNING_BYTES: Final = 64 * 1024
"""So many bytes of a file are looked at: the header is among its first lines."""
_LINES: Final = 10


def drafted(beginning: bytes, base: str) -> str:
    """Return the text of a layout for files that begin like this one. Raises FileNotRecords for one that is no text."""
    encoding, text = _decoded(beginning, base)
    lines = text.splitlines()[:_LINES]
    delimiter = max(DELIMITERS, key=lambda name: sum(line.count(DELIMITERS[name]) for line in lines))
    try:
        # Line by line, because a title above the header may hold a quotation mark that is never closed.
        rows = [row for line in lines for row in csv.reader([line], delimiter=DELIMITERS[delimiter])] or [[]]
    except csv.Error as error:
        raise FileNotRecords(file=base) from error
    # The header has the most names that are known, or else the most cells.
    at = max(range(len(rows)), key=lambda number: (_known(rows[number]), sum(map(bool, rows[number])), -number))
    head = [f'encoding = "{encoding}"', f'delimiter = "{delimiter}"', "header = true", f"skip = {at}"]
    return "\n".join([*head, '# unknown = ["不明"]', "", "[constants]", *_items(rows[at])]) + "\n"


def _decoded(beginning: bytes, base: str) -> tuple[str, str]:
    # The last line may be cut off, amid a character.
    whole = beginning[: beginning.rfind(b"\n") + 1] or beginning
    # UTF-8 first: CP932 takes many of its bytes for characters of its own.
    for encoding in ENCODINGS:
        try:
            text = whole.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return encoding, text
    raise FileNotRecords(file=base)


def _known(cells: Sequence[str]) -> int:
    return sum(field_of(cell) in japanese_headers() for cell in cells)


def _items(header: Sequence[str]) -> list[str]:
    """Return the lines for the columns: those that are known by their names stand, the others are comments."""
    lines: list[str] = []
    used: set[str] = set()
    for number, name in enumerate(header, 1):
        if not folded(name):
            continue
        field = field_of(name)
        # Of two columns with the same name the first is taken; a person decides about the other.
        known = field in japanese_headers() and field not in used
        used.add(field)
        mark, item = ("", field) if known else ("# ", "FIELD")
        # A text of TOML takes these two escapes.
        quoted = name.strip().replace("\\", "\\\\").replace('"', '\\"')
        lines += ["", f"{mark}[items.{item}]  # {number}", f'{mark}column = "{quoted}"']
    return lines
