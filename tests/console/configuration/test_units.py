"""Units for the daily round: what each does and when, and what it may touch."""

import re
from dataclasses import replace
from pathlib import Path

from console.configuration.machine import Machine
from console.configuration.units import units
from console.settings import KeysSettings, Settings, StoreSettings
from tests.console.commands.test_examples import parse
from tests.console.test_settings import GOOD
from tests.console.test_settings import parse as parse_settings

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
        # Whatever the machine sets, the program sees these alone.
        variables, bare = re.fullmatch(r"/usr/bin/env -i ((?:[A-Z_]+=\S+ )+)(/.*)", command).groups()  # type: ignore[union-attr]  # None fails as well.
        assert variables.split() == ["RENKEI_HOME=/var/lib/renkei", "PATH=/usr/bin:/bin", "LANG=C.UTF-8"]
        inner = re.sub(r"^/bin/sh -c 'exec (.*)'$", r"\1", bare).replace("$$(date +%%F)", "2026-12-01")
        assert parse("renkei" + inner.removeprefix(str(MACHINE.program)))


def test_what_depends_on_the_settings() -> None:
    assert "LoadCredential" not in "".join(_texts().values())
    credential = replace(SETTINGS, keys=KeysSettings(source="credential", credential="key-1"))
    for name, text in _texts(credential).items():
        loaded = "LoadCredentialEncrypted=key-1:/etc/credstore.encrypted/key-1\n" in text
        assert loaded == (" CREDENTIALS_DIRECTORY=%d /" in text) == name.endswith(".service")
    # Only what talks with the peer or a server may open a connection to another machine.
    online = {name for name, text in _texts().items() if "AF_INET" in text}
    assert online == {"renkei-check.service", "renkei-receive.service"}
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
