"""The line is harmed at bytes all over an exchange; `python -m tests.faults cuts --all` does it at every byte."""

import random

import pytest

from store.message.states import OutState
from tests.console.jobs.site import Site
from tests.faults.proxy import Fault, Harm, Way
from tests.faults.trials import OWNED, SUDDEN, bench, faults

pytestmark = pytest.mark.long

SEED = 20190401
MANY = 240


def test_a_small_exchange_survives_harm_wherever_it_comes(site: Site) -> None:
    with site.served(register=False) as port, bench(site, port, 64) as trials:
        lengths = trials.measure()
        stride = sum(lengths.values()) // 36
        seen: set[str] = set()
        for fault in faults(lengths, stride, SEED):
            seen.update(trials.trial(fault))
            # A way may be shorter by a byte or two than it was: signatures differ in length.
            assert fault.struck.is_set() or fault.at > lengths[fault.way] - 16, fault
        trials.check_all()
    # Both before and after the point of no return, and each told as what it is.
    assert {"answer_cut", "line_unreachable"} <= seen


def test_a_large_exchange_survives_one_harm_after_the_other(site: Site) -> None:
    chance = random.Random(SEED)
    with site.served(register=False) as port, bench(site, port, MANY + 1, batch=30) as trials:
        lengths = trials.measure()
        numbers = trials.approve(MANY)
        for number in range(10):
            way = chance.choice(list(Way))
            fault = Fault(way, chance.randrange(lengths[way] * 12), SUDDEN[number % len(SUDDEN)])
            trials.proxy.tell(fault)
            trials.exchange()
            trials.check(numbers, OWNED)
        trials.recover()
        trials.check(numbers, {OutState.ACCEPTED})
        trials.check_all()


def test_a_request_that_comes_late_is_the_same_message_all_the_same(site: Site) -> None:
    """The line holds a request until the terminal has given up, asked, and begun to send again; then it lets go."""
    with site.served(register=False) as port, bench(site, port, 2, seconds=1) as trials:
        lengths = trials.measure()
        (number,) = trials.approve(1)
        # Within the request that carries the message: the last third of what goes up is the receiving.
        held = Fault(Way.UP, lengths[Way.UP] // 2, Harm.HOLD)
        trials.proxy.tell(held)
        assert "answer_timeout" in trials.exchange()
        trials.check([number], {OutState.UNKNOWN})
        held.release.set()
        trials.recover()
        trials.check([number], {OutState.ACCEPTED})
        trials.check_all()


def test_an_answer_that_comes_late_changes_nothing(site: Site) -> None:
    with site.served(register=False) as port, bench(site, port, 2, seconds=1) as trials:
        trials.measure()
        (number,) = trials.approve(1)
        arrived = []
        held = Fault(Way.DOWN, 2300, Harm.HOLD)
        trials.proxy.tell(held)
        arrived += trials.exchange()
        assert arrived
        trials.check([number], OWNED)
        held.release.set()
        trials.recover()
        trials.check_all()
