"""The physical lines of a file as text: UTF-8 only, each of bounded length, counted from 1."""

import codecs
from typing import BinaryIO, Final, Self

from store.errors import FileNotUtf8, FileShiftJis, FileUnreadable

LINE_LIMIT: Final = 65_536
"""The longest line in bytes. A record with every text at several hundred characters has a tenth of it."""

_UTF16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class BadLine(Exception):
    """A line that cannot be read; what follows it can. Holds the rule that it breaks."""

    def __init__(self, rule: str, **facts: str) -> None:
        super().__init__(rule)
        self.rule = rule
        self.facts = facts


class Lines:
    """Iterates over the lines of a stream, with their ends, never holding more than one.

    After a `BadLine` the iteration goes on with the next line. A file in another encoding ends it:
    FileShiftJis or FileNotUtf8. `number` is the line read last, `offset` how many bytes were read.
    """

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self._seen_utf8 = False
        self.number = 0
        self.offset = 0

    def __iter__(self) -> Self:
        """Return the iterator itself."""
        return self

    def __next__(self) -> str:
        """Return the next line. Raises BadLine, FileShiftJis, FileNotUtf8, FileUnreadable."""
        data = self._read(LINE_LIMIT + 1)
        if not data:
            raise StopIteration
        self.number += 1
        if len(data) > LINE_LIMIT and not data.endswith(b"\n"):
            self._skip_rest()
            raise BadLine("line_too_long", limit=str(LINE_LIMIT))
        if self.number == 1:
            data = self._strip_mark(data)
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise self._judge(data) from error
        self._seen_utf8 = self._seen_utf8 or not data.isascii()
        return text

    def _read(self, limit: int) -> bytes:
        try:
            data = self._stream.readline(limit)
        except OSError as error:
            raise FileUnreadable(file=self._name) from error
        self.offset += len(data)
        return data

    def _skip_rest(self) -> None:
        while (data := self._read(LINE_LIMIT)) and not data.endswith(b"\n"):
            pass

    def _strip_mark(self, data: bytes) -> bytes:
        if data.startswith(_UTF16_MARKS):
            raise FileNotUtf8(file=self._name, line=self.number)
        return data.removeprefix(codecs.BOM_UTF8)

    def _judge(self, data: bytes) -> Exception:
        """Say whether only this line is broken, or the whole file is in another encoding.

        A file that had Japanese text in UTF-8 before is in UTF-8, and one of its lines is damaged.
        """
        if self._seen_utf8:
            return BadLine("line_not_utf8")
        try:
            data.decode("cp932")
        except UnicodeDecodeError:
            return FileNotUtf8(file=self._name, line=self.number)
        return FileShiftJis(file=self._name, line=self.number)
