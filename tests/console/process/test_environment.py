import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from console.process import environment
from console.process.tty import LocaleUnusable, TerminalDumb, TerminalMissing, check_surroundings
from tests.console.pseudo import PROGRAM, Pseudo
from tests.project.sources import ROOT
from tests.running import run_program

HOSTILE = {
    "PYTHONINSPECT": "1",
    "PYTHONPATH": "/tmp",
    "PYTHONSTARTUP": "/tmp/x.py",
    "TEXTUAL": "debug",
    "TEXTUAL_DRIVER": "evil:Driver",
    "TEXTUAL_LOG": "/tmp/textual.log",
    "TEXTUAL_PRESS": "f10",
    "TEXTUAL_SCREENSHOT": "1",
    "TEXTUAL_ALLOW_SIGNALS": "1",
    "COLUMNS": "20",
    "LINES": "5",
    "HTTPS_PROXY": "http://proxy.example.jp",
    "SSL_CERT_FILE": "/tmp/ca.pem",
    "LD_PRELOAD": "",
}


def test_only_known_variables_are_kept() -> None:
    kept = {"HOME": "/h", "PATH": "/bin", "TERM": "xterm", "LANG": "ja_JP.UTF-8", "RENKEI_HOME": "/r", "NO_COLOR": "1"}
    assert environment.clean_environment({**kept, **HOSTILE}) == {**kept, **environment.SET}


def test_cleaning_twice_changes_nothing() -> None:
    once = environment.clean_environment({**HOSTILE, "PATH": "/bin"})
    assert environment.clean_environment(once) == once


@pytest.mark.parametrize(
    ("arguments", "opening"),
    [
        ([], environment.Opening(None, None)),
        (["--home", "/a"], environment.Opening(Path("/a"), None)),
        (["--home=/a", "--language", "en"], environment.Opening(Path("/a"), "en")),
        (["--language=ja"], environment.Opening(None, "ja")),
        (["--language", "fr"], None),
        (["--home"], None),
        (["--home", "--help"], None),
        (["--help"], None),
        (["queue", "--home", "/a"], None),
        (["--home", "/a", "queue"], None),
        (["--json"], None),
    ],
)
def test_a_call_without_a_command_opens_the_console(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], opening: environment.Opening | None
) -> None:
    monkeypatch.delenv("RENKEI_HOME", raising=False)
    assert environment.opening(arguments) == opening


def test_the_environment_names_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENKEI_HOME", "/from/environment")
    assert environment.opening([]) == environment.Opening(Path("/from/environment"), None)
    assert environment.opening(["--home", "/b"]) == environment.Opening(Path("/b"), None)


def test_the_program_runs_isolated_with_a_clean_environment_and_no_core_files(tmp_path: Path) -> None:
    # What the program becomes after its first lines, seen from inside.
    probe = tmp_path / "probe.py"
    probe.write_text(
        "import ctypes, json, os, resource, sys\n"
        "from console.process import environment\n"
        "environment.harden()\n"
        "print(json.dumps({'environment': dict(os.environ), 'core': resource.getrlimit(resource.RLIMIT_CORE),\n"
        "    'dumpable': ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), 'status': open('/proc/self/status').read()}))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", str(probe)],
        env=environment.clean_environment({**os.environ, **HOSTILE}),
        capture_output=True,
        check=True,
    )
    seen = json.loads(ended.stdout)
    assert not set(seen["environment"]) & set(HOSTILE)
    assert seen["core"] == [0, 0]
    assert seen["dumpable"] == 0
    assert "\nNoNewPrivs:\t1\n" in seen["status"]


def test_hostile_variables_change_nothing_of_a_command() -> None:
    ran = run_program("--help", more={**HOSTILE, "PYTHONWARNINGS": "error"})
    assert ran.status == 0
    assert ran.err == ""
    assert not Path("/tmp/textual.log").exists()


def test_the_first_python_is_isolated_as_well(tmp_path: Path) -> None:
    # The command as it is installed, beside a Python; what that imports by itself comes before the program.
    command, python, foreign = tmp_path / "renkei", tmp_path / "python", tmp_path / "foreign"
    shutil.copy(ROOT / "console" / "process" / "renkei.sh", command)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o700)
    foreign.mkdir()
    (foreign / "sitecustomize.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    linked = tmp_path / "linked"
    linked.symlink_to(command)
    hostile = {"PYTHONPATH": str(foreign), "PYTHONHOME": "/nonexistent", "PYTHONSTARTUP": "/nonexistent"}
    for called in (command, linked):
        ended = subprocess.run([str(called), "--version"], env={**HOSTILE, **hostile}, capture_output=True, check=True)
        assert (ended.stdout.startswith(b"renkei "), ended.stderr) == (True, b"")
    assert not (tmp_path / "ran").exists()
    # That, and no entry point in a Python that the caller steers, is what an installation makes.
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    scripts = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-scripts"]
    assert (scripts, "scripts" in project["project"]) == ({"console/process/renkei.sh": "renkei"}, False)


def test_without_a_terminal_the_console_refuses_in_one_line_of_both_languages() -> None:
    ran = run_program()
    assert ran.status == 2
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    assert "renkei --help" in ran.err
    assert "端末" in ran.err
    assert "terminal" in ran.err


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({"TERM": "dumb"}, "TERM=dumb"),
        ({"TERM": "unknown"}, "TERM=unknown"),
        ({"LANG": "ja_JP.eucJP"}, "ja_JP.eucJP"),
        ({"LC_ALL": "ja_JP.SJIS"}, "ja_JP.SJIS"),
        ({"LANG": "en_US.ISO-8859-1"}, "en_US.ISO-8859-1"),
    ],
)
def test_an_unfit_terminal_or_locale_is_refused(environment: dict[str, str], wanted: str) -> None:
    with Pseudo([PROGRAM], environment=environment) as program:
        program.read_until(wanted)
        assert program.wait() == 2
        assert b"\x1b[" not in program.seen
        assert program.seen.count(b"\n") == 1


def test_each_refusal_has_its_own_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "isatty", lambda _descriptor: False)
    with pytest.raises(TerminalMissing):
        check_surroundings()
    monkeypatch.setattr(os, "isatty", lambda _descriptor: True)
    monkeypatch.setenv("TERM", "dumb")
    with pytest.raises(TerminalDumb):
        check_surroundings()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("LC_ALL", "ja_JP.eucJP")
    with pytest.raises(LocaleUnusable):
        check_surroundings()
    monkeypatch.setenv("LC_ALL", "ja_JP.utf8")
    check_surroundings()
