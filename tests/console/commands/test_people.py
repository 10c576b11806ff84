"""`operator`: the officer keeps the register, and no code is left behind for somebody who was not registered."""

import stat
from pathlib import Path

from tests.running import World, run

OFFICER = "ka-301"


def test_a_person_is_registered_with_a_code_and_changes_it(world: World, tmp_path: Path) -> None:
    code, pin = tmp_path / "code", tmp_path / "pin"
    added = world.run(
        OFFICER, "operator", "add", "op-9", "--role", "operator", "--role", "approver", "--code-file", code
    )
    assert added.json == {"operator": "op-9", "one_time_code_file": str(code)}
    assert stat.S_IMODE(code.stat().st_mode) == 0o600
    people = ("--home", world.home, "--as", OFFICER, "--pin-file", world.pin_files[OFFICER])
    # Roles are named as people name them, and nobody is called an officer who is none.
    listed = run("operator", "list", *people, "--language", "ja").out
    assert "決裁者, 操作者" in next(line for line in listed.splitlines() if line.startswith("op-9"))
    more = ("op-8", "--role", "auditor", "--code-file", tmp_path / "another")
    line = run("operator", "add", *more, *people, "--language", "en").out
    assert line.startswith("op-8 (auditor) is registered")
    right = run("operator", "list", *people[:2], "--as", "op-101", "--pin-file", world.pin_files["op-101"]).err
    assert "利用者の登録" in right
    assert "people" not in right
    pin.write_text("73920418\n")
    pin.chmod(0o600)
    who = ("--home", world.home, "--as", "op-9", "--json")
    # Before the code is changed, it opens nothing but the change.
    assert run("queue", *who, "--pin-file", code).error["code"] == "pin_to_change"
    assert run("operator", "pin", "--new-pin-file", pin, *who, "--pin-file", code).json == {"operator": "op-9"}
    assert run("queue", *who, "--pin-file", pin, "--limit", "1").status == 0
    listed = world.run(OFFICER, "operator", "list").json["operators"]
    assert {"id": "op-9", "roles": ["approver", "operator"], "pin_given": False, "active": True} in listed


def test_a_registration_that_fails_leaves_no_code(world: World, tmp_path: Path) -> None:
    code, taken = tmp_path / "code", tmp_path / "taken"
    taken.write_text("of somebody")
    again = world.run(OFFICER, "operator", "add", "op-101", "--role", "operator", "--code-file", code)
    assert again.error["code"] == "person_exists"
    assert not code.exists()
    kept = world.run(OFFICER, "operator", "add", "op-9", "--role", "operator", "--code-file", taken)
    assert (kept.status, kept.error["code"]) == (4, "code_file_unwritable")
    assert taken.read_text() == "of somebody"
    assert "op-9" not in world.run(OFFICER, "operator", "list").out


def test_there_may_be_nothing_to_release(world: World) -> None:
    assert world.run(OFFICER, "operator", "release", "op-101").json == {"operator": "op-101", "released": False}
    assert world.run(OFFICER, "operator", "release", "nobody").error["code"] == "person_missing"
    assert world.run("op-101", "operator", "list").error["code"] == "right_missing"
