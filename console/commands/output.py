"""What a command prints: one JSON object, or lines for people, whose columns align in Japanese as well."""

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


class ReportLost(ConsoleError):
    """The work is done, and its report is not: the person makes room and looks at the state."""


class Output:
    """Standard output and standard error of one call. A reader that closes the pipe early (`| head`) is no error.

    The one way of commands to a terminal: names of files, texts of a peer and contents of records come from outside,
    so every line is made safe to show here, whoever made it.
    """

    def __init__(self, words: Words, *, as_json: bool) -> None:
        self.words = words
        self.as_json = as_json

    def result(self, data: Mapping[str, object], lines: Iterable[str]) -> None:
        """Print `data` as the one JSON object, or else print `lines`."""
        if self.as_json:
            write_lines(sys.stdout, map(json_line, [data]))
        else:
            write_lines(sys.stdout, lines)

    def partial(
        self, data: Mapping[str, object], lines: Iterable[str], code: str, cause: str, remedy: str, **more: str
    ) -> None:
        """Print the result of work that failed half-way, and why: in the same JSON object, or on stderr."""
        if self.as_json:
            self.result({**data, **_error(code, cause, remedy, more)}, ())
        else:
            self.result(data, lines)
            self.failure(code, cause, remedy, **more)

    def failure(self, code: str, cause: str, remedy: str, **more: str) -> None:
        """Print why the command failed: as the JSON object on stdout, or as one line on stderr."""
        if self.as_json:
            write_lines(sys.stdout, [json_line(_error(code, cause, remedy, more))])
        else:
            text = self.words("commands.failure", cause=cause, remedy=remedy)
            incident = more.get("incident")
            # Some remedies name the number themselves.
            if incident is not None and incident not in remedy:
                text = f"{text} {self.words('commands.incident', incident=incident)}"
            write_lines(sys.stderr, [text])


def _error(code: str, cause: str, remedy: str, more: Mapping[str, str]) -> dict[str, object]:
    return {"error": {"code": code, "cause": cause, "remedy": remedy, **more}}


def json_line(data: Mapping[str, object]) -> str:
    """Return `data` as one line of JSON. Characters that could steer a terminal are escaped; kanji stay readable."""
    return escaped(json.dumps(data, ensure_ascii=False))


def plain(value: Any) -> Any:
    """Return `value` with the types that JSON lacks turned into text: moments in UTC, days, both in ISO 8601."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): plain(element) for name, element in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(element) for element in value]
    return value


def columns(rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()) -> list[str]:
    """Return `rows` as lines whose columns are aligned, two blanks apart; the first row may be the heading.

    Columns whose index is in `right` are aligned right. Every text is made safe to show.
    """
    # Made safe first: a symbol in the place of a control character takes more room than the character did.
    shown = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*shown, strict=True)]
    return [
        "  ".join(
            _pad(cell, width, right=at in right) for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in shown
    ]


def _pad(text: str, width: int, *, right: bool) -> str:
    # `str.ljust` counts characters, but a kanji takes two cells of the terminal.
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


def write_lines(stream: TextIO, lines: Iterable[str]) -> None:
    """Write `lines` to `stream`, each as one line that steers no terminal. Raises ReportLost."""
    with _write_errors_handled(stream):
        stream.writelines(f"{visible(line)}\n" for line in lines)
        # Now, while an error can still be reported, and not when the interpreter ends.
        stream.flush()


@contextmanager
def _write_errors_handled(stream: TextIO) -> "Iterator[None]":
    """Raise ReportLost when `stream` cannot be written, or memory does not suffice; let a closed pipe pass."""
    try:
        yield
    except MemoryError as error:
        raise ReportLost from error
    except OSError as error:
        # What the stream still holds would fail again, with a traceback, when the interpreter flushes it at its end.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        if not isinstance(error, BrokenPipeError):
            raise ReportLost from error
