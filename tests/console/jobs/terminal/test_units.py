"""The units of a terminal are written as new files, and systemd understands them."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.running import PROGRAM, World, run


def test_the_units_are_written_and_systemd_understands_them(world: World, tmp_path: Path) -> None:
    place = tmp_path / "system"
    place.mkdir()
    files = run("render", "systemd", "--home", world.home, "--out", place, "--json").json["files"]
    assert sorted(map(Path, files)) == sorted(place.iterdir())
    assert {path.stat().st_mode & 0o777 for path in place.iterdir()} == {0o644}
    assert f"{PROGRAM}" in (place / "renkei-check.service").read_text()
    # Nothing is written over what somebody has changed.
    assert run("render", "systemd", "--home", world.home, "--out", place, "--json").error["code"] == "file_exists"
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    ran = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, check=False)
    # It ends with 0 also when it does not know a word.
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_a_terminal_that_two_persons_open_has_none(world: World, tmp_path: Path) -> None:
    file = world.home / "renkei.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('source = "home"', 'source = "passphrase"'))
    ran = run("render", "systemd", "--home", world.home, "--out", tmp_path, "--json")
    assert (ran.status, ran.error["code"]) == (4, "timers_shut_out")
