"""The physical lines of a file as text: UTF-8 only, each of bounded length, counted from 1."""

import codecs
from typing import BinaryIO, Final, Self

from store.errors import FileNotUtf8, FileShiftJis, FileUnreadable

LINE_LIMIT: Final = 65_536
"""The longest line in bytes. A record whose texts all have several hundred characters takes a tenth of it.

Without a limit, a file without line ends would be read into memory whole.
"""

_UTF16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class BadLine(Exception):
    """A line that cannot be read, although the lines after it can. Holds the rule that it breaks."""

    def __init__(self, rule: str, **facts: str) -> None:
        super().__init__(rule)
        self.rule = rule
        self.facts = facts


class Lines:
    """Iterates over the lines of a stream, including their ends, with only one of them in memory.

    After a `BadLine` the iteration continues with the next line. A file in another encoding ends it with FileShiftJis
    or FileNotUtf8. `number` is the number of the last line read, `offset` the number of bytes read so far.
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
        # The byte beyond the limit tells a longer line from one that has just that length.
        data = self._read(LINE_LIMIT + 1)
        if not data:
            raise StopIteration
        self.number += 1
        if len(data) > LINE_LIMIT and not data.endswith(b"\n"):
            # The rest is dropped in pieces, so that the next line begins where the next record does.
            self._skip_rest()
            raise BadLine("line_too_long", limit=str(LINE_LIMIT))
        if self.number == 1:
            data = self._strip_mark(data)
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise self._judge(data) from error
        # ASCII is the same in most encodings, so only other characters prove that the file is in UTF-8.
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
        # cp932 decodes the bytes of this mark too, so that the file would be reported as Shift_JIS.
        if data.startswith(_UTF16_MARKS):
            raise FileNotUtf8(file=self._name, line=self.number)
        return data.removeprefix(codecs.BOM_UTF8)

    def _judge(self, data: bytes) -> Exception:
        """Return the error for bytes that are not UTF-8: only this line is broken, or the file has another encoding.

        Where an earlier line had Japanese text in UTF-8, the file is in UTF-8 and this line is damaged.
        """
        if self._seen_utf8:
            return BadLine("line_not_utf8")
        # cp932 is Shift_JIS with the extensions of the vendors, which is what Windows writes.
        try:
            data.decode("cp932")
        except UnicodeDecodeError:
            return FileNotUtf8(file=self._name, line=self.number)
        return FileShiftJis(file=self._name, line=self.number)
