"""`check`, `upgrade`, `backup`, `restore`, `rekey` and `join show`: what concerns the terminal as a whole.

It shows `console.commands.terminal.health` and `console.commands.terminal.joining` as well.
"""

from dataclasses import replace
from pathlib import Path

from tests.escapes import ESCAPES, steering
from tests.running import World, run

CUSTODIAN = "cu-501"


def test_each_part_that_is_not_in_order_decides_the_exit_status(world: World) -> None:
    # Nobody serves the agency, and its port is closed.
    checked = run("check", "--home", world.home, "--json")
    assert (checked.status, checked.json["ok"]) == (5, False)
    bad = {part["name"]: part for part in checked.json["checks"] if not part["ok"]}
    assert "peer" in bad
    assert all(part["detail"] and part["remedy"] for part in bad.values())
    lines = run("check", "--home", world.home, "--language", "en").out.splitlines()
    assert len(lines) == len(checked.json["checks"]) + 2


def test_an_upgrade_of_a_new_terminal_changes_nothing(world: World) -> None:
    done = run("upgrade", "--home", world.home, "--json").json
    assert done["before"] == done["after"]


def test_a_backup_becomes_the_same_terminal_again(world: World, tmp_path: Path) -> None:
    # A name that would steer the terminal, were it printed as it is.
    backup, home = tmp_path / "".join(ESCAPES.values()), tmp_path / "again"
    person = ("--home", world.home, "--as", CUSTODIAN, "--pin-file", world.pin_files[CUSTODIAN])
    printed = [run("backup", f"{backup}-1", *person)]
    made = world.run(CUSTODIAN, "backup", backup).json
    assert made["file"] == str(backup)
    assert world.run(CUSTODIAN, "backup", backup).error["code"] == "file_exists"
    key = world.home / "keys" / "terminal.key"
    restored = run("restore", backup, "--home", home, "--key", key, "--json")
    assert restored.status == 0, restored.out
    assert restored.json["contents"] == 40
    assert (restored.json["tables"]["differences"], restored.json["tables"]["rows"] >= 40) == (0, True)
    assert restored.json["entries"] >= made["entries"]
    assert run("restore", backup, "--home", home, "--key", key, "--json").error["code"] == "home_not_empty"
    printed += [run("restore", backup, "--home", home, "--key", key), run("restore", f"{backup}-2", "--home", home)]
    assert [ran.status for ran in printed] == [0, 1, 2]
    assert [steering(ran.out + ran.err) for ran in printed] == [[], [], []]


def test_a_backup_restored_for_a_drill_says_what_it_is(world: World, tmp_path: Path) -> None:
    backup, home = tmp_path / "backup", tmp_path / "copy"
    world.run(CUSTODIAN, "backup", backup)
    key = world.home / "keys" / "terminal.key"
    restored = run("restore", backup, "--home", home, "--key", key, "--drill", "--language", "en")
    assert (restored.status, "drill copy" in restored.out) == (0, True)
    refused = replace(world, home=home).run("op-101", "send")
    assert (refused.status, refused.error["code"]) == (3, "drill_copy")


def test_the_key_is_changed_for_every_content(world: World) -> None:
    done = world.run(CUSTODIAN, "rekey").json
    # A content each, the block of their names, and the report on their file.
    assert (done["total"], done["changed"], done["left"], done["new_key_file"]) == (47, 47, 0, None)
    assert world.run("op-101", "rekey").error["code"] == "right_missing"
    assert world.run("ka-301", "show", "1").status == 0


def test_a_terminal_of_its_own_shares_with_nobody(world: World) -> None:
    shared = world.run("ka-301", "join", "show").json["terminals"]
    assert shared == [{"name": "rehearsal-1", "in_force": True, "own": True}]
    assert world.run("op-101", "join", "show").error["code"] == "right_missing"
    # Nothing is made where a terminal is.
    assert "error" in run("join", "accept", world.home / "nowhere", "--home", world.home, "--json").json
