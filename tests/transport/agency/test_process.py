"""The agency as a process of its own, killed between keeping a message and saying so."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.transport.rehearsing import PATIENCE, Rehearsal, record
from transport import agency
from transport.errors import AnswerCut
from transport.evidence.receipts import verify_receipt
from transport.line.client import Line

SERVE = """
import json, signal, sys, threading
from pathlib import Path
from transport import agency
from transport.line.client import Line

stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
{before}
agency.serve(Path(sys.argv[1]), ready=lambda address, port: print(json.dumps([address, port]), flush=True), stop=stop)
"""

# The answer to a delivery is held back after the commit: this process waits there until it is killed.
HOLD_BACK = """
from transport.agency.service import Service
take_in = Service.take_in
def keep_and_wait(*arguments):
    take_in(*arguments)
    print("kept", flush=True)
    threading.Event().wait()
Service.take_in = keep_and_wait
"""

# The same before anything is kept.
HOLD_BEFORE = """
from transport.agency.service import Service
def only_wait(*arguments):
    print("taken", flush=True)
    threading.Event().wait()
Service.take_in = only_wait
"""


@contextmanager
def _process(rehearsal: Rehearsal, before: str = "") -> Iterator[subprocess.Popen[str]]:
    program = SERVE.format(before=before)
    with subprocess.Popen(
        [sys.executable, "-c", program, str(rehearsal.home)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            _, rehearsal.port = json.loads(process.stdout.readline())
            yield process
        finally:
            process.kill()


def _deliver_and_kill(rehearsal: Rehearsal, raw: bytes, before: str, word: str) -> AnswerCut:
    """Deliver to an agency that stops at a point, kill it there, and return what the terminal was told."""
    with _process(rehearsal, before) as process:
        assert process.stdout is not None
        # Reading the pipe is waiting for the very moment; the delivery runs beside it.
        with rehearsal.line() as line:
            line.status()
            answer: list[AnswerCut] = []
            thread = _in_thread(lambda: answer.append(_lost(line, raw)))
            assert process.stdout.readline().strip() == word
            process.send_signal(signal.SIGKILL)
            thread.join(PATIENCE)
    return answer[0]


def _lost(line: Line, raw: bytes) -> AnswerCut:
    with pytest.raises(AnswerCut) as caught:
        line.deliver([raw])
    return caught.value


def _in_thread(act: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=act)
    thread.start()
    return thread


def test_killed_after_keeping_the_receipt_is_got_by_asking(rehearsal: Rehearsal) -> None:
    envelope = rehearsal.seal(record())
    error = _deliver_and_kill(rehearsal, envelope.raw, HOLD_BACK, "kept")
    assert error.may_have_arrived

    with _process(rehearsal), rehearsal.line() as line:
        receipt = line.ask([envelope.id])[envelope.id]
        (again,) = line.deliver([envelope.raw])
    assert receipt is not None
    assert again.receipt == receipt
    verify_receipt(receipt, envelope=envelope, signers=rehearsal.peer(port=1).versions)
    assert agency.received(rehearsal.home) == agency.Holdings(messages=1, distinct=1, alarms=0, acknowledged=0)


def test_killed_before_keeping_nothing_is_there_and_the_same_bytes_are_sent_again(rehearsal: Rehearsal) -> None:
    envelope = rehearsal.seal(record())
    _deliver_and_kill(rehearsal, envelope.raw, HOLD_BEFORE, "taken")

    with _process(rehearsal), rehearsal.line() as line:
        assert line.ask([envelope.id]) == {envelope.id: None}
        (again,) = line.deliver([envelope.raw])
    assert again.receipt is not None
    assert agency.received(rehearsal.home).messages == 1


def test_it_ends_in_order_when_it_is_told_to(rehearsal: Rehearsal) -> None:
    with _process(rehearsal) as process, rehearsal.line() as line:
        line.status()
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
