"""What a shell completes: what the program declares, and nothing of a terminal or its people."""

import os
import subprocess
from pathlib import Path

import pytest

from console.commands.cli import root
from console.commands.completion import answer
from console.commands.invocation import Invocation
from tests.running import PROGRAM, World, environment, run


def _offered(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> set[str]:
    monkeypatch.setenv("_RENKEI_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", " ".join(words))
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    answer(root(Invocation(language="en")))
    return {line.partition(",")[2] for line in capsys.readouterr().out.splitlines()}


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["renkei", "q"], {"queue"}),
        (["renkei", "log", "v"], {"verify"}),
        (["renkei", "log", "ask", "off"], {"off_hours"}),
        (["renkei", "queue", "--dir"], {"--direction"}),
        (["renkei", "queue", "--direction", ""], {"out", "in"}),
        (["renkei", "completion", ""], {"bash", "zsh", "fish"}),
    ],
)
def test_commands_options_and_choices_are_completed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], wanted: set[str]
) -> None:
    assert _offered(monkeypatch, capsys, *words) == wanted


@pytest.mark.parametrize(
    "words", [["queue", "--as", ""], ["queue", "--name", ""], ["show", ""], ["operator", "release", ""]]
)
def test_nobody_and_no_message_is_suggested(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    monkeypatch.setenv("RENKEI_HOME", str(world.home))
    before = (world.home / "database" / "renkei.sqlite3").stat().st_mtime_ns
    offered = _offered(monkeypatch, capsys, "renkei", *words)
    assert not offered & set(world.pin_files)
    assert offered <= {""}
    assert (world.home / "database" / "renkei.sqlite3").stat().st_mtime_ns == before


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_calls_the_program(shell: str) -> None:
    script = run("completion", shell, "--json").json["script"]
    assert f"_RENKEI_COMPLETE={shell}_complete" in script
    assert run("completion", shell).out.strip() == script.strip()


def test_bash_completes_with_it(tmp_path: Path) -> None:
    (tmp_path / "script").write_text(run("completion", "bash").out)
    line = (
        f'PATH="{PROGRAM.parent}:$PATH"; . ./script; COMP_WORDS=(renkei log ver); COMP_CWORD=2;'
        " _renkei_completion renkei; echo ${COMPREPLY[@]}"
    )
    ran = subprocess.run(
        ["bash", "-c", line], env=environment(PATH=os.environ["PATH"]), cwd=tmp_path, capture_output=True, check=True
    )
    assert (ran.stdout, ran.stderr) == (b"verify\n", b"")
