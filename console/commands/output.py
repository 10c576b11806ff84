"""What a command prints: one JSON object, or lines for people with columns that align in Japanese too."""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, TextIO

from rich.cells import cell_len

from console.errors import ConsoleError
from console.words import Words
from console.words.visible import escaped, visible

if TYPE_CHECKING:
    from collections.abc import Iterator


class OutputFailed(ConsoleError):
    """The result could not be written, though the work is done: the person makes room and looks at the state."""


class Output:
    """Standard output and error of one call. A reader that has gone away (`| head`) is no error."""

    def __init__(self, words: Words, *, as_json: bool) -> None:
        self.words = words
        self.as_json = as_json

    def result(self, data: Mapping[str, object], lines: Iterable[str]) -> None:
        """Print `data` as the one JSON object, or else `lines`."""
        if self.as_json:
            _write(sys.stdout, [json_line(data)])
        else:
            _write(sys.stdout, lines)

    def failure(self, code: str, cause: str, remedy: str, **more: str) -> None:
        """Say why the command failed: as the JSON object on stdout, or as one line on stderr."""
        if self.as_json:
            _write(sys.stdout, [json_line({"error": {"code": code, "cause": cause, "remedy": remedy, **more}})])
        else:
            told = self.words("commands.failure", cause=cause, remedy=remedy)
            incident = more.get("incident")
            if incident is not None and incident not in remedy:
                told = f"{told} {self.words('commands.incident', incident=incident)}"
            _write(sys.stderr, [visible(told)])

    def note(self, line: str) -> None:
        """Say something beside the result, on stderr."""
        _write(sys.stderr, [visible(line)])


def json_line(data: Mapping[str, object]) -> str:
    """Return `data` as one line of JSON; characters that could steer a terminal are escaped, letters are not."""
    return escaped(json.dumps(data, ensure_ascii=False))


def plain(value: Any) -> Any:
    """Return `value` with what JSON does not know turned into text: times in UTC, days in ISO 8601."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    return value


def columns(rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()) -> list[str]:
    """Align `rows` of cells (the first may be the heading) two cells apart; columns in `right` align right."""
    shown = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*shown, strict=True)]
    return [
        "  ".join(
            _padded(cell, width, right=at in right) for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in shown
    ]


def _padded(text: str, width: int, *, right: bool) -> str:
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


def _write(stream: TextIO, lines: Iterable[str]) -> None:
    with _lost_when_unwritable(stream):
        stream.writelines(f"{line}\n" for line in lines)
        stream.flush()


@contextmanager
def _lost_when_unwritable(stream: TextIO) -> "Iterator[None]":
    try:
        yield
    except OSError as error:
        # What the stream still holds would fail again when the interpreter flushes it at its end.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        if not isinstance(error, BrokenPipeError):
            raise OutputFailed from error
