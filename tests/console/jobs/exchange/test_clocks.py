"""The clocks of both sides: warned of from half a minute on, stopped beyond five unless an officer says why."""

from datetime import timedelta

import pytest

from console.errors import ClocksApart
from console.jobs.exchange.clocks import MOST_SECONDS, WARNED_SECONDS, ClockReason, line_clock
from store import clock

OFFICERS = ClockReason.PEER_WRONG


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("offset", "warned", "overruled"),
    [
        (0.0, False, False),
        (WARNED_SECONDS, False, False),
        (WARNED_SECONDS + 0.1, True, False),
        (MOST_SECONDS, True, False),
        (MOST_SECONDS + 0.1, True, True),
    ],
)
def test_how_far_the_clocks_may_differ(sign: int, offset: float, *, warned: bool, overruled: bool) -> None:
    measured = line_clock(sign * offset, OFFICERS)
    assert (measured.warned, measured.overruled) == (warned, overruled)


def test_beyond_the_tolerance_nothing_is_exchanged_without_a_reason() -> None:
    line_clock(MOST_SECONDS, None)
    with pytest.raises(ClocksApart) as refused:
        line_clock(-MOST_SECONDS - 0.6, None)
    assert refused.value.facts == {"seconds": "-301", "most": "300"}


@pytest.mark.parametrize("reason", [None, *ClockReason])
def test_within_the_tolerance_the_peer_moves_none_of_our_dates(reason: ClockReason | None) -> None:
    before = clock.now()
    assert before <= line_clock(MOST_SECONDS, reason).now() <= clock.now()


def test_an_overruled_line_has_the_time_of_the_peer() -> None:
    apart = timedelta(seconds=3600)
    before = clock.now() - apart
    assert before <= line_clock(-3600, OFFICERS).now() <= clock.now() - apart
