"""An administrator without a network: the README's two commands, and both sides set up up to the first exchange."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.test_fresh_clone import ROOT, clone, surroundings
from tests.readme import promised_command

pytestmark = pytest.mark.long

__all__ = ["clone"]

_SETUP_SECONDS = 600
# What pip says when it reaches no registry.
_UNREACHED = (
    "NewConnectionError",
    "ConnectTimeout",
    "Temporary failure in name resolution",
    "No matching distribution",
)


@pytest.fixture(scope="module")
def wheels(clone: Path) -> Path:
    """A wheelhouse, filled from a fresh clone as the README says."""
    filled = _bash(promised_command("fill"), clone)
    if filled.returncode and any(sign in filled.stderr for sign in _UNREACHED):
        pytest.skip("no registry of packages is reached")
    assert filled.returncode == 0, filled.stderr[-2000:]
    return clone / "wheels"


@pytest.fixture
def namespace() -> list[str]:
    """What starts a program without any network but a loopback of its own."""
    if shutil.which("ip") is None or subprocess.run(["unshare", "-rn", "true"], check=False).returncode:
        pytest.skip("network namespaces are not allowed here, or `ip` is not installed")
    return ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


def test_without_a_network_both_sides_are_installed_and_exchange(
    wheels: Path, namespace: list[str], tmp_path: Path
) -> None:
    shutil.copytree(wheels, tmp_path / "wheels")
    installed = _bash(promised_command("install"), tmp_path, namespace)
    assert installed.returncode == 0, installed.stderr[-2000:]
    driver = _bash(".venv/bin/python -c 'import psycopg; print(psycopg.pq.__impl__)'", tmp_path, namespace)
    assert driver.stdout == "binary\n", driver.stderr

    sides = tmp_path / "sides"
    sides.mkdir()
    program = tmp_path / ".venv" / "bin" / "renkei"
    # The steps are the tests'; every command of them is run by the program that was installed.
    steps = [sys.executable, "-m", "tests.end_to_end.first_exchange", str(program), str(sides)]
    ended = subprocess.run(
        [*namespace, *steps],
        cwd=ROOT,
        env=surroundings(),
        capture_output=True,
        text=True,
        timeout=_SETUP_SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    done = json.loads(ended.stdout)
    assert done["accepted"] == done["approved"] == done["delivered"] == done["results"] == done["distinct"] > 0
    assert (done["verified"], done["wrong"]) == (True, [])


def test_a_wheel_that_was_exchanged_on_the_way_is_refused(wheels: Path, tmp_path: Path) -> None:
    shutil.copytree(wheels, tmp_path / "wheels")
    (click,) = (tmp_path / "wheels").glob("click-*.whl")
    with click.open("ab") as stream:
        stream.write(b"\0")
    refused = _bash(promised_command("install"), tmp_path)
    assert refused.returncode != 0
    assert "DO NOT MATCH THE HASHES" in refused.stderr


def _bash(command: str, place: Path, namespace: list[str] | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*(namespace or []), "bash", "-c", command],
        cwd=place,
        env=surroundings(),
        capture_output=True,
        text=True,
        timeout=_SETUP_SECONDS,
        check=False,
    )
