"""Several terminals on one queue, as commands: the whole way from the request to the retirement."""

from pathlib import Path

import pytest

from console.settings import FILE_NAME
from tests.clusters import ON_POSTGRESQL, ON_SQLITE
from tests.console.jobs.conftest import _made_on, site
from tests.console.jobs.site import CHIEF, CUSTODIAN, PEOPLE, Site
from tests.running import Ran, run

__all__ = ["_made_on", "site"]
NAME = "131041-02"


@pytest.fixture
def settings(site: Site, tmp_path: Path) -> Path:
    """The settings of a second terminal."""
    file = tmp_path / "second.toml"
    text = (site.home / FILE_NAME).read_text(encoding="utf-8")
    file.write_text(text.replace("131041-01", NAME), encoding="utf-8")
    return file


def acting(home: Path, person: str, *command: str | Path) -> Ran:
    return run(*command, "--home", home, "--as", person, "--pin-file", pin(home, person), "--json")


def pin(home: Path, person: str) -> Path:
    file = home.with_name(person)
    file.write_text(PEOPLE[person][1])
    file.chmod(0o600)
    return file


@ON_POSTGRESQL
def test_a_terminal_is_let_in_and_retired(site: Site, settings: Path, tmp_path: Path) -> None:
    home, request, grant = tmp_path / "second", tmp_path / "request", tmp_path / "grant"
    asked = run("join", "request", "--home", home, "--settings", settings, "--out", request, "--json")
    assert asked.status == 0, asked.out
    by_two = ("--second", CUSTODIAN, "--second-pin-file", pin(site.home, CUSTODIAN))
    admit = ("join", "admit", request, "--out", grant, *by_two, "--fingerprint")
    assert acting(site.home, CHIEF, *admit, "0" * 64).error["code"] == "request_differs"
    admitted = acting(site.home, CHIEF, *admit, asked.told["fingerprint"])
    assert admitted.told == {"terminal": NAME, "file": str(grant)}
    joined = run("join", "accept", grant, "--home", home, "--json")
    assert joined.status == 0, joined.out
    assert (joined.told["terminal"], joined.told["origin"]) == (NAME, "131041-01")
    shown = acting(home, CHIEF, "join", "show").told["terminals"]
    assert [(one["name"], one["in_force"], one["own"]) for one in shown] == [
        ("131041-01", True, False),
        (NAME, True, True),
    ]
    assert acting(home, CHIEF, "log", "verify").told["ok"]
    retired = acting(site.home, CHIEF, "join", "retire", NAME, *by_two)
    assert retired.status == 0, retired.out
    assert retired.told == {"terminal": NAME}


@ON_SQLITE
def test_a_second_terminal_is_refused_where_the_queue_is_a_file(site: Site, settings: Path, tmp_path: Path) -> None:
    asked = run(
        "join", "request", "--home", tmp_path / "second", "--settings", settings, "--out", tmp_path / "r", "--json"
    )
    assert (asked.status, asked.error["code"]) == (4, "queue_unshared")
    assert not (tmp_path / "r").exists()
