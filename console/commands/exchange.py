"""`send`, `receive` and `recover`: exchange messages with the peer, with progress on stderr when that is a terminal."""

import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click

from console import jobs
from console.commands.failures import ExitStatus, status_of
from console.commands.invocation import Invocation
from console.commands.output import plain
from console.commands.progress import ProgressLine
from console.words import Words

if TYPE_CHECKING:
    from types import FrameType

    from console.jobs.exchange import (
        ClockReason,
        Interruption,
        ItemResult,
        Lost,
        ReceiveOutcome,
        RecoveryOutcome,
        SendOutcome,
    )
    from console.jobs.progress import Report


# The values of `ClockReason`, written out: the help names them, and must not wait for the libraries of the line.
_CLOCK_REASONS: Final = ("peer_wrong", "sync_down", "outage")
# The numbers that the JSON of `send` holds, as `SendOutcome` names them.
_RECOVERY_COUNTS: Final = ("recovered", "lost", "received", "results", "rejected")
_SEND_COUNTS: Final = ("sent", "delivered", "unknown", "refused", "held", "unproved", "waiting")


def _with_clock_reason(command: Callable[..., int]) -> Callable[..., int]:
    """Give `command` the option with which an officer says why it goes on although the clocks of both sides differ."""
    return click.option("--clock-reason", "clock_reason", metavar="R", type=click.Choice(_CLOCK_REASONS))(command)


@click.command("send")
@_with_clock_reason
@click.pass_obj
def send(call: Invocation, *, clock_reason: str | None) -> int:
    """Send what is approved and due; exit status 5 when an answer is missing or the peer refused an item.

    Exit status 6 when the peer knows an id for something else, or a message is not as the log has it: these are alarms,
    not troubles of the line.
    """
    with call.acting() as (terminal, session), _progress_and_cancel(call) as (report, cancel):
        outcome = jobs.exchange.send(
            terminal, session, report=report, cancel=cancel, clock_reason=_clock_reason(clock_reason)
        )
    counts = {name: getattr(outcome, name) for name in _SEND_COUNTS}
    alarms = {"held": outcome.held, "unproved": outcome.unproved}
    remarks = [call.words(f"exchange.{name}", **{name: count}) for name, count in alarms.items() if count]
    # Only the terminal that sealed a message sends it: the person learns at which terminal to send the rest.
    remarks += [
        call.words("exchange.elsewhere", terminal=name, count=count) for name, count in outcome.elsewhere.items()
    ]
    _print_outcome(call, "send", counts, outcome, remarks, elsewhere=dict(outcome.elsewhere))
    return _status(outcome.interruption, _send_status(outcome))


@click.command("receive")
@click.option("--after", type=click.IntRange(min=0), metavar="POSITION")
@click.option("--set-cursor", "set_cursor", type=click.IntRange(min=0), metavar="POSITION")
@_with_clock_reason
@click.pass_obj
def receive(call: Invocation, *, after: int | None, set_cursor: int | None, clock_reason: str | None) -> int:
    """Fetch results and notices; exit status 6 when something that came did not verify.

    With `--set-cursor` an officer sets back how far the feed was read, and nothing is fetched.
    """
    if set_cursor is not None:
        if after is not None:
            raise click.BadParameter(str(after), param_hint="--after")
        return _set_cursor(call, set_cursor)
    reason = _clock_reason(clock_reason)
    with call.acting() as (terminal, session), _progress_and_cancel(call) as (report, cancel):
        outcome = jobs.exchange.receive(
            terminal, session, after=after, report=report, cancel=cancel, clock_reason=reason
        )
    counts = {"received": outcome.received, "rejected": outcome.rejected, "results": outcome.results}
    _print_outcome(call, "receive", counts, outcome)
    return _status(outcome.interruption, ExitStatus.INTEGRITY if outcome.rejected else ExitStatus.DONE)


@click.command("recover")
@_with_clock_reason
@click.pass_obj
def recover(call: Invocation, *, clock_reason: str | None) -> int:
    """After the database was set back: learn from the peer what was sent since, and read its feed. Nothing is sent.

    Exit status 6 when something that came did not verify.
    """
    reason = _clock_reason(clock_reason)
    with call.acting() as (terminal, session), _progress_and_cancel(call) as (report, cancel):
        outcome = jobs.exchange.recover(terminal, session, report=report, cancel=cancel, clock_reason=reason)
    counts = {name: getattr(outcome, name) for name in _RECOVERY_COUNTS}
    remarks = [call.words("exchange.awaited", terminals=", ".join(outcome.awaited))] if outcome.awaited else []
    remarks += [_lost_line(lost, call.words) for lost in outcome.messages]
    messages = [plain(lost._asdict()) for lost in outcome.messages]
    _print_outcome(call, "recover", counts, outcome, remarks, awaited=outcome.awaited, messages=messages)
    return _status(outcome.interruption, ExitStatus.INTEGRITY if outcome.rejected else ExitStatus.DONE)


