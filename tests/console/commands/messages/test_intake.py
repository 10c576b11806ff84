"""`import` as scripts call it: the good records are in, and each bad one is named with what to do."""

import json
from pathlib import Path

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
    assert warning["line"] == 3
    assert all(fault["message"] and fault["remedy"] for fault in [*ran.json["errors"], warning])
    # A second time the good ones are known; a warning alone is no failure.
    again = write_lines(tmp_path / "again.jsonl", [records[0], records[2]])
    repeated = world.run("op-101", "import", again)
    assert (repeated.status, repeated.json["accepted"], repeated.json["known"]) == (0, 0, 2)


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
