"""`log show`, `log ask`, `log verify` and `log export` as scripts call them.

It shows `console.commands.log.questions`, `console.commands.log.verification` and `console.commands.log.export` as
well.
"""

import shutil
from pathlib import Path

from tests.escapes import ESCAPES, steering
from tests.running import World, run

OFFICER = "ka-301"


def test_entries_are_listed_newest_first_and_filtered(world: World) -> None:
    newest = world.run(OFFICER, "log", "show", "--limit", "3").json["entries"]
    numbers = [entry["seq"] for entry in newest]
    assert numbers == sorted(numbers, reverse=True)
    older = world.run(OFFICER, "log", "show", "--limit", "2", "--before", str(numbers[-1])).json["entries"]
    assert [entry["seq"] for entry in older] == [numbers[-1] - 1, numbers[-1] - 2]
    imported = world.run(OFFICER, "log", "show", "--event", "message.imported", "--person", "op-101").json["entries"]
    assert {(entry["event"], entry["actor"]) for entry in imported} == {("message.imported", "op-101")}
    assert world.run(OFFICER, "log", "show", "--until", "2020-01-01").json["entries"] == []


def test_an_event_that_does_not_exist_is_wrong_usage(world: World) -> None:
    assert world.run(OFFICER, "log", "show", "--event", "no.such.event").status == 2
    assert world.run(OFFICER, "log", "ask", "no_such_question").status == 2
    assert world.run("op-101", "log", "show").error["code"] == "right_missing"


def test_a_question_is_answered_by_counts_or_by_entries(world: World) -> None:
    counted = world.run(OFFICER, "log", "ask", "logins_per_id").json
    assert counted["entries"] == []
    assert {count["person"] for count in counted["counts"]} >= {"op-101"}
    lookups = world.run(OFFICER, "log", "ask", "lookups", "--person", "op-101", "--since", "2020-01-01").json
    assert lookups == {"entries": [], "counts": []}
    assert world.run(OFFICER, "log", "ask", "lookups").error["code"] == "search_unclear"


def test_the_log_is_exported_and_verified_here_and_on_the_medium(world: World, tmp_path: Path) -> None:
    medium = tmp_path / "medium"
    medium.mkdir()
    assert world.run(OFFICER, "log", "export", medium, "--label", "A-1").error["code"] == "own_disk_refused"
    done = world.run(OFFICER, "log", "export", medium, "--label", "A-1", "--same-disk").json
    assert (done["first"], done["label"], done["own_disk"]) == (1, "A-1", True)
    here = world.run(OFFICER, "log", "verify").json
    assert (here["ok"], here["first_bad"], here["cause"]) == (True, None, None)
    assert here["entries"] > done["last"]
    # On the medium no terminal and nobody's PIN is needed.
    there = run("log", "verify", medium, "--json")
    assert (there.status, there.json["entries"]) == (0, done["last"])
    assert [bundle["digest"] for bundle in there.json["bundles"]] == [done["digest"]]
    # What another machine left there is named, and nothing is said against the log.
    left = medium / done["bundle"] / "".join(ESCAPES.values())
    left.touch()
    beside = run("log", "verify", medium, "--json")
    assert (beside.status, beside.json["ok"], beside.json["cause"]) == (4, True, "foreign_files")
    assert beside.json["foreign"] == [left.name]
    text = run("log", "verify", medium, "--language", "en").out
    assert (steering(text), "no part of the log" in text, "trust" in text) == ([], True, False)
    left.unlink()
    # A log that was made with other keys holds just as well, and is told apart by its first key.
    first_key = world.run("cu-501", "keys", "show").json["log_first_key"]
    assert there.json["bundles"][0]["first_key"] == first_key
    assert run("log", "verify", medium, "--first-key", first_key, "--json").json["ok"] is True
    assert run("log", "verify", medium, "--home", world.home, "--json").json["ok"] is True
    for other in ("ab" * 32, "", first_key.upper()):
        foreign = run("log", "verify", medium, "--first-key", other, "--json")
        assert (foreign.status, foreign.json["cause"]) == (6, "foreign")
    assert run("log", "verify", "--first-key", first_key, "--home", world.home).status == 2
    spare = tmp_path / "spare"
    spare.mkdir()
    for again in ("1", "7"):
        written = world.run(OFFICER, "log", "export", spare, "--label", "B-1", "--same-disk", "--again", again)
        assert written.json["digest"] == done["digest"] if again == "1" else written.error["code"] == "export_unknown"
    world.run(OFFICER, "log", "export", medium, "--label", "A-2", "--same-disk")
    shutil.rmtree(medium / done["bundle"])
    rest = run("log", "verify", medium, "--json")
    assert (rest.status, rest.json["missing"]) == (0, [[1, done["last"]]])
    assert f"1–{done['last']}" in run("log", "verify", medium, "--language", "en").out
    sums = next(medium.rglob("SHA256SUMS"))
    sums.chmod(0o600)
    sums.write_bytes(sums.read_bytes()[1:])
    broken = run("log", "verify", medium, "--json")
    assert (broken.status, broken.json["ok"]) == (6, False)
    assert run("log", "verify", tmp_path / "nowhere", "--json").error["code"] == "bundle_missing"
