"""`keys show` and `keys renew`: the custodian makes the next keys, and reads what the peer has to register."""

import json
from pathlib import Path

from tests.running import World, run

CUSTODIAN = "cu-501"


def test_the_next_keys_wait_beside_those_in_use(world: World) -> None:
    made = world.run(CUSTODIAN, "keys", "renew", "--from", "2040-04-01").json
    assert (made["number"], made["in_use"], made["used_from"]) == (2, False, "2040-03-31T15:00:00+00:00")
    assert json.loads(made["public"])["name"] == "rehearsal-1"
    first, second = world.run(CUSTODIAN, "keys", "show").json["keys"]
    assert (first["number"], first["in_use"], first["used_from"]) == (1, True, None)
    assert second == made
    # One generation waits at a time.
    assert world.run(CUSTODIAN, "keys", "renew").error["code"] == "identity_pending"


def test_the_table_marks_the_keys_in_use(world: World) -> None:
    ran = run("keys", "show", "--home", world.home, "--as", CUSTODIAN, "--pin-file", world.pin_files[CUSTODIAN])
    heading, keys, how, first_key = ran.out.splitlines()
    assert heading
    assert "--out" in how
    assert keys.startswith("1*")
    # What tells the terminal's log from one that was made with other keys.
    assert world.run(CUSTODIAN, "keys", "show").json["log_first_key"] in first_key


def test_without_a_file_it_is_said_how_to_write_one(world: World, tmp_path: Path) -> None:
    who = ("--home", world.home, "--as", "cu-501", "--pin-file", world.pin_files["cu-501"], "--language", "en")
    assert "--out FILE" in run("keys", "show", *who).out
    assert "--out FILE" not in run("keys", "show", "--out", tmp_path / "terminal.json", *who).out


def test_keys_are_not_made_for_the_past_nor_by_anybody_else(world: World) -> None:
    past = world.run(CUSTODIAN, "keys", "renew", "--from", "2020-01-01")
    assert (past.status, past.error["code"]) == (4, "time_past")
    assert world.run("op-101", "keys", "renew").error["code"] == "right_missing"
    assert world.run(CUSTODIAN, "keys", "renew", "--from", "soon").status == 2
