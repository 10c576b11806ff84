"""Several terminals on one queue, as commands: the whole way from the request to the retirement."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.commands.cli import cli
from console.settings import FILE_NAME
from tests.clusters import ON_POSTGRESQL, ON_SQLITE
from tests.console.jobs.site import CHIEF, CUSTODIAN, PEOPLE, Site

NAME = "131041-02"


@pytest.fixture
def settings(site: Site, tmp_path: Path) -> Path:
    """The settings of a second terminal."""
    file = tmp_path / "second.toml"
    text = (site.home / FILE_NAME).read_text(encoding="utf-8")
    file.write_text(text.replace("131041-01", NAME), encoding="utf-8")
    return file


Told = tuple[int, dict[str, Any]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """Run a command; return its exit status and what it tells."""

    def run(*command: str | Path) -> Told:
        status = cli([*map(str, command), "--json"])
        return status, json.loads(capsys.readouterr().out)

    return run


def who(home: Path, person: str) -> tuple[str | Path, ...]:
    """Return the options that say who acts where."""
    return "--home", home, "--as", person, "--pin-file", pin(home, person)


def pin(home: Path, person: str) -> Path:
    file = home.with_name(person)
    file.write_text(PEOPLE[person][1])
    file.chmod(0o600)
    return file


@ON_POSTGRESQL
def test_a_terminal_is_let_in_and_retired(
    site: Site, settings: Path, tmp_path: Path, call: Callable[..., Told]
) -> None:
    home, request, grant = tmp_path / "second", tmp_path / "request", tmp_path / "grant"
    _, asked = call("join", "request", "--home", home, "--settings", settings, "--out", request)
    by_two = (*who(site.home, CHIEF), "--second", CUSTODIAN, "--second-pin-file", pin(site.home, CUSTODIAN))
    admit = ("join", "admit", request, "--out", grant, *by_two, "--fingerprint")
    status, refused = call(*admit, "0" * 64)
    assert (status, refused["error"]["code"]) == (4, "request_differs")
    assert call(*admit, asked["fingerprint"]) == (0, {"terminal": NAME, "file": str(grant)})
    status, joined = call("join", "accept", grant, "--home", home)
    assert (status, joined["terminal"], joined["origin"]) == (0, NAME, "131041-01")
    _, shown = call("join", "show", *who(home, CHIEF))
    assert shown["terminals"] == [
        {"name": "131041-01", "in_force": True, "own": False},
        {"name": NAME, "in_force": True, "own": True},
    ]
    assert call("log", "verify", *who(home, CHIEF))[1]["ok"]
    assert call("join", "retire", NAME, *by_two) == (0, {"terminal": NAME})


@ON_SQLITE
def test_a_second_terminal_is_refused_where_the_queue_is_a_file(
    settings: Path, tmp_path: Path, call: Callable[..., Told]
) -> None:
    request = tmp_path / "request"
    status, output = call("join", "request", "--home", tmp_path / "second", "--settings", settings, "--out", request)
    assert (status, output["error"]["code"]) == (4, "queue_unshared")
    assert not request.exists()
