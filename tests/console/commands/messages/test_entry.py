"""`revise` and `undo` as scripts call them.

It shows `console.commands.messages.findings` as well.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.running import World, serving


@pytest.fixture
def message(world: World) -> dict[str, Any]:
    """A message in review, as `show` tells it."""
    (message,) = world.run("op-101", "queue", "--reference", "R26-000009").json["messages"]
    return world.run("op-101", "show", str(message["id"])).json


def written(tmp_path: Path, *records: dict[str, Any]) -> Path:
    file = tmp_path / "record.jsonl"
    file.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return file


def changed(message: dict[str, Any], **person: str) -> dict[str, Any]:
    return {**message["record"], "person": {**message["record"]["person"], **person}}


def test_a_person_is_found_by_a_part_of_the_name(world: World, message: dict[str, Any]) -> None:
    part = message["record"]["person"]["name"].split()[0].lower()
    listed = world.run("op-101", "queue", "--name", "-", stdin=part + "\n").json
    assert message["id"] in [row["id"] for row in listed["messages"]]
    assert 0 < listed["total"] == len(listed["messages"]) < 40
    assert world.run("op-101", "queue", "--name", "nobody at all").json == {"messages": [], "total": 0}


def test_a_message_is_revised_by_a_file(world: World, message: dict[str, Any], tmp_path: Path) -> None:
    file = written(tmp_path, changed(message, address="東京都新宿区架空町一丁目"))
    ran = world.run("op-101", "revise", str(message["id"]), file)
    assert ran.status == 0
    assert ran.json == {
        "id": message["id"], "reference": "R26-000009", "changed": True, "errors": [], "warnings": []
    }  # fmt: skip
    after = world.run("op-101", "show", str(message["id"])).json
    assert after["record"]["person"]["address"] == "東京都新宿区架空町一丁目"
    assert after["author"] == "op-101"


def test_a_message_is_written_out_mended_in_an_editor_and_revised(
    world: World, message: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "message.csv"
    number = str(message["id"])
    shown = world.run("op-101", "show", number, "--out", file).json
    assert (shown["file"], shown["record"]) == (str(file), message["record"])
    file.write_bytes(file.read_bytes().replace(message["record"]["person"]["name"].encode(), b"MENDED NAME"))
    assert world.run("op-101", "revise", number, file).status == 0
    assert world.run("op-101", "show", number).json["record"]["person"]["name"] == "MENDED NAME"
    refused = world.run("op-101", "show", number, "--out", file)
    assert (refused.status, refused.json["error"]["code"]) == (1, "file_exists")


def test_errors_are_told_and_nothing_changes(world: World, message: dict[str, Any], tmp_path: Path) -> None:
    ran = world.run("op-101", "revise", str(message["id"]), written(tmp_path, changed(message, birth_date="x")))
    assert ran.status == 4
    assert ran.json["changed"] is False
    assert [(error["field"], error["rule"]) for error in ran.json["errors"]] == [
        ("person.birth_date", "date_malformed")
    ]
    assert world.run("op-101", "show", str(message["id"])).json["record"] == message["record"]


@pytest.mark.parametrize(("lines", "code"), [(0, "record_not_single"), (2, "record_not_single")])
def test_the_file_holds_one_record(
    world: World, message: dict[str, Any], tmp_path: Path, lines: int, code: str
) -> None:
    ran = world.run("op-101", "revise", str(message["id"]), written(tmp_path, *[message["record"]] * lines))
    assert (ran.status, ran.error["code"]) == (4, code)


def test_a_line_that_is_no_record_is_told(world: World, message: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "record.jsonl"
    file.write_text("{", encoding="utf-8")
    ran = world.run("op-101", "revise", str(message["id"]), file)
    assert (ran.status, ran.error["code"]) == (4, "record_unread")


def test_undo_wants_exactly_one_way(world: World, message: dict[str, Any]) -> None:
    number = str(message["id"])
    assert world.run("op-101", "undo", number).status == 2
    assert world.run("op-101", "undo", number, "--cancel", "--replace", "x.jsonl").status == 2


def test_what_has_not_left_is_not_undone(world: World, message: dict[str, Any]) -> None:
    ran = world.run("op-101", "undo", str(message["id"]), "--cancel")
    assert ran.error["code"] == "step_refused"
    assert ran.status != 0


def test_who_may_not_enter_puts_nothing_right(world: World, message: dict[str, Any], tmp_path: Path) -> None:
    file = written(tmp_path, message["record"])
    assert world.run("ap-201", "revise", str(message["id"]), file).status == 3
    assert world.run("ap-201", "undo", str(message["id"]), "--cancel").status == 3


@pytest.fixture
def sent(world: World, message: dict[str, Any]) -> dict[str, Any]:
    """A message that the peer holds."""
    with serving(world.agency_home):
        world.run("ap-201", "approve", str(message["id"]), "--confirm-warnings")
        world.run("op-101", "send")
    return message


def test_a_sent_message_is_cancelled_once(world: World, sent: dict[str, Any], tmp_path: Path) -> None:
    number = str(sent["id"])
    entered = world.run("op-101", "undo", number, "--cancel").json
    record = world.run("op-101", "show", str(entered["id"])).json["record"]
    assert (entered["changed"], record["cancels"]) == (True, sent["reference"])
    again = world.run("op-101", "undo", number, "--replace", written(tmp_path, changed(sent, sex="unknown")))
    assert (again.status, again.error["code"]) == (4, "undone_already")
    listed = world.run("op-101", "queue", "--being-undone").json["messages"]
    assert [row["id"] for row in listed] == [sent["id"]]


def test_a_sent_message_is_replaced(world: World, sent: dict[str, Any], tmp_path: Path) -> None:
    file = written(tmp_path, changed(sent, sex="unknown"))
    entered = world.run("op-101", "undo", str(sent["id"]), "--replace", file).json
    record = world.run("op-101", "show", str(entered["id"])).json["record"]
    assert (record["replaces"], record["person"]["sex"]) == (sent["reference"], "unknown")
    assert entered["reference"] != sent["reference"]


def test_both_messages_of_an_event_are_cancelled(world: World, message: dict[str, Any]) -> None:
    # Nothing was sent, so that it is a withdrawal, and not for who enters.
    assert world.run("op-101", "cancel-event", str(message["id"])).error["code"] == "right_missing"
    done = world.run("ap-201", "cancel-event", str(message["id"])).json
    assert (done["cancelling"], len(done["withdrawn"])) == ([], 2)
    assert world.run("ap-201", "cancel-event", str(message["id"])).error["code"] == "no_pair"
