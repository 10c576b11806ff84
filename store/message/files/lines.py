"""The physical lines of a file as text: UTF-8 only, each of bounded length, counted from 1."""

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO, Final, Self

from store.errors import FileNotUtf8, FileShiftJis, FileUnreadable
from store.message.errors import FileEncodingDiffers
from store.message.files.looks import fault_at_once

LINE_LIMIT: Final = 65_536
"""The longest line in bytes. A record whose texts all have several hundred characters takes a tenth of it.

Without a limit, a file without line ends would be read into memory whole.
"""

_BEGINNING_BYTES: Final = 64
_UTF8: Final = "utf-8"
_MOST_TOLD: Final = 10
# Characters of three bytes, as Japanese text has them. Half-width kana of CP932 may look like characters of two.
_JAPANESE_UTF8: Final = re.compile(rb"[\xe2-\xef][\x80-\xbf]{2}")


class BadLine(Exception):
    """A line that cannot be read, although the lines after it can. Holds the rule that it breaks."""

    def __init__(self, rule: str, **facts: str) -> None:
        super().__init__(rule)
        self.rule = rule
        self.facts = facts


class Lines:
    """Iterates over the lines of a stream, including their ends, with only one of them in memory.

    After a `BadLine` the iteration continues with the next line. A file in another encoding or of a binary format ends
    it, with FileShiftJis, FileNotUtf8 or what `looks` names. `number` is the number of the last line read, `offset` the
    number of bytes read so far, and `first` the first line that is not blank. `cut` tells whether the last line read
    has no end, and perhaps lacks more.
    """

    def __init__(self, stream: BinaryIO, name: str, encoding: str = "utf-8") -> None:
        self._stream = stream
        self._name = name
        self._encoding = encoding
        self._seen_utf8 = self._seen_other = False
        self.number = 0
        self.offset = 0
        self.first = b""
        self.cut = False

    def __iter__(self) -> Self:
        """Return the iterator itself."""
        return self

    def __next__(self) -> str:
        """Return the next line. Raises BadLine, FileUnreadable, and what ends the iteration."""
        # The byte beyond the limit tells a longer line from one that has just that length.
        data = self._read(LINE_LIMIT + 1)
        if not data:
            raise StopIteration
        self.number += 1
        if self.number == 1:
            data = self._begin(data)
        # Blank lines say nothing of a file.
        self.first = self.first or data.lstrip()
        if len(data) > LINE_LIMIT and not data.endswith(b"\n"):
            # The rest is dropped in pieces, so that the next line begins where the next record does.
            self._skip_rest()
            raise BadLine("line_too_long", limit=str(LINE_LIMIT))
        try:
            text = data.decode(self._encoding)
        except UnicodeDecodeError as error:
            raise self._judge(data, error) from error
        if self._encoding != _UTF8 and not self._seen_other and not data.isascii():
            self._seen_other = True
            if _is_utf8(data):
                raise FileEncodingDiffers(file=self._name, encoding=_UTF8)
        # ASCII is the same in most encodings, so only other characters prove that the file is in UTF-8.
        self._seen_utf8 = self._seen_utf8 or not data.isascii()
        return text

    def _read(self, limit: int) -> bytes:
        try:
            data = self._stream.readline(limit)
        except OSError as error:
            raise FileUnreadable(file=self._name) from error
        self.offset += len(data)
        # A quotation mark is the end of a cell that is whole. The end of the file says nothing of the line before it.
        if data:
            self.cut = not data.endswith((b"\n", b'"'))
        return data

    def _skip_rest(self) -> None:
        while (data := self._read(LINE_LIMIT)) and not data.endswith(b"\n"):
            pass

    def _begin(self, data: bytes) -> bytes:
        """Return the first line without the mark of UTF-8, of which programs one after another may write several."""
        while data.startswith(codecs.BOM_UTF8):
            data = data.removeprefix(codecs.BOM_UTF8)
        # Before any decoding: cp932 takes the bytes of many formats, and the file would be reported as Shift_JIS.
        fault = fault_at_once(data[:_BEGINNING_BYTES], self._name)
        if fault is not None:
            raise fault
        return data

    def _judge(self, data: bytes, error: UnicodeDecodeError) -> Exception:
        """Return the error for bytes that are not text: only this line is broken, or the file has another encoding.

        Where an earlier line had Japanese text in UTF-8, the file is in UTF-8 and this line is damaged.
        """
        if self._encoding != _UTF8:
            if not self._seen_other and _is_utf8(data):
                return FileEncodingDiffers(file=self._name, encoding=_UTF8)
            # A layout says so, and some characters have no place in it: each of them is told.
            return BadLine("line_not_decodable", encoding=self._encoding, bytes=", ".join(_undecodable(data, error)))
        if self._seen_utf8:
            return BadLine("line_not_utf8")
        # cp932 is Shift_JIS with the extensions of the vendors, which is what Windows writes.
        try:
            data.decode("cp932")
        except UnicodeDecodeError:
            return FileNotUtf8(file=self._name, line=self.number)
        return FileShiftJis(file=self._name, line=self.number)


def _is_utf8(data: bytes) -> bool:
    """Tell whether bytes that another encoding takes as well are UTF-8: two encodings of Japanese seldom both fit."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return _JAPANESE_UTF8.search(data) is not None


def _undecodable(data: bytes, error: UnicodeDecodeError) -> Iterator[str]:
    """Yield the place (from 1) and the two bytes of each character that has none in the encoding of `error`."""
    at = 0
    for _ in range(_MOST_TOLD):
        place = at + error.start
        yield f"{place + 1}: {data[place : place + 2].hex()}"
        # A character that begins with such a byte has two: reading goes on after both.
        at = place + 2
        try:
            data[at:].decode(error.encoding)
        except UnicodeDecodeError as following:
            error = following
        else:
            return
