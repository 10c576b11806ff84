"""The line that says how far the work is: rewritten in place on a terminal, and nothing anywhere else."""

import io
import sys

import pytest
from rich.cells import cell_len

from console.commands.progress import ProgressLine, show_waiting
from console.jobs.progress import Progress
from console.words import Words

CLEAR = "\r\x1b[K"


class Stream(io.StringIO):
    """A stream that is a terminal, or none."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


class Gone(Stream):
    """A terminal that has gone away."""

    def write(self, _text: str) -> int:
        raise OSError


def shown(monkeypatch: pytest.MonkeyPatch, stream: Stream, *reports: Progress) -> list[str]:
    monkeypatch.setattr(sys, "stderr", stream)
    with ProgressLine(Words("en")) as line:
        for report in reports:
            line.show(report)
    return stream.getvalue().split(CLEAR)


def test_the_line_is_rewritten_and_cleared_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    reports = (Progress("send", 10, 40, 5.0, None), Progress("send", 20, 40, 5.0, 4.0))
    before, first, second, after = shown(monkeypatch, Stream(terminal=True), *reports)
    assert (before, after) == ("", "")
    assert "10" in first
    assert "4" in second


def test_an_import_shows_its_share_and_no_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    _, line, _ = shown(monkeypatch, Stream(terminal=True), Progress("import", 123_456, 246_912, 0.0, None))
    assert "50" in line
    assert "123" not in line


def test_the_line_never_wraps_and_no_total_ends_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    _, line, _ = shown(monkeypatch, Stream(terminal=True), Progress("send", 10**60, 0, 10.0**60, None))
    assert cell_len(line) <= 79


def test_without_a_total_only_what_is_done_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    _, line, _ = shown(monkeypatch, Stream(terminal=True), Progress("receive", 800, 0, 25.0, None))
    assert line == Words("en")("commands.progress.counting", done=800, rate=25)
    assert " of " not in line


def test_without_a_terminal_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, Stream(terminal=False), Progress("send", 1, 2, 1.0, 1.0)) == [""]


def test_a_terminal_that_has_gone_away_does_not_stop_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, Gone(terminal=True), Progress("send", 1, 2, 1.0, 1.0)) == [""]


@pytest.mark.parametrize(("terminal", "shown_text"), [(True, "4360"), (False, "")])
def test_who_waits_is_told_for_whom(monkeypatch: pytest.MonkeyPatch, terminal: bool, shown_text: str) -> None:  # noqa: FBT001  # The case of a table.
    stream = Stream(terminal=terminal)
    monkeypatch.setattr(sys, "stderr", stream)
    show_waiting(Words("ja"), "4360")
    assert shown_text in stream.getvalue()
    assert bool(stream.getvalue()) is terminal


def test_a_terminal_that_has_gone_ends_no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Gone(terminal=True))
    show_waiting(Words("ja"), "4360")
