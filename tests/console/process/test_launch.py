"""A console that cannot start says why in one line, in the language that the person reads."""

import errno
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from console.process import launch
from console.words import Language, Words

if TYPE_CHECKING:
    from console.app import RenkeiApp
    from console.process.tty import Tty


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.mark.parametrize(
    ("chosen", "term", "language"),
    [
        (None, "xterm", "ja"),
        ("ja", "xterm", "ja"),
        ("en", "xterm", "en"),
        ("fr", "xterm", "ja"),
        # The Linux console cannot draw Japanese, whatever was chosen.
        ("ja", "linux", "en"),
        (None, "linux", "en"),
    ],
)
def test_without_a_home_it_is_asked_for(
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    chosen: str | None,
    term: str,
    language: Language,
) -> None:
    monkeypatch.setenv("TERM", term)

    assert launch.run(None, chosen) == 2
    assert capfd.readouterr() == ("", f"renkei: {Words(language)('login.home_unnamed')}\n")


@pytest.mark.parametrize("content", [None, "nonsense = ["])
def test_settings_that_cannot_be_read_are_refused_with_a_remedy(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "renkei.toml").write_text(content)

    assert launch.run(tmp_path, "en") != 0
    out, line = capfd.readouterr()
    assert (out, line.count("\n"), line.startswith("renkei: ")) == ("", 1, True)
    assert str(tmp_path) in line


@pytest.mark.parametrize(
    ("error", "hung_up", "incidents"),
    [
        (OSError(errno.EIO, "Input/output error"), True, 0),
        (OSError(errno.EIO, "Input/output error"), False, 1),
        (ValueError("a failure of ours"), True, 1),
    ],
    ids=["the terminal is gone", "it is still there", "another error"],
)
def test_a_closed_terminal_is_no_incident(error: Exception, *, hung_up: bool, incidents: int) -> None:
    noted = list[BaseException]()
    app = SimpleNamespace(call_later=lambda *_: False, crash=None, note_incident=noted.append)

    launch._crash(cast("RenkeiApp", app), cast("Tty", SimpleNamespace(hung_up=hung_up)), error)

    assert len(noted) == incidents
