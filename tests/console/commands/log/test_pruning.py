"""What takes two persons, as commands: going on after the log was set back, and pruning."""

from pathlib import Path

from tests.running import World, run

AUDITOR = "au-401"
PIN = "73920418"


def _second(world: World, person: str) -> tuple[str, ...]:
    return "--second", person, "--second-pin-file", str(world.pin_files[person])


def test_the_second_who_can_go_on_is_let_in_by_two_persons_while_the_log_is_halted(
    world: World, tmp_path: Path
) -> None:
    max((world.home / "keys" / "log").glob("*.key")).unlink()
    given = ("--name", "中村 静香", "--staff-number", "20402", "--role", "auditor")
    add = ("operator", "add", "au-402", *given, "--code-file", tmp_path / "code")
    assert world.run("ka-301", *add).error["code"] == "ladder_broken"
    # Neither the officer alone nor somebody who may not agree stands behind it.
    assert world.run("ka-301", *add, *_second(world, "ka-301")).error["code"] == "own_person_refused"
    assert world.run("ka-301", *add, *_second(world, AUDITOR)).error["code"] == "right_missing"
    assert world.run("cu-501", *add, *_second(world, "ka-301")).error["code"] == "right_missing"
    assert world.run("ka-301", *add, "--second", "cu-501").status == 2
    assert not (tmp_path / "code").exists()

    added = world.run("ka-301", *add, *_second(world, "cu-501"))
    assert added.status == 0, added.out
    pin = tmp_path / "pin"
    pin.touch(mode=0o600)
    pin.write_text(f"{PIN}\n")
    who = ("--home", world.home, "--as", "au-402", "--pin-file", tmp_path / "code", "--json")
    assert run("operator", "pin", "--new-pin-file", pin, *who).status == 0
    done = world.run("ka-301", "log", "resume", "--second", "au-402", "--second-pin-file", pin)
    assert done.status == 0, done.out
    (entry,) = world.run("ka-301", "log", "show", "--event", "person.added", "--object", "au-402").json["entries"]
    assert (entry["actor"], entry["detail"]["second"]) == ("ka-301", "cu-501")
    # Work goes on, and still nobody is registered by one person.
    given = ("--name", "鈴木 陽子", "--staff-number", "20418", "--role", "operator")
    again = ("operator", "add", "op-102", *given, "--code-file", tmp_path / "other")
    assert world.run("ka-301", *again).error["code"] == "second_person_missing"
    assert world.run("ka-301", *again, *_second(world, "ap-201")).status == 0


def test_two_persons_go_on_after_the_log_was_set_back(world: World) -> None:
    second = _second(world, AUDITOR)
    max((world.home / "keys" / "log").glob("*.key")).unlink()
    stopped = world.run("ka-301", "send")
    assert (stopped.status, stopped.error["code"]) == (6, "ladder_broken")
    alone = ("--second", "ka-301", "--second-pin-file", str(world.pin_files["ka-301"]))
    refused = world.run("ka-301", "log", "resume", *alone)
    assert (refused.status, refused.error["code"]) == (3, "own_person_refused")
    done = world.run("ka-301", "log", "resume", *second)
    assert done.status == 0, done.out
    verified = world.run("ka-301", "log", "verify").json
    assert (verified["ok"], verified["resumed"]) == (True, [done.json["entries"]])

    # What is young stays, however many persons want it gone.
    kept = world.run("ka-301", "log", "prune", *second)
    assert (kept.status, kept.error["code"]) == (4, "nothing_to_prune")
