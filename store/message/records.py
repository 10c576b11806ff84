"""Reading files of records: JSON Lines (`.jsonl`) and CSV (`.csv`, RFC 4180), in UTF-8, line by line."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from store.message.kinds import Record
from store.message.rules import Finding


@dataclass(frozen=True, slots=True)
class Read:
    """One record of a file: either `record`, or the findings that say why the line holds none.

    `line` counts from 1 and is the first physical line of the record; `offset` is how many bytes of
    the file were read after it, for progress.
    """

    line: int
    record: Record | None
    findings: tuple[Finding, ...]
    offset: int


def read_records(source: Path | BinaryIO, name: str) -> Iterator[Read]:
    """Read a file record by record, never holding more than one line.

    `name` tells the format by its suffix. Raises FileSuffixUnknown, FileUnreadable, FileShiftJis,
    FileNotUtf8, FileHeaderMissing, FileHeaderRepeated (all FileFault), some of them only while iterating.
    """
    raise NotImplementedError