def _lost_line(lost: "Lost", words: Words) -> str:
    kind = "-" if lost.kind is None else words.name("kinds.short", lost.kind)
    result = words(f"commands.recover.{lost.outcome or 'undecided'}")
    at = words.time(lost.received_at)
    return words("commands.recover.lost", kind=kind, reference=lost.reference or "-", id=lost.uid, at=at, result=result)


def _set_cursor(call: Invocation, position: int) -> int:
    """Set the cursor of the feed back, without the line."""
    with call.acting() as (terminal, session):
        former = jobs.exchange.set_cursor(terminal, session, position)
    line = call.words("commands.receive.set_back", former=former, position=position)
    call.output.result({"cursor": position, "former": former}, [line])
    return ExitStatus.DONE


def _clock_reason(name: str | None) -> "ClockReason | None":
    return None if name is None else jobs.exchange.ClockReason(name)


def _send_status(outcome: "SendOutcome") -> ExitStatus:
    # An alarm outweighs everything else: somebody has to look at it before anything is sent again.
    if outcome.held or outcome.unproved:
        return ExitStatus.INTEGRITY
    return ExitStatus.LINE if outcome.unknown or outcome.refused else ExitStatus.DONE


def _print_outcome(
    call: Invocation,
    command: str,
    counts: Mapping[str, int],
    outcome: "SendOutcome | ReceiveOutcome | RecoveryOutcome",
    remarks: Sequence[str] = (),
    **more: object,
) -> None:
    lines = [call.words(f"commands.{command}.done", **counts), *remarks]
    found = Counter(item.outcome for item in outcome.items)
    # `recover` counts them itself; in the others a rebuilding that was due went before.
    if "lost" not in counts and (found["recovered"] or found["lost"]):
        lines.append(call.words("exchange.recovered", recovered=found["recovered"], lost=found["lost"]))
    if outcome.clock_warned:
        lines.append(call.words("commands.clock_differs", seconds=f"{outcome.clock_offset:+.0f}"))
    lines += _rejection_lines(outcome.items, call.words)
    interruption = None
    if outcome.interruption is not None:
        interruption = _interruption_facts(outcome.interruption, call.words)
        lines += _interruption_lines(interruption, call.words)
    data = {
        **counts,
        **more,
        # The measurement is uncertain by half the time that the greeting took: further digits would say nothing.
        "clock_offset": round(outcome.clock_offset, 3),
        "clock_warned": outcome.clock_warned,
        "items": [asdict(item) for item in outcome.items],
        "interruption": interruption,
    }
    call.output.result(data, lines)


def _rejection_lines(items: "Sequence[ItemResult]", words: Words) -> Iterator[str]:
    """Say why items were rejected: once for each reason, with how many there were."""
    codes = Counter(item.code for item in items if item.outcome == "rejected" and item.code is not None)
    for code, count in codes.items():
        facts = next(item.facts for item in items if item.code == code)
        text = words.fault(code, facts)
        yield words("commands.rejected", count=count, cause=text.cause, remedy=text.remedy)


def _interruption_facts(interruption: "Interruption", words: Words) -> dict[str, str | None]:
    text = words.fault(interruption.code, interruption.facts)
    return {
        "code": interruption.code,
        "cause": text.cause,
        "remedy": text.remedy,
        "incident": interruption.incident,
    }


def _interruption_lines(facts: Mapping[str, str | None], words: Words) -> Iterator[str]:
    yield words("commands.failure", cause=facts["cause"], remedy=facts["remedy"])
    if facts["incident"] is not None:
        yield words("commands.incident", incident=facts["incident"])


def _status(interruption: "Interruption | None", otherwise: ExitStatus) -> int:
    """Return the exit status: that of an interruption if there was one, else `otherwise`.

    What was done before an interruption stays done, but the call did not do everything.
    """
    return status_of(interruption.code) if interruption is not None else otherwise


@contextmanager
def _progress_and_cancel(call: Invocation) -> Iterator[tuple["Report", threading.Event]]:
    """Yield a reporter of progress and the event that Ctrl+C sets.

    The job looks at the event between two batches, so a cancelled exchange leaves nothing half done.
    """
    cancel = threading.Event()

    def stop(_number: int, _frame: "FrameType | None") -> None:
        # A second Ctrl+C ends the call at once, in case a batch hangs.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        cancel.set()

    before = signal.signal(signal.SIGINT, stop)
    try:
        with ProgressLine(call.words) as progress:
            yield progress.show, cancel
    finally:
        signal.signal(signal.SIGINT, before)
