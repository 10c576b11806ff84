"""`send` and `receive`: exchange with the peer, with progress on stderr while a person looks."""

import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from console import jobs
from console.commands.failures import ExitStatus, status_of
from console.commands.invocation import Invocation
from console.commands.progress import ProgressLine
from console.words.visible import visible

if TYPE_CHECKING:
    from types import FrameType

    from console.jobs.exchange import Interruption, ReceiveOutcome, SendOutcome
    from console.jobs.progress import Report


def _with_clock_reason(command: Callable[..., int]) -> Callable[..., int]:
    """Let an officer say why to exchange although the clocks of both sides are apart."""
    reasons = click.Choice(["peer_wrong", "sync_down", "outage"])
    return click.option("--clock-reason", "clock_reason", type=reasons)(command)


@click.command("send")
@_with_clock_reason
@click.pass_obj
def send(said: Invocation, *, clock_reason: str | None) -> int:
    """Send what is approved and due; exit status 5 when an answer is missing or the peer refused an item.

    Status 6 when the peer knows an id for something else: that is an alarm, not a trouble of the line.
    """
    reason = None if clock_reason is None else jobs.exchange.ClockReason(clock_reason)
    with said.acting() as (terminal, session), _watched(said) as (report, cancel):
        sent = jobs.exchange.send(terminal, session, report=report, cancel=cancel, clock_reason=reason)
    data = {
        "sent": sent.sent,
        "delivered": sent.delivered,
        "unknown": sent.unknown,
        "refused": sent.refused,
        "held": sent.held,
        "waiting": sent.waiting,
    }
    beside = [said.words("exchange.held", held=sent.held)] if sent.held else []
    for name, count in sent.elsewhere.items():
        beside.append(said.words("exchange.elsewhere", terminal=name, count=count))
    _tell(said, "send", data, sent, beside, elsewhere=dict(sent.elsewhere))
    otherwise = (
        ExitStatus.INTEGRITY if sent.held else ExitStatus.LINE if sent.unknown or sent.refused else ExitStatus.DONE
    )
    return _status(sent.interruption, otherwise)


@click.command("receive")
@click.option("--after", type=click.IntRange(min=0), metavar="POSITION")
@_with_clock_reason
@click.pass_obj
def receive(said: Invocation, *, after: int | None, clock_reason: str | None) -> int:
    """Fetch results and notices; exit status 6 when something that came did not verify."""
    reason = None if clock_reason is None else jobs.exchange.ClockReason(clock_reason)
    with said.acting() as (terminal, session), _watched(said) as (report, cancel):
        got = jobs.exchange.receive(terminal, session, after=after, report=report, cancel=cancel, clock_reason=reason)
    data = {"received": got.received, "rejected": got.rejected, "results": got.results}
    _tell(said, "receive", data, got)
    return _status(got.interruption, ExitStatus.INTEGRITY if got.rejected else ExitStatus.DONE)


def _tell(
    said: Invocation,
    command: str,
    counts: Mapping[str, int],
    done: "SendOutcome | ReceiveOutcome",
    beside: Sequence[str] = (),
    **more: object,
) -> None:
    lines = [said.words(f"commands.{command}.done", **counts), *beside]
    if done.clock_warned:
        lines.append(said.words("commands.clock_differs", seconds=f"{done.clock_offset:+.0f}"))
    reason = None
    broken = done.interruption
    if broken is not None:
        text = said.words.fault(broken.code, broken.facts)
        reason = {"code": broken.code, "cause": text.cause, "remedy": text.remedy, "incident": broken.incident}
        lines.append(said.words("commands.failure", cause=text.cause, remedy=text.remedy))
        if broken.incident is not None:
            lines.append(said.words("commands.incident", incident=broken.incident))
    clock = {"clock_offset": round(done.clock_offset, 3), "clock_warned": done.clock_warned}
    items = [asdict(one) for one in done.items]
    said.output.result({**counts, **more, **clock, "items": items, "interruption": reason}, map(visible, lines))


def _status(interruption: "Interruption | None", otherwise: ExitStatus) -> int:
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
