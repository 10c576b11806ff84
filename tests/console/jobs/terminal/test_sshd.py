"""The rules of sshd are printed or written, sshd takes them, and what they would break is refused."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from console.jobs.terminal import sshd
from tests.running import World, run

_SSHD = shutil.which("sshd", path=sshd._PLACES)


@pytest.fixture
def home(world: World) -> Path:
    """A terminal of an ordinary account."""
    if os.geteuid() == 0:
        os.chown(world.home, 65534, 65534)
    return world.home


def _stand_in(directory: Path, answer: str) -> str:
    """Put a program in sshd's place that answers as that of another machine."""
    program = directory / "sshd"
    program.write_text(f"#!/bin/sh\necho '{answer}' >&2\nexit 1\n")
    program.chmod(0o755)
    return str(directory)


def test_the_rules_are_printed_or_written(home: Path, tmp_path: Path) -> None:
    printed = run("render", "sshd", "--home", home)
    file = tmp_path / "renkei.conf"
    written = run("render", "sshd", "--home", home, "--out", file, "--json").json
    assert (written["files"], file.stat().st_mode & 0o777) == ([str(file)], 0o644)
    assert file.read_text(encoding="utf-8") == written["text"] == printed.out
    assert run("render", "sshd", "--home", home, "--out", file, "--json").error["code"] == "file_exists"


@pytest.mark.skipif(_SSHD is None, reason="needs OpenSSH's server")
def test_sshd_takes_them(home: Path, tmp_path: Path) -> None:
    file, key = tmp_path / "renkei.conf", tmp_path / "key"
    assert run("render", "sshd", "--home", home, "--out", file).status == 0
    # Its service makes this directory, and without it sshd says nothing else.
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    asked = [str(_SSHD), "-t", "-f", str(file), "-h", str(key)]
    ran = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ("unknown option -- V\nOpenSSH_8.4p1 Debian-5, OpenSSL 1.1.1w", "8.4"),
        ("OpenSSH_10.0p2, OpenSSL 3.5", "10.0"),
        ("something else", None),
    ],
)
def test_the_sshd_of_the_machine_is_asked_what_it_understands(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, version: str | None
) -> None:
    monkeypatch.setattr(sshd, "_PLACES", _stand_in(tmp_path, answer))
    made = run("render", "sshd", "--home", home, "--json").json
    assert made["openssh"] == version
    assert ("UnusedConnectionTimeout" in made["text"]) == (version != "8.4")


def test_without_an_sshd_the_text_says_what_it_needs(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sshd, "_PLACES", str(tmp_path))
    made = run("render", "sshd", "--home", home, "--json").json
    assert made["openssh"] is None
    assert "OpenSSH 9.2 or later" in made["text"]


def test_a_key_that_reaches_no_session_of_sshd(home: Path) -> None:
    file = home / "renkei.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('source = "home"', 'source = "credential"'))
    ran = run("render", "sshd", "--home", home, "--json")
    assert (ran.status, ran.error["code"]) == (4, "credential_shut_out")


@pytest.mark.skipif(os.geteuid() != 0, reason="the terminal has to be root's")
def test_nobody_shuts_root_in_the_console(world: World) -> None:
    ran = run("render", "sshd", "--home", world.home, "--json")
    assert (ran.status, ran.error["code"]) == (4, "root_shut_out")
