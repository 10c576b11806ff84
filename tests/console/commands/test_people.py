"""`operator` and `session`: two persons keep the register, and no code is left behind for who was not registered.

It shows `console.commands.sessions` and `console.jobs.people.telling` as well.
"""

import stat
from pathlib import Path
from typing import Any

from tests.running import Ran, World, run

OFFICER = "ka-301"


def change(world: World, *command: str | Path, second: str = "cu-501") -> Ran:
    return world.run(OFFICER, "operator", *command, "--second", second, "--second-pin-file", world.pin_files[second])


def newcomer(person_id: str, number: str, *roles: str) -> tuple[str, ...]:
    given = [part for role in roles for part in ("--role", role)]
    return ("add", person_id, "--name", "鈴木　陽子", "--staff-number", number, *given)


def shown(world: World, person_id: str) -> dict[str, Any]:
    return world.run(OFFICER, "operator", "show", person_id).json


def test_a_person_is_registered_with_a_code_and_changes_it(world: World, tmp_path: Path) -> None:
    code, pin = tmp_path / "code", tmp_path / "pin"
    alone = world.run(OFFICER, "operator", *newcomer("op-9", "20418", "operator"), "--code-file", code)
    assert (alone.status, alone.error["code"], code.exists()) == (3, "second_person_missing", False)
    added = change(
        world, *newcomer("op-9", "20418", "operator", "approver"), "--until", "R81.3.31", "--code-file", code
    )
    assert added.json == {"operator": "op-9", "done": "add", "one_time_code_file": str(code)}
    assert stat.S_IMODE(code.stat().st_mode) == 0o600
    people = ("--home", world.home, "--as", OFFICER, "--pin-file", world.pin_files[OFFICER])
    # Roles are named as people name them, and nobody is called an officer who is none.
    listed = run("operator", "list", *people, "--language", "ja").out
    line = next(line for line in listed.splitlines() if line.startswith("op-9"))
    assert line.split()[1:] == ["鈴木", "陽子", "決裁者,", "操作者", "初回前", "なし", "0", "番号", "残23時間"]
    right = run("operator", "list", *people[:2], "--as", "op-101", "--pin-file", world.pin_files["op-101"]).err
    assert "利用者の登録・変更" in right
    assert "people" not in right
    pin.write_text("73920418\n")
    pin.chmod(0o600)
    who = ("--home", world.home, "--as", "op-9", "--json")
    # Before the code is changed, it opens nothing but the change.
    assert run("queue", *who, "--pin-file", code).error["code"] == "pin_to_change"
    assert run("operator", "pin", "--new-pin-file", pin, *who, "--pin-file", code).json == {"operator": "op-9"}
    assert run("queue", *who, "--pin-file", pin, "--limit", "1").status == 0
    known = shown(world, "op-9")
    assert known.pop("last_log_on") is not None
    assert known == {
        "id": "op-9",
        "name": "鈴木 陽子",
        "staff_number": "20418",
        "roles": ["approver", "operator"],
        "state": "active",
        "active": True,
        "pin_given": False,
        "code_until": None,
        "failures": 0,
        "valid_from": None,
        "valid_to": "2099-03-31",
        "coming": None,
        "reason": None,
    }


def test_a_registration_that_fails_leaves_no_code(world: World, tmp_path: Path) -> None:
    code, taken = tmp_path / "code", tmp_path / "taken"
    taken.write_text("of somebody")
    again = change(world, *newcomer("op-101", "20418", "operator"), "--code-file", code)
    assert again.error["code"] == "person_exists"
    shared = change(world, *newcomer("op-9", "20101", "operator"), "--code-file", code)
    assert (shared.status, shared.error["code"]) == (4, "staff_number_shared")
    assert not code.exists()
    kept = change(world, *newcomer("op-9", "20418", "operator"), "--code-file", taken)
    assert (kept.status, kept.error["code"]) == (4, "code_file_unwritable")
    assert taken.read_text() == "of somebody"
    assert "op-9" not in world.run(OFFICER, "operator", "list").out


def test_an_id_is_changed_suspended_and_ended(world: World, tmp_path: Path) -> None:
    done = [
        ("change", "op-101", "--name", "田中 光子", "--from", "2026-04-01"),
        ("roles", "op-101", "--role", "approver", "--on", "2099-04-01"),
        ("suspend", "op-101", "--reason", "育児休業 3月まで"),
    ]
    for command in done:
        assert change(world, *command).json == {"operator": "op-101", "done": command[0]}
    known = shown(world, "op-101")
    assert (known["name"], known["staff_number"], known["valid_from"]) == ("田中 光子", "20101", "2026-04-01")
    assert (known["state"], known["reason"]) == ("suspended", "育児休業 3月まで")
    assert known["coming"] == {"roles": ["approver"], "on": "2099-04-01"}
    people = ("--home", world.home, "--as", OFFICER, "--pin-file", world.pin_files[OFFICER])
    detail = run("operator", "show", "op-101", *people, "--language", "ja").out
    assert "令和81年4月1日から 決裁者" in detail
    assert world.run("op-101", "queue").error["code"] == "credentials_refused"
    assert change(world, "resume", "op-101").status == 0
    assert world.run("op-101", "queue").status == 0
    assert change(world, "reset", "op-101", "--code-file", tmp_path / "code").json["done"] == "reset"
    assert world.run("op-101", "queue").error["code"] == "credentials_refused"
    assert change(world, "end", "op-101").status == 0
    assert change(world, "resume", "op-101").error["code"] == "person_stands_otherwise"
    # The rule that there is always a custodian, in words of people.
    last = run("operator", "end", "cu-501", *people, "--language", "ja", "--second", "ap-201",
               "--second-pin-file", world.pin_files["ap-201"])  # fmt: skip
    assert "期限なく働けるシステム管理者が一人もいなくなります" in last.err


def test_there_may_be_nothing_to_release(world: World) -> None:
    assert change(world, "release", "op-101").error["code"] == "person_unchanged"
    assert change(world, "release", "nobody").error["code"] == "person_missing"
    assert world.run("op-101", "operator", "list").error["code"] == "right_missing"


def test_sessions_are_listed_with_their_ends(world: World) -> None:
    world.run("op-101", "queue")
    found = world.run(OFFICER, "session", "list", "--person", "op-101").json["sessions"]
    assert (found[0]["person"], found[0]["origin"], found[0]["ending"]) == ("op-101", "command", "log_off")
    assert world.run(OFFICER, "session", "list", "--unended").json == {"sessions": []}
