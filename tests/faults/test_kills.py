"""Console and agency are killed amid an exchange: nothing is lost, doubled, or without an owner."""

import os
import random
import signal
from contextlib import ExitStack
from functools import partial

import pytest

from console.jobs.people import logon
from store.log import Event
from store.message.states import OutState
from tests.console.jobs.site import PATIENCE, Site, free_port
from tests.faults.proxy import Fault, Harm, Way
from tests.faults.trials import OWNED, bench
from tests.faults.worker import working

pytestmark = pytest.mark.long

SEED = 20190401
MANY = 120
KILLS = 3
# What a console that was killed may leave besides: the next one asks about it before anything else.
LEFT = OWNED | {OutState.SENDING}


def test_the_console_is_killed_again_and_again(site: Site) -> None:
    chance = random.Random(SEED)
    with site.served(register=False) as port, bench(site, port, MANY + 1, batch=20) as trials:
        lengths = trials.measure()
        numbers = trials.approve(MANY)
        for _ in range(KILLS):
            with working(site.home) as worker:
                at = chance.randrange(lengths[Way.UP] * 4)
                kill = Fault(chance.choice(list(Way)), at, Harm.CALL, act=worker.kill)
                trials.proxy.tell(kill)
                assert worker.wait(PATIENCE) == (-signal.SIGKILL if kill.struck.is_set() else 0)
            trials.check(numbers, LEFT)
        closed = logon.close_abandoned(site.terminal)
        trials.recover()
        trials.check(numbers, {OutState.ACCEPTED})
        trials.check_all()
        # Each session has its one closing entry; the workers' own came from the one after it.
        assert closed <= 1
        assert len(site.entries(Event.OPERATOR_LOGGED_OFF)) >= KILLS - 1


def test_the_agency_is_killed_again_and_again(site: Site) -> None:
    chance = random.Random(SEED)
    port = free_port()
    with bench(site, port, MANY + 1, batch=20) as trials:
        with site.running(port):
            lengths = trials.measure()
        numbers = trials.approve(MANY)
        for _ in range(KILLS):
            with ExitStack() as running:
                process_id = running.enter_context(site.running(port))
                at = chance.randrange(lengths[Way.UP] * 4)
                kill = Fault(chance.choice(list(Way)), at, Harm.CALL, act=partial(os.kill, process_id, signal.SIGKILL))
                trials.proxy.tell(kill)
                codes = trials.exchange()
                assert kill.struck.is_set() == bool(codes), (codes, str(kill))
            trials.check(numbers, OWNED)
        with site.running(port):
            trials.recover()
            trials.check(numbers, {OutState.ACCEPTED})
            trials.check_all()
