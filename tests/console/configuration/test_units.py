"""Units for the daily round: what each does and when, and what it may touch."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from console.configuration.handins import HandinSettings
from console.configuration.machine import Machine
from console.configuration.units import units
from console.settings import KeysSettings, Settings, StoreSettings
from tests.console.commands.test_examples import parse
from tests.console.test_settings import GOOD
from tests.console.test_settings import parse as parse_settings
from tests.running import PROGRAM

SETTINGS = parse_settings(GOOD)
MACHINE = Machine(Path("/opt/renkei/.venv/bin/renkei"), Path("/var/lib/renkei"), "renkei")


def _texts(settings: Settings = SETTINGS, machine: Machine = MACHINE) -> dict[str, str]:
    return dict(units(settings, machine))


def test_each_service_has_its_timer_in_japanese_time() -> None:
    texts = _texts()
    services = {name.removesuffix(".service") for name in texts if name.endswith(".service")} - {"renkei-console"}
    assert {name.removesuffix(".timer") for name in texts if name.endswith(".timer")} == services
    for name in services:
        (calendar,) = re.findall(r"^OnCalendar=(.*)$", texts[f"{name}.timer"], re.MULTILINE)
        assert calendar.endswith(" Asia/Tokyo")


def test_each_service_runs_a_command_that_exists() -> None:
    for text in (text for name, text in _texts().items() if name.endswith(".service")):
        (command,) = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
        # Whatever the machine sets, the program sees these alone.
        variables, bare = re.fullmatch(r"/usr/bin/env -i ((?:[A-Z_]+=\S+ )+)(/.*)", command).groups()  # type: ignore[union-attr]  # None fails as well.
        terminal = ["TERM=linux"] if "TTYPath=" in text else []
        assert variables.split() == ["RENKEI_HOME=/var/lib/renkei", "PATH=/usr/bin:/bin", "LANG=C.UTF-8", *terminal]
        inner = re.sub(r"^/bin/sh -c 'exec (.*)'$", r"\1", bare)
        inner = re.sub(r"\$\$\(date \+%%\S+\)", "2026-12-01", inner)
        assert terminal or parse("renkei" + inner.removeprefix(str(MACHINE.program)))


def test_what_depends_on_the_settings() -> None:
    assert "LoadCredential" not in "".join(_texts().values())
    credential = replace(SETTINGS, keys=KeysSettings(source="credential", credential="key-1"))
    for name, text in _texts(credential).items():
        loaded = "LoadCredentialEncrypted=key-1:/etc/credstore.encrypted/key-1\n" in text
        assert loaded == (" CREDENTIALS_DIRECTORY=%d /" in text) == name.endswith(".service")
    # Only what talks with the peer or a server may open a connection to another machine.
    online = {name for name, text in _texts().items() if "AF_INET" in text}
    assert online == {f"renkei-{name}.service" for name in ("check", "console", "receive", "send")}
    served = replace(SETTINGS, store=StoreSettings(url="postgresql+psycopg://renkei@/renkei"))
    assert all("AF_INET" in text for name, text in _texts(served).items() if name.endswith(".service"))


def test_a_database_elsewhere_can_be_written() -> None:
    elsewhere = replace(SETTINGS, store=StoreSettings(url="sqlite:////srv/queue/renkei.sqlite3"))
    assert "ReadWritePaths=/srv/queue\n" in _texts(elsewhere)["renkei-erase.service"]
    assert _texts()["renkei-erase.service"].count("ReadWritePaths=") == 1


def test_odd_paths_mean_themselves() -> None:
    odd = replace(MACHINE, home=Path('/srv/50% of "renkei" $HOME'))
    text = _texts(machine=odd)["renkei-check.service"]
    assert '"RENKEI_HOME=/srv/50%% of \\"renkei\\" $$HOME"' in text


@pytest.mark.parametrize("place", ["/home/renkei", "/root/terminal", "/var/lib/renkei"])
def test_people_s_own_directories_are_seen_only_where_the_terminal_is_one(place: str) -> None:
    texts = _texts(machine=replace(MACHINE, home=Path(place)))
    assert ("ProtectHome=yes\n" in texts["renkei-check.service"]) == (place == "/var/lib/renkei")
    # An environment anywhere may be made of a Python that somebody has in their home.
    assert (
        "ProtectHome=read-only\n"
        in _texts(machine=replace(MACHINE, python=Path("/home/x/python")))["renkei-send.service"]
    )
    handed = replace(SETTINGS, handin=(HandinSettings(directory="/home/juki", owner="juki", purpose="x"),))
    assert "ProtectHome=read-only\n" in _texts(handed)["renkei-check.service"]


def test_the_console_has_a_terminal_of_its_own_and_comes_back() -> None:
    text = _texts()["renkei-console.service"]
    assert text.count("=tty\n") == 3
    for line in ("TTYPath=/dev/tty8", "TTYVTDisallocate=yes", "Restart=always", "Conflicts=getty@tty8.service"):
        assert f"{line}\n" in text
    assert text.endswith("[Install]\nWantedBy=multi-user.target\n")


def test_no_unit_keeps_the_console_from_confining_itself() -> None:
    for name, text in _texts().items():
        # A filter takes in what the one before it names, and the last one takes out.
        filters = re.findall(r"^SystemCallFilter=(.*)$", text, re.MULTILINE)
        assert not filters or "landlock_restrict_self" in filters[1].split(), name
        assert all(each.startswith("~") for each in filters[2:])
    assert "landlock_create_ruleset" in _texts()["renkei-console.service"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_nothing_wrong_and_little_exposed(tmp_path: Path) -> None:
    # The program has to be there; that is all that systemd looks at outside of the units.
    machine = replace(MACHINE, program=PROGRAM)
    credential = replace(SETTINGS, keys=KeysSettings(source="credential", credential="key-1"))
    for name, settings in (("plain", SETTINGS), ("credential", credential)):
        place = tmp_path / name
        place.mkdir()
        for file, text in _texts(settings, machine).items():
            (place / file).write_text(text)
        services = sorted(place.glob("*.service"))
        verified = subprocess.run(["systemd-analyze", "verify", *place.iterdir()], capture_output=True, check=False)
        # It ends with 0 also when it does not know a word.
        assert (verified.returncode, verified.stderr) == (0, b"")
        # In tenths: 2.0 of 10 at most, for each of them.
        looked_at = [
            "systemd-analyze",
            "security",
            "--offline=yes",
            "--no-pager",
            "--threshold=20",
            *map(str, services),
        ]
        security = subprocess.run(looked_at, capture_output=True, text=True, check=False)
        assert (security.returncode, security.stderr) == (0, "")
        assert security.stdout.count("Overall exposure level for") == len(services)
