"""The log asked by time after a command ran under a clock that was wrong.

Shown of `console.commands.log.viewing` and `console.commands.log.questions`.
"""

from datetime import timedelta

import pytest

from store import clock
from tests.running import World


@pytest.mark.parametrize("ahead", [timedelta(hours=8), timedelta(days=4 * 365)])
def test_today_s_entries_are_found_after_a_command_under_a_clock_that_was_ahead(
    world: World, monkeypatch: pytest.MonkeyPatch, ahead: timedelta
) -> None:
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + ahead)
    assert world.run("op-101", "queue").status == 0
    monkeypatch.setattr(clock, "now", real)
    begun = clock.to_text(real())
    assert world.run("ap-201", "queue").status == 0
    ended = clock.to_text(real() + timedelta(hours=1))

    within = world.run("ka-301", "log", "show", "--since", begun, "--until", ended, "--person", "ap-201").told
    events = [entry["event"] for entry in within["entries"]]
    assert events[-1] == "operator.logged_on"
    assert all(begun <= entry["at"] < ended for entry in within["entries"])
    assert world.run("ka-301", "log", "show", "--since", begun, "--until", ended, "--person", "op-101").told == {
        "entries": []
    }
    counted = world.run("ka-301", "log", "ask", "logins_per_id", "--since", begun, "--until", ended).told["counts"]
    assert {count["about"] for count in counted} == {"ap-201", "ka-301"}

    (step,) = world.run("ka-301", "log", "show", "--event", "clock.stepped").told["entries"]
    assert (step["at"], step["detail"]["clock_after"]) == (step["detail"]["clock_after"], step["at"])
    assert step["detail"]["clock_before"] > clock.to_text(real() + ahead - timedelta(hours=1))
    assert world.log_is_whole()
