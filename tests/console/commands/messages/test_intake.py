"""`import` as scripts call it: the good records are in, and each bad one is named with what to do."""

import json
from pathlib import Path

import pytest

from tests.console.jobs.site import doubtful, entry, write_lines
from tests.running import World, run


def test_the_good_records_are_in_and_the_bad_are_named(world: World, tmp_path: Path) -> None:
    records = [entry(901), entry(902, municipality="131016", occurred_at="never"), doubtful(903)]
    file = write_lines(tmp_path / "records.jsonl", records)
    ran = world.run("op-101", "import", file)
    assert ran.status == 4
    assert (ran.json["accepted"], ran.json["known"]) == (2, 0)
    assert {(error["line"], error["field"]) for error in ran.json["errors"]} == {
        (2, "municipality"),
        (2, "occurred_at"),
    }
    (warning,) = ran.json["warnings"]
    assert (warning["line"], warning["reference"]) == (3, "R-000903")
    assert {error["reference"] for error in ran.json["errors"]} == {"R-000902"}
    assert all(fault["message"] and fault["remedy"] for fault in [*ran.json["errors"], warning])
    # A second time the good ones are known; a warning alone is no failure.
    again = write_lines(tmp_path / "again.jsonl", [records[0], records[2]])
    repeated = world.run("op-101", "import", again)
    assert (repeated.status, repeated.json["accepted"], repeated.json["known"]) == (0, 0, 2)


def test_a_file_that_cannot_be_read_takes_nothing_back(world: World, tmp_path: Path) -> None:
    good = write_lines(tmp_path / "good.jsonl", [entry(901), entry(902, municipality="131016")])
    ran = world.run("op-101", "import", good, tmp_path / "missing.jsonl", good)
    assert ran.status == 4
    assert (ran.json["accepted"], ran.json["error"]["code"]) == (1, "file_unreadable")
    assert ran.json["files"] == [{"file": "good.jsonl", "accepted": 1, "known": 0, "refused": 1}]
    assert ran.json["left"] == ["missing.jsonl", "good.jsonl"]
    first = world.run("op-101", "import", tmp_path / "missing.jsonl", good)
    assert (first.status, first.json["files"], first.json["left"]) == (4, [], ["missing.jsonl", "good.jsonl"])
    alone = world.run("op-101", "import", tmp_path / "missing.jsonl")
    assert (alone.status, alone.error["code"]) == (4, "file_unreadable")
    who = ("--home", world.home, "--as", "op-101", "--pin-file", world.pin_files["op-101"], "--language", "en")
    spoken = run("import", good, good, tmp_path / "missing.jsonl", *who)
    assert spoken.out.splitlines()[-4:] == [
        "good.jsonl: 0 taken in, 1 known, 1 refused",
        "good.jsonl: 0 taken in, 1 known, 1 refused",
        "missing.jsonl: not taken in",
        "0 taken in, 2 known, 2 refused",
    ]
    assert "missing.jsonl" in spoken.err


@pytest.mark.parametrize("form", ["--json", "--language=ja"])
def test_errors_without_end_are_counted(world: World, tmp_path: Path, form: str) -> None:
    file = write_lines(tmp_path / "bad.jsonl", [entry(901)])
    with file.open("ab") as stream:
        stream.write(b"broken\n[]\n" * 2000)
    who = ("--home", world.home, "--as", "op-101", "--pin-file", world.pin_files["op-101"])
    ran = run("import", file, *who, form)
    assert ran.status == 4
    if form == "--json":
        assert len(ran.json["errors"]) == 1000
        assert (ran.json["accepted"], ran.json["refused"]) == (1, 4000)
        assert ran.json["more"] == {"errors": {"json_malformed": 1500, "record_not_object": 1500}, "warnings": {}}
    else:
        *errors, malformed, no_object, done = ran.out.splitlines()
        assert len(errors) == 1000
        assert "json_malformed" in malformed
        assert "record_not_object" in no_object
        assert "1500" in malformed
        assert "4000" in done


def test_each_fault_is_a_line_that_steers_no_terminal(world: World, tmp_path: Path) -> None:
    file = tmp_path / "a\x1b[31m.jsonl"
    file.write_text(json.dumps(entry(901, kind="no such kind")) + "\n")
    who = ("--home", world.home, "--as", "op-101", "--pin-file", world.pin_files["op-101"], "--language", "en")
    ran = run("import", file, *who)
    assert ran.status == 4
    assert "\x1b" not in ran.out
    *faults, done = ran.out.splitlines()
    assert len(faults) == 1
    assert "1" in done
