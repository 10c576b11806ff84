"""`send` and `receive`: exchange with the peer, with progress on stderr while a person looks."""

import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from console.commands.faults import Status, status_of
from console.commands.invocation import Invocation
from console.commands.progress import ProgressLine
from console.words.visible import visible

if TYPE_CHECKING:
    from types import FrameType

    from console.jobs.exchange import Interruption, Item
    from console.jobs.progress import Report


@click.command("send")
@click.pass_obj
def send(said: Invocation) -> int:
    """Send what is approved and due; exit status 5 when an answer is missing or the peer refused an item."""
    from console.jobs import exchange

    with said.acting() as (terminal, session), _watched(said) as (report, cancel):
        sent = exchange.send(terminal, session, report=report, cancel=cancel)
    data = {
        "sent": sent.sent,
        "delivered": sent.delivered,
        "unknown": sent.unknown,
        "refused": sent.refused,
        "waiting": sent.waiting,
    }
    _tell(said, "send", data, sent.items, sent.interruption)
    return _status(sent.interruption, Status.LINE if sent.unknown or sent.refused else Status.DONE)


@click.command("receive")
@click.pass_obj
def receive(said: Invocation) -> int:
    """Fetch results and notices; exit status 6 when something that came did not verify."""
    from console.jobs import exchange

    with said.acting() as (terminal, session), _watched(said) as (report, cancel):
        got = exchange.receive(terminal, session, report=report, cancel=cancel)
    data = {"received": got.received, "rejected": got.rejected, "results": got.results}
    _tell(said, "receive", data, got.items, got.interruption)
    return _status(got.interruption, Status.INTEGRITY if got.rejected else Status.DONE)


def _tell(
    said: Invocation,
    command: str,
    counts: Mapping[str, int],
    items: Sequence["Item"],
    interruption: "Interruption | None",
) -> None:
    told = [{"id": one.id, "reference": one.reference, "outcome": one.outcome, "code": one.code} for one in items]
    lines = [said.words(f"commands.{command}.done", **counts)]
    reason = None
    if interruption is not None:
        text = said.words.fault(interruption.code, interruption.facts)
        reason = {"code": interruption.code, "cause": text.cause, "remedy": text.remedy}
        lines.append(said.words("commands.failure", cause=text.cause, remedy=text.remedy))
    said.output.result({**counts, "items": told, "interruption": reason}, map(visible, lines))


def _status(interruption: "Interruption | None", otherwise: Status) -> int:
    """Return the exit status: what was done until an interruption stands, but the call did not do all of it."""
    return status_of(interruption.code) if interruption is not None else otherwise


@contextmanager
def _watched(said: Invocation) -> Iterator[tuple["Report", threading.Event]]:
    """Yield a reporter and the event that Ctrl+C sets: the job stops between two batches, and nothing is lost."""
    cancel = threading.Event()

    def stop(_number: int, _frame: "FrameType | None") -> None:
        # A second Ctrl+C ends the call at once.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        cancel.set()

    before = signal.signal(signal.SIGINT, stop)
    try:
        with ProgressLine(said.words) as progress:
            yield progress.show, cancel
    finally:
        signal.signal(signal.SIGINT, before)
