"""`show` as scripts call it: one message whole, for scripts and for people."""

from pathlib import Path

from tests.running import World, run


def test_a_message_is_shown_whole_and_written_out(world: World, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    data = world.run("op-101", "show", "1", "--out", file).json
    assert (data["id"], data["state"], data["file"]) == (1, "review", str(file))
    assert data["record"]["reference"] == data["reference"]
    assert data["history"][0]["actor"] == "op-101"
    assert (data["receipt"], data["outcome"], data["trouble"], data["reason"]) == (None, None, None, None)
    assert data["record"]["reference"] in file.read_text()
    # Nothing is overwritten.
    assert world.run("op-101", "show", "1", "--out", file).error["code"] == "file_exists"


def test_people_read_the_items_the_reason_and_the_history(world: World) -> None:
    world.run("ap-201", "return", "1", "--reason", "番地を確かめる")
    record = world.run("ka-301", "show", "1").json["record"]
    who = ("--home", world.home, "--as", "ka-301", "--pin-file", world.pin_files["ka-301"], "--language", "en")
    lines = run("show", "1", *who).out.splitlines()
    assert any(record["person"]["name"] in line for line in lines)
    assert any("番地を確かめる" in line for line in lines)
    assert [line.split()[-1] for line in lines[-4:-1]][:2] == ["op-101", "ap-201"]


def test_who_may_not_read_and_what_is_not_there(world: World) -> None:
    assert world.run("au-401", "show", "1").error["code"] == "right_missing"
    assert world.run("ka-301", "show", "9999").error["code"] == "message_missing"
    assert world.run("ka-301", "show", "0").status == 2
