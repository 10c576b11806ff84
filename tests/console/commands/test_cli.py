"""The command line as a whole: help, usage, common options, and how every call ends.

It shows `console.commands.invocation` as well.
"""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from console.commands import cli
from console.commands.cli import root
from console.commands.failures import ExitStatus, status_of
from console.commands.invocation import Invocation, glance
from console.words import LANGUAGES, Language
from tests.running import PROGRAM, environment, run_program


def _all(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    context = click.Context(group, obj=Invocation())
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from _all(command, (*path, name))


EVERY_COMMAND = list(_all(root(Invocation(language="ja"))))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", EVERY_COMMAND, ids=" ".join)
def test_every_command_has_help_in_both_languages(
    path: tuple[str, ...], language: Language, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli([*path, "--help", "--language", language]) == 0
    printed = capsys.readouterr().out
    usage = "使い方" if language == "ja" else "Usage"
    assert printed.startswith(f"{usage}: renkei {' '.join(path)}")
    assert any("\u3040" < letter < "\u9fff" for letter in printed) is (language == "ja")
    for option in ("--home", "--language", "--json", "--as", "--pin-file"):
        assert option in printed


@pytest.mark.parametrize(
    "arguments",
    [
        ["nope"],
        ["queue", "--nope"],
        ["queue", "--limit", "-1"],
        ["queue", "--limit", "many"],
        ["queue", "--state", "nowhere"],
        ["queue", "--state", "review", "--direction", "in"],
        ["queue", "--language", "fr"],
        ["show"],
        ["show", "zero"],
        ["import"],
        ["approve", "1", "--all", "--home", "x"],
        ["approve", "--home", "x"],
        ["log", "show", "--limit", "0"],
        ["render", "nowhere", "--out", "x.svg"],
        ["check"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_said_in_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli([*arguments]) == ExitStatus.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert cli([*arguments, "--json"]) == ExitStatus.USAGE
    out, err = capsys.readouterr()
    assert err == ""
    error = json.loads(out)["error"]
    assert error["code"] == "usage"
    assert error["cause"]
    assert "--help" in error["remedy"]


def test_common_options_stand_before_or_after_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENKEI_HOME", "/from/environment")
    assert glance(["--home", "/a", "queue", "--json"]) == Invocation(home=Path("/a"), as_json=True)
    assert glance(["queue", "--home", "/b"]).home == Path("/b")
    assert glance(["queue"]).home == Path("/from/environment")
    assert glance(["queue", "--state", "--unknown", "--language", "en"]).language == "en"


def test_what_is_said_after_the_command_wins_over_before_and_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RENKEI_HOME", "/from/environment")
    for arguments, used in (
        (["check"], "/from/environment"),
        (["--home", "/before", "check"], "/before"),
        (["--home", "/before", "check", "--home", "/after"], "/after"),
    ):
        cli([*arguments, "--json"])
        assert used in capsys.readouterr().out


def test_who_acts_has_to_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli(["queue", "--home", "/nowhere", "--json"]) == ExitStatus.NOT_ALLOWED
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "credentials_missing"


def test_an_unforeseen_error_shows_a_number_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_path: Path) -> str:
        raise ZeroDivisionError("a secret that was entered")

    monkeypatch.setattr("console.commands.invocation.read_pin", fail)
    arguments = ["queue", "--home", str(tmp_path), "--as", "op-101", "--pin-file", "x", "--language", "en"]
    assert cli(arguments) == ExitStatus.FAILED
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    number = err.rpartition("incident number ")[2].strip().rstrip(".")
    recorded = (tmp_path / "log" / "technical.log").read_text()
    assert number in recorded
    assert "ZeroDivisionError" in recorded
    assert "secret" not in err + recorded


def test_each_error_names_its_exit_status() -> None:
    assert status_of("credentials_missing") == ExitStatus.NOT_ALLOWED
    assert status_of("disk_full") == ExitStatus.PROTECTION
    assert status_of("seal_broken") == ExitStatus.INTEGRITY
    assert status_of("no_such_code") == ExitStatus.FAILED


def test_the_program_runs_commands_in_any_locale() -> None:
    for locale in ("C", "C.UTF-8", "POSIX"):
        ran = run_program("queue", "--json", "--home", "/nowhere", more={"LANG": locale, "LC_ALL": locale})
        assert ran.status == ExitStatus.NOT_ALLOWED
        assert ran.error["code"] == "credentials_missing"
        assert "操作者" in ran.error["cause"]


def test_odd_bytes_in_arguments_are_shown_and_do_no_harm() -> None:
    ended = subprocess.run(
        [os.fsencode(PROGRAM), b"check", b"--home", b"/tmp/\xff\x1b[31m/x", b"--language", b"en"],
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert ended.returncode == ExitStatus.FAILED
    assert b"\x1b" not in ended.stdout + ended.stderr
    assert b"Traceback" not in ended.stderr


def test_an_interrupted_call_ends_with_the_signal(tmp_path: Path) -> None:
    pipe = tmp_path / "reason"
    os.mkfifo(pipe)
    with subprocess.Popen(
        [PROGRAM, "return", "1", "--reason", "-", "--home", str(tmp_path)],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as program:
        # It waits for the reason on its standard input, and a hang-up ends it without a word.
        _wait_until_reading(program.pid)
        program.send_signal(signal.SIGTERM)
        out, err = program.communicate(timeout=60)
        assert (program.returncode, out, err) == (128 + signal.SIGTERM, b"", b"")


def _wait_until_reading(process: int) -> None:
    """Wait until `process` sleeps in a read of its standard input, as the kernel tells."""
    state = Path(f"/proc/{process}/syscall")
    while not state.read_text().startswith("0 0x0 "):
        os.sched_yield()
