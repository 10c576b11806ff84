"""The log asked by time after a command ran under a clock that was wrong.

Shown of `console.commands.log.viewing` and `console.commands.log.questions`.
"""

from datetime import datetime, timedelta

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
    # To the minute, in Japanese time, as a person writes it.
    hour = (real(), real() + timedelta(hours=1))
    since, until = (moment.astimezone(clock.JAPAN).strftime("%Y-%m-%dT%H:%M") for moment in hour)
    within = ("--since", since, "--until", until)
    assert world.run("ap-201", "queue").status == 0

    shown = world.run("ka-301", "log", "show", *within, "--event", "operator.logged_on").json["entries"]
    # Before them there may be those of the world's making.
    assert [entry["actor"] for entry in shown][:2] == ["ka-301", "ap-201"]
    assert all(datetime.fromisoformat(entry["at"]) < hour[1] for entry in shown)
    counted = world.run("ka-301", "log", "ask", "logins_per_id", *within).json["counts"]
    done = {count["person"]: count["done"] for count in counted}
    assert (done["ap-201"], done["ka-301"] >= 2) == (1, True)

    (step,) = world.run("ka-301", "log", "show", "--event", "clock.stepped").json["entries"]
    before, after = (datetime.fromisoformat(step["detail"][name]) for name in ("clock_before", "clock_after"))
    assert datetime.fromisoformat(step["at"]) == after
    assert timedelta() <= ahead - (before - after) < timedelta(hours=1)
    assert world.log_is_whole()
