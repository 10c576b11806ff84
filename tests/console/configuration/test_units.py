"""Units for the daily round: what each does and when, what it may touch, and that systemd understands them.

It shows `console.jobs.terminal.units` as well.
"""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from console.configuration.units import Machine, units
from console.settings import KeysSettings, Settings, StoreSettings
from tests.console.commands.test_examples import parse
from tests.console.test_settings import GOOD
from tests.console.test_settings import parse as parse_settings
from tests.running import PROGRAM, World, run

SETTINGS = parse_settings(GOOD)
MACHINE = Machine(Path("/opt/renkei/.venv/bin/renkei"), Path("/var/lib/renkei"), "renkei")


def _texts(settings: Settings = SETTINGS, machine: Machine = MACHINE) -> dict[str, str]:
    return dict(units(settings, machine))


def test_each_service_has_its_timer_in_japanese_time() -> None:
    texts = _texts()
    services = {name.removesuffix(".service") for name in texts if name.endswith(".service")}
    assert {name.removesuffix(".timer") for name in texts if name.endswith(".timer")} == services
    for name in services:
        (calendar,) = re.findall(r"^OnCalendar=(.*)$", texts[f"{name}.timer"], re.MULTILINE)
        assert calendar.endswith(" Asia/Tokyo")


def test_each_service_runs_a_command_that_exists() -> None:
    for text in (text for name, text in _texts().items() if name.endswith(".service")):
        (command,) = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
        inner = re.sub(r"^/bin/sh -c 'exec (.*)'$", r"\1", command).replace("$(date +%%F)", "2026-12-01")
        assert parse("renkei" + inner.removeprefix(str(MACHINE.program)))


def test_what_depends_on_the_settings() -> None:
    assert "LoadCredential" not in "".join(_texts().values())
    credential = replace(SETTINGS, keys=KeysSettings(source="credential", credential="key-1"))
    for name, text in _texts(credential).items():
        loaded = "LoadCredentialEncrypted=key-1:/etc/credstore.encrypted/key-1\n" in text
        assert loaded == name.endswith(".service")
    # Only what talks with the peer or a server may open a connection to another machine.
    online = {name for name, text in _texts().items() if "AF_INET" in text}
    assert online == {"renkei-check.service", "renkei-receive.service"}
    served = replace(SETTINGS, store=StoreSettings(url="postgresql+psycopg://renkei@/renkei"))
    assert all("AF_INET" in text for name, text in _texts(served).items() if name.endswith(".service"))


def test_odd_paths_mean_themselves() -> None:
    odd = replace(MACHINE, home=Path('/srv/50% of "renkei" $HOME'))
    text = _texts(machine=odd)["renkei-check.service"]
    assert 'RENKEI_HOME="/srv/50%% of \\"renkei\\" $$HOME"' in text


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
