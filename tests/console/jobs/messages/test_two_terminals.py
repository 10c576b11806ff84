"""Two consoles on one queue at the same time: one wins, and the other is told who."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from console.jobs import exchange
from console.jobs.messages import review
from console.jobs.messages.review import Decided
from console.session import Session
from console.terminal import Terminal
from tests.console.jobs.site import APPROVER, CHIEF, PATIENCE, Site, entry, open_as

pytestmark = pytest.mark.by_engine

Side = tuple[Terminal, Session]


@pytest.fixture
def sides(site: Site) -> Iterator[tuple[Side, Side]]:
    with Terminal.open(site.home) as other:
        yield (site.terminal, site.session(APPROVER)), (other, open_as(other, CHIEF))


def at_once(sides: Sequence[Side], job: Callable[[Terminal, Session], Any]) -> list[Any]:
    """Do the same job on both, begun at the same moment."""
    begin = threading.Barrier(len(sides))

    def do(side: Side) -> Any:
        begin.wait(PATIENCE)
        return job(*side)

    with ThreadPoolExecutor(len(sides)) as both:
        return list(both.map(do, sides))


@pytest.mark.parametrize(
    "job",
    [
        lambda t, s, n, seen: review.approve(t, s, n, seen=seen),
        lambda t, s, n, seen: review.give_back(t, s, n, reason="why", seen=seen),
        lambda t, s, n, seen: review.hold(t, s, n, seen=seen),
    ],
    ids=["approve", "give_back", "hold"],
)
def test_one_decides_and_the_other_is_told_who(
    site: Site, sides: tuple[Side, Side], job: Callable[..., Decided]
) -> None:
    numbers = site.take_in([entry(number) for number in range(1, 6)])
    seen = {number: site.row(number).version for number in numbers}
    done = at_once(sides, lambda terminal, session: job(terminal, session, numbers, seen))
    winner = 0 if done[0].changed else 1
    won, lost = done[winner], done[1 - winner]
    assert (won.changed, won.refused, lost.changed) == (numbers, [], [])
    assert [(refusal.id, refusal.reason) for refusal in lost.refused] == [
        (number, "message_changed") for number in numbers
    ]
    assert {refusal.facts["person"] for refusal in lost.refused} == {(APPROVER, CHIEF)[winner]}
    assert {site.row(number).version for number in numbers} == {2}


def test_both_send_and_each_message_leaves_once(served: Site, sides: tuple[Side, Side]) -> None:
    numbers = served.approve([entry(number) for number in range(1, 31)])
    first, second = at_once(sides, exchange.send)
    assert (first.interruption, second.interruption) == (None, None)
    assert first.delivered + second.delivered == len(numbers)
    assert set(served.states(numbers)) == {"delivered"}
    assert (served.received().messages, served.received().distinct) == (len(numbers), len(numbers))
    assert served.log_holds()


def test_both_receive_and_each_notice_is_kept_once(served: Site, sides: tuple[Side, Side]) -> None:
    numbers = served.approve([entry(number) for number in range(1, 11)])
    exchange.send(*sides[0])
    first, second = at_once(sides, exchange.receive)
    assert first.results + second.results == len(numbers)
    assert (first.rejected, second.rejected) == (0, 0)
    assert set(served.states(numbers)) == {"accepted"}
    assert served.log_holds()
