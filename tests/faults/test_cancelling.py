"""Cancelling ends an exchange within a second wherever it stands, though the line would be waited for much longer."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from console.jobs import exchange
from store.message.states import OutState
from tests.console.jobs.site import PATIENCE, Site
from tests.faults.proxy import Fault, Harm, Way
from tests.faults.trials import OWNED, Bench, bench
from transport.errors import TransportError

#: How long a person waits at most. The line itself would wait for these seconds.
BOUND, LINE_SECONDS = 1.0, 60


def _cancelled(trials: Bench, job: Callable[..., Any], fault: Fault) -> str:
    """Run the job until the line is held, cancel it, and return the code that it ends with while it is still held."""
    cancel, ended = threading.Event(), threading.Event()
    codes: list[str] = []

    def run() -> None:
        try:
            done = job(trials.site.terminal, trials.operator, cancel=cancel)
        except TransportError as error:
            codes.append(error.code)
        else:
            codes.append(done.interruption.code)
        ended.set()

    trials.proxy.tell(fault)
    thread = threading.Thread(target=run)
    thread.start()
    assert fault.struck.wait(PATIENCE)
    cancel.set()
    in_time = ended.wait(BOUND)
    assert not fault.release.is_set()
    fault.release.set()
    trials.proxy.end_connections()
    thread.join(PATIENCE)
    assert in_time
    return codes[0]


@pytest.mark.parametrize(
    ("way", "part", "code"),
    [
        pytest.param(Way.UP, 0.0, "line_cancelled", id="before the handshake"),
        pytest.param(Way.DOWN, 0.05, "line_cancelled", id="in the handshake"),
        pytest.param(Way.UP, 0.27, "answer_cancelled", id="in the greeting"),
        pytest.param(Way.UP, 0.5, "answer_cancelled", id="in the request"),
        pytest.param(Way.DOWN, 0.4, "answer_cancelled", id="in the answer"),
    ],
)
def test_a_sending_that_is_cancelled_ends_at_once(site: Site, way: Way, part: float, code: str) -> None:
    with site.served(register=False) as port, bench(site, port, 2, seconds=LINE_SECONDS) as trials:
        lengths = _sending(trials)
        numbers = trials.approve(1)

        answer = _cancelled(trials, exchange.send, Fault(way, int(lengths[way] * part), Harm.HOLD))

        assert answer == code
        trials.check(numbers, OWNED)
        assert not (site.home / "log" / "technical.log").exists()
        trials.recover()
        trials.check(numbers, {OutState.ACCEPTED})
        trials.check_all()


def _sending(trials: Bench) -> dict[Way, int]:
    """Return how many bytes a sending of one message passes each way."""
    trials.proxy.tell(None)
    numbers = trials.approve(1)
    exchange.send(trials.site.terminal, trials.operator)
    trials.check(numbers, {OutState.DELIVERED})
    return dict(trials.proxy.passed)


@pytest.mark.parametrize("way", list(Way))
def test_a_receiving_that_is_cancelled_ends_at_once(site: Site, way: Way) -> None:
    with site.served(register=False) as port, bench(site, port, 2, seconds=LINE_SECONDS) as trials:
        sent = _sending(trials)
        # Beyond the handshake, which is as long as that of a sending.
        held = Fault(way, sent[way] // 2, Harm.HOLD)
        assert _cancelled(trials, exchange.receive, held) == "answer_cancelled"
        trials.recover()
        trials.check_all()
