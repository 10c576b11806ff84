"""What an exchange did, as a person reads it: the jobs behind its keys, and their outcome in words."""

import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from console import jobs
from console.jobs.progress import Progress
from console.words import Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.jobs.exchange import ItemResult, ReceiveOutcome, SendOutcome
    from console.jobs.progress import Report
    from console.session import Session
    from console.terminal import Terminal

Way = Literal["send", "receive", "read_again"]
CONNECT: Final = "connect"
"""The phase in which nothing is counted but seconds."""

# What went wrong comes first, then what is open; what went well needs nobody.
_ORDER: Final = (
    *("refused", "rejected", "held", "unknown", "lost", "waiting", "approved", "sending"),
    *("received", "recovered", "known", "accepted", "delivered"),
)
ERRORS: Final = frozenset({"refused", "rejected", "held", "unknown", "lost"})
"""The outcomes that somebody has to do something about."""


@dataclass(frozen=True, slots=True)
class Exchanged:
    """The outcome of an exchange: of sending, of receiving, or of both one after the other."""

    sent: "SendOutcome | None" = None
    received: "ReceiveOutcome | None" = None

    @property
    def parts(self) -> "list[SendOutcome | ReceiveOutcome]":
        """What was done, in its order."""
        return [part for part in (self.sent, self.received) if part is not None]

    @property
    def items(self) -> "list[ItemResult]":
        """Everything that was exchanged. A message that was sent and decided at once counts once."""
        every = [item for part in self.parts for item in part.items]
        return [every[place] for place in latest(every)]

    @property
    def alarming(self) -> bool:
        """Whether something went wrong or is open."""
        return any(map(_is_alarming, self.parts))


def latest(items: "Sequence[ItemResult]") -> list[int]:
    """Return the places of the items without those of which a later item tells what became of them."""
    # Later results win: what was delivered and then refused is refused. What has no number stands by itself.
    last = {item.id or -place - 1: place for place, item in enumerate(items)}
    return list(last.values())


def errors_first(items: "Sequence[ItemResult]") -> "list[ItemResult]":
    """Return the items in the order in which people care for them."""
    # Stable, so that those of one outcome stay in the order in which they were exchanged.
    return sorted(items, key=lambda item: _ORDER.index(item.outcome) if item.outcome in _ORDER else len(_ORDER))


def exchange(
    terminal: "Terminal",
    session: "Session",
    *,
    way: Way,
    clock_reason: str | None,
    report: "Report",
    cancel: threading.Event,
) -> Exchanged:
    """Send and then receive, or only receive; runs in a thread."""
    reason = None if clock_reason is None else jobs.exchange.ClockReason(clock_reason)
    sent = None
    if way == "send":
        sent = jobs.exchange.send(terminal, session, report=report, cancel=cancel, clock_reason=reason)
        # The line is down, or the person does not want to go on: what was sent is told all the same.
        if cancel.is_set() or sent.interruption is not None:
            return Exchanged(sent)
        # The line is opened anew, which may take as long as the first time.
        report(Progress(CONNECT, 0, 0, 0.0, None))
    # Plain receiving never goes back to a rejected item: its position is behind the cursor.
    after = jobs.exchange.before_rejected(terminal) if way == "read_again" else None
    received = jobs.exchange.receive(terminal, session, after=after, report=report, cancel=cancel, clock_reason=reason)
    return Exchanged(sent, received)


def describe(words: Words, exchanged: Exchanged, *, stopped: bool) -> str:
    """Return what the exchange did, a line for each part; then why it ended early, and what is alarming."""
    lines = [_describe(words, part) for part in exchanged.parts]
    interruption = next((part.interruption for part in exchanged.parts if part.interruption is not None), None)
    if stopped:
        # The line was cut by the person's own wish: the error that comes of it needs no remedy.
        return "\n".join([words("exchange.stopped"), *lines])
    if interruption is not None:
        fault = words.fault(interruption.code, interruption.facts)
        number = words("common.recorded", number=interruption.incident) if interruption.incident else ""
        lines.append(f"{fault.cause} {fault.remedy} {number}".rstrip())
    return "\n".join(lines)


def _describe(words: Words, outcome: "SendOutcome | ReceiveOutcome") -> str:
    if isinstance(outcome, jobs.exchange.SendOutcome):
        text = _describe_sent(words, outcome)
    else:
        counts = {name: getattr(outcome, name) for name in ("received", "results", "rejected")}
        text = words("exchange.received", **counts)
    found = Counter(item.outcome for item in outcome.items)
    if not isinstance(outcome, jobs.exchange.SendOutcome) and found["refused"]:
        # Of what was sent before, and so no error of the sending that stands above.
        text = f"{text}  {words('exchange.results_refused', count=found['refused'])}"
    if found["recovered"] or found["lost"]:
        compared = words("exchange.recovered", recovered=found["recovered"], lost=found["lost"])
        text = f"{compared} {text}"
    if outcome.clock_warned:
        text = f"{words('exchange.clock_differs', seconds=f'{outcome.clock_offset:+.0f}')} {text}"
    return text


def _describe_sent(words: Words, outcome: "SendOutcome") -> str:
    counts = {name: getattr(outcome, name) for name in ("delivered", "unknown", "refused", "waiting")}
    text = words("exchange.sent", **counts)
    # Terminals may share a queue. What another one began to send is sent again only there, with its exact stored bytes.
    for name, count in outcome.elsewhere.items():
        text = f"{text} {words('exchange.elsewhere', terminal=name, count=count)}"
    # An alarm comes first: the notice line may have no room for all of it.
    alarms = {"held": outcome.held, "unproved": outcome.unproved}
    lines = [words(f"exchange.{name}", **{name: count}) for name, count in alarms.items() if count]
    return " ".join([*lines, text])


def _is_alarming(outcome: "SendOutcome | ReceiveOutcome") -> bool:
    if isinstance(outcome, jobs.exchange.SendOutcome):
        failed = outcome.unknown + outcome.refused + outcome.held + outcome.unproved
    else:
        failed = outcome.rejected + sum(item.outcome in ERRORS for item in outcome.items)
    return bool(failed) or outcome.interruption is not None or outcome.clock_warned
