"""What a file looks like that holds no records, so that the person is told which file that was."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from store.errors import FileFault
from store.message.errors import (
    FileArchive,
    FileJsonArray,
    FileLogLines,
    FileMarkup,
    FileNotRecords,
    FileSpreadsheet,
    FileUtf16,
)

# What a file begins with that no text does. An .xlsx is a ZIP archive, and an .xls a compound document.
_BEGINNINGS: Final[Mapping[bytes, type[FileFault]]] = MappingProxyType(
    {
        b"\xff\xfe": FileUtf16,
        b"\xfe\xff": FileUtf16,
        b"PK\x03\x04": FileSpreadsheet,
        b"\xd0\xcf\x11\xe0": FileSpreadsheet,
        b"\x1f\x8b": FileArchive,
        b"7z\xbc\xaf\x27\x1c": FileArchive,
        b"Rar!\x1a": FileArchive,
        b"%PDF-": FileNotRecords,
    }
)
# UTF-16 without its mark: each ASCII character has a zero byte beside it, and no text in UTF-8 holds any.
_BARE_UTF16: Final = re.compile(rb"[^\0]\0[^\0]\0|\0[^\0]\0[^\0]")
# A file of JSON Lines has nothing before its first record. An array with a record on each line would lose all of them
# but the last to the commas.
_ARRAY: Final = re.compile(rb"\s*\[\s*(\{|$)")
# A line of a log begins with a time, with a level, or with syslog's priority.
_LOG_LINE: Final = re.compile(
    rb"\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d|\[?(?:DEBUG|INFO|WARN|WARNING|ERROR)\b|[A-Z][a-z]{2} [ \d]\d \d\d:|<\d+>"
)


def fault_at_once(beginning: bytes, file: str) -> FileFault | None:
    """Return the fault of a file whose first line begins as no file of records does; None for any other."""
    for mark, fault in _BEGINNINGS.items():
        if beginning.startswith(mark):
            return fault(file=file)
    if _BARE_UTF16.search(beginning):
        return FileUtf16(file=file)
    return FileJsonArray(file=file) if _ARRAY.match(beginning) else None


def fault_without_records(beginning: bytes, file: str) -> FileFault | None:
    """Return the fault of a file in which no record was found, if it looks like something; else None."""
    if _LOG_LINE.match(beginning):
        return FileLogLines(file=file)
    if beginning.startswith(b"["):
        return FileJsonArray(file=file)
    return FileMarkup(file=file) if beginning.startswith(b"<") else None
