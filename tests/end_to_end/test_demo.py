"""The main job with keys, in a real terminal, from `renkei demo` to log-off; scripts then see the same."""

import os
import signal
from pathlib import Path

import pytest

from console.words import Language, Words
from tests.end_to_end.screen import Screen, approve_first, exchange_once, log_on, needs_tmux, wait_until
from tests.running import PROGRAM, World, environment, run, run_program

CHIEF = "ka-301"


def processes_about(home: Path) -> dict[int, str]:
    """Return the command lines of our processes that have anything to do with `home`."""
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            line = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        # The terminal and the shell in it name the program as well; they are the test's, not the program's.
        if str(home) in line and " -m console " in line:
            found[int(place.name)] = line
    return found


@needs_tmux
@pytest.mark.parametrize("language", ["ja", pytest.param("en", marks=pytest.mark.long)])
def test_the_main_job_with_keys(world: World, tmp_path: Path, language: Language) -> None:
    home, words = world.home, Words(language)
    before = world.states()
    with Screen(tmp_path, [str(PROGRAM), "demo", "--home", str(home), "--language", language]) as screen:
        log_on(screen, world, words, CHIEF)
        assert any("agency" in line for line in processes_about(home).values())
        _approve_and_return(screen, words)
        exchange_once(screen, words)
        _verify_the_log(screen, words)
        screen.press("q")
        screen.wait_for(words("login.pin"), words("login.ended.log_off"))
        screen.press("F10")
        assert screen.wait_for_end() == 0
    assert processes_about(home) == {}
    after = world.states()
    changed = [(was, now) for was, now in zip(before, after, strict=True) if was != now]
    assert sorted(changed) == [("review", "accepted"), ("review", "returned")]
    assert world.states("in")
    _shows_what_was_done(world)


@pytest.mark.long
@needs_tmux
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_running_when_the_demo_is_killed(world: World, tmp_path: Path, end: signal.Signals) -> None:
    home = world.home
    with Screen(tmp_path, [str(PROGRAM), "demo", "--home", str(home)]) as screen:
        log_on(screen, world, Words("ja"), CHIEF)
        (console,) = (number for number, line in processes_about(home).items() if "agency" not in line)
        assert len(processes_about(home)) == 2
        os.kill(console, end)
        assert screen.wait_for_end() == 128 + end
        wait_until(lambda: processes_about(home) == {})
    # The next start finds what the last one could not close: exactly one closing entry for each session.
    entries = world.run(CHIEF, "log", "show", "--limit", "100").json["entries"]
    on = [entry for entry in entries if entry["event"] == "operator.logged_on"]
    off = [entry for entry in entries if entry["event"] == "operator.logged_off"]
    killed = [entry["session"] for entry in on if entry["detail"]["origin"] == "screen"]
    assert [entry["session"] for entry in off].count(killed[0]) == 1
    assert world.log_is_whole()


@needs_tmux
def test_a_demo_without_a_home_leaves_nothing(tmp_path: Path) -> None:
    # A directory of the test's own: other demos of this machine have nothing to do with it.
    place = tmp_path / "temporary"
    place.mkdir()
    with Screen(tmp_path, [str(PROGRAM), "demo"], environment=environment(TMPDIR=str(place))) as screen:
        screen.wait_for(Words("ja")("login.pin"), CHIEF)
        (made,) = place.iterdir()
        screen.press("F10")
        assert screen.wait_for_end() == 0
    assert not made.exists()
    assert processes_about(made) == {}


def test_the_demo_refuses_without_a_terminal(tmp_path: Path) -> None:
    ran = run_program("demo", "--home", tmp_path / "world")
    assert ran.status == 2
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    assert run_program("demo", "--home", tmp_path / "world", "--json").error["code"] == "terminal_missing"
    assert not (tmp_path / "world").exists()


def _approve_and_return(screen: Screen, words: Words) -> None:
    approve_first(screen, words)
    screen.press("r")
    screen.wait_for(words("steps.give_back.deed"), f"Esc {words('keys.cancel')}")
    screen.type("住所の番地を確かめてください")
    screen.press("Enter")
    screen.wait_for(words("steps.give_back.did", count=1))


def _verify_the_log(screen: Screen, words: Words) -> None:
    screen.press("l")
    screen.wait_for(words("log.column.event"), words("events.message.accepted"))
    screen.press(".")
    screen.wait_for(words("log.sound", entries=0).removeprefix("0")[:20])
    # With the key to the log, the failed log-ons of yesterday are three keys away.
    screen.press("f")
    screen.wait_for(words("log.conditions.how"), words("log.period.yesterday"))
    screen.press("2")
    screen.wait_for(words("log.question.failed_logins"), words("log.failures.per_id"))
    screen.press("Escape")
    screen.wait_for(words("queue.sort.urgency"))


def _shows_what_was_done(world: World) -> None:
    returned = world.run(CHIEF, "queue", "--state", "returned", "--direction", "out").json["messages"]
    assert world.run(CHIEF, "show", str(returned[0]["id"])).json["reason"] == "住所の番地を確かめてください"
    accepted = world.run(CHIEF, "queue", "--state", "accepted").json["messages"]
    assert world.run(CHIEF, "show", str(accepted[0]["id"])).json["receipt"] is not None
    held = run("agency", "received", "--home", world.agency_home, "--json").json
    assert (held["messages"], held["distinct"]) == (1, 1)
    assert world.log_is_whole()
