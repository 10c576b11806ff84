"""`console.jobs.rehearsal.agency_setup` and its commands: an agency made by itself, its register and its keys."""

import json
import stat
from pathlib import Path

import pytest

from tests.running import World, run


@pytest.fixture
def agency(tmp_path: Path) -> Path:
    home = tmp_path / "agency"
    assert run("agency", "init", "--home", home, "--port", "9443", "--json").status == 0
    return home


def test_an_agency_is_made_with_the_file_that_terminals_register(agency: Path, tmp_path: Path) -> None:
    public = json.loads((agency / "public.json").read_text())
    assert (public["name"], public["address"], public["port"]) == ("agency-1", "127.0.0.1", 9443)
    assert stat.S_IMODE(agency.stat().st_mode) == 0o700
    assert run("agency", "init", "--home", agency, "--json").error["code"] == "home_not_empty"
    # Nothing is left of the drafts.
    assert [path.name for path in tmp_path.iterdir()] == ["agency"]


@pytest.mark.parametrize(("option", "value"), [("--name", "相手先"), ("--address", "agency.example"), ("--name", "")])
def test_a_value_at_which_no_terminal_could_reach_it_leaves_nothing(tmp_path: Path, option: str, value: str) -> None:
    refused = run("agency", "init", "--home", tmp_path / "agency", option, value, "--json")
    assert (refused.status, refused.error["code"]) == (4, "agency_value_invalid")
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_hands_over_its_municipality_with_its_keys(agency: Path, world: World, tmp_path: Path) -> None:
    file = tmp_path / "terminal.json"
    shown = world.run("cu-501", "keys", "show", "--out", file)
    assert shown.status == 0, shown.out
    registered = run("agency", "register", file, "--home", agency, "--json").json
    assert registered["name"] == "rehearsal-1"
    assert registered["municipality"] == "131041"
    assert registered["fingerprint"] == shown.json["keys"][0]["fingerprint"]
    # The next keys go the same way.
    renewed = world.run("cu-501", "keys", "renew", "--out", tmp_path / "next.json").json
    assert (
        run("agency", "register", tmp_path / "next.json", "--home", agency, "--json").json["fingerprint"]
        == (renewed["fingerprint"])
    )
    assert world.run("cu-501", "keys", "show", "--out", file).error["code"] == "file_exists"


def test_the_line_alone_needs_the_municipality_named(agency: Path, world: World, tmp_path: Path) -> None:
    file = tmp_path / "terminal.json"
    file.write_text(world.run("cu-501", "keys", "show").json["keys"][0]["public"])
    nameless = run("agency", "register", file, "--home", agency, "--json")
    assert (nameless.status, nameless.error["code"]) == (4, "registration_incomplete")
    assert "--municipality" in nameless.error["cause"]
    wrong = run("agency", "register", file, "--municipality", "13104", "--home", agency, "--json")
    assert wrong.error["code"] == "agency_value_invalid"
    assert run("agency", "register", file, "--municipality", "131041", "--home", agency, "--json").status == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"\xff",
        b'{"address":1}',
        b'{"address":null,"port":1e999}',
        b"[" * 70_000,
        b'{"municipality":"\\ud800"}',
    ],
)
def test_what_nobody_hands_over_is_refused_by_the_agency(agency: Path, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "terminal.json"
    file.write_bytes(content)
    assert run("agency", "register", file, "--home", agency, "--json").error["code"] == "peer_file_unusable"


def test_the_next_keys_of_the_agency_wait_until_their_moment(agency: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    assert run("agency", "keys", "show", "--out", first, "--home", agency, "--json").json["file"] == str(first)
    assert first.read_text() == (agency / "public.json").read_text()
    made = run("agency", "keys", "renew", "--out", second, "--home", agency, "--json").json
    assert (made["number"], made["in_use"]) == (2, False)
    shown = run("agency", "keys", "show", "--home", agency, "--json").json["keys"]
    assert [keys["in_use"] for keys in shown] == [True, False]
    assert json.loads(second.read_text())["port"] == 9443
    assert run("agency", "keys", "renew", "--home", agency, "--json").error["code"] == "identity_pending"
    past = run("agency", "keys", "renew", "--from", "2020-01-01", "--home", agency, "--json")
    assert past.error["code"] == "time_past"


def test_for_people_each_step_shows_the_fingerprint_to_compare(tmp_path: Path) -> None:
    home = tmp_path / "agency"
    made = run("agency", "init", "--home", home, "--language", "en")
    (keys,) = run("agency", "keys", "show", "--home", home, "--json").json["keys"]
    fingerprint = keys["fingerprint"]
    assert fingerprint in made.out
    assert fingerprint in run("agency", "keys", "show", "--home", home).out
    renewed = run("agency", "keys", "renew", "--home", home).out.splitlines()
    assert json.loads(renewed[1])["name"] == "agency-1"
