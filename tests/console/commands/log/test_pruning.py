"""What takes two persons, as commands: going on after the log was set back, and pruning."""

from pathlib import Path

import pytest

from tests.running import World, run

AUDITOR = "au-401"
PIN = "73920418"


@pytest.fixture
def second(world: World, tmp_path: Path) -> tuple[str, ...]:
    """The options that name an auditor as the second person."""
    code, pin = tmp_path / "code", tmp_path / "pin"
    added = world.run("ka-301", "operator", "add", AUDITOR, "--role", "auditor", "--code-file", code)
    assert added.status == 0, added.out
    pin.write_text(f"{PIN}\n")
    pin.chmod(0o600)
    who = ("--home", world.home, "--as", AUDITOR, "--pin-file", code, "--json")
    assert run("operator", "pin", "--new-pin-file", pin, *who).status == 0
    return "--second", AUDITOR, "--second-pin-file", str(pin)


def test_two_persons_go_on_after_the_log_was_set_back(world: World, second: tuple[str, ...]) -> None:
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
