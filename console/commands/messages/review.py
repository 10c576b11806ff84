"""The commands of the steps: decide about messages (`approve`, `return`, …), and about notices (`confirm`)."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from console import jobs
from console.commands.credentials import read_discreetly
from console.commands.failures import ExitStatus, status_of
from console.commands.invocation import Invocation
from console.commands.times import DAY
from console.steps import COMMANDS, ReviewStep
from console.words import Words
from store.message.states import Hold

if TYPE_CHECKING:
    from console.jobs.messages.confirmation import Confirmed
    from console.jobs.messages.review import Decided, RefusedStep
    from console.session import Session
    from console.terminal import Terminal


class StepCommand(click.Command):
    """The command of one step. `LazyGroup` takes its texts from `texts`: they are kept with the others of the step."""

    def __init__(self, name: str, step: ReviewStep) -> None:
        self.texts = f"steps.{step.step}.command"
        super().__init__(name, params=list(_parameters(step)), callback=click.pass_obj(partial(_take, step)))


def __getattr__(name: str) -> click.Command:
    """Return the command of a step (PEP 562): `LazyGroup` looks commands up by name in the module they are in."""
    if name not in COMMANDS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return StepCommand(name, COMMANDS[name])


def _parameters(step: ReviewStep) -> Iterator[click.Parameter]:
    yield click.Argument(["numbers"], nargs=-1, metavar="ID...", type=click.IntRange(min=1))
    if not step.of_departures:
        # Every message that the step can be taken with. What happened to one departure happened to no other.
        yield click.Option(["--all", "everything"], is_flag=True)
    if step.confirms_warnings:
        yield click.Option(["--confirm-warnings"], is_flag=True)
    if step.asks_day:
        yield click.Option(["--moved-in"], metavar="DAY", required=True, type=DAY)
    if step.asks_reason:
        # A reason is free text and may name a person: it is not left in the list of processes.
        yield click.Option(["--reason"], default="", metavar="TEXT", callback=read_discreetly)


def _take(
    step: ReviewStep, call: Invocation, *, numbers: tuple[int, ...], everything: bool = False, **asked: Any
) -> int:
    """Take `step` with the named messages or with all that it starts from; `asked` is what the job asks for besides."""
    if everything == bool(numbers):
        raise click.UsageError(call.words("commands.usage.messages"), click.get_current_context())
    with call.acting() as (terminal, session):
        chosen: Sequence[int] = _all_for(terminal, session, step) if everything else numbers
        decided = step.job()(terminal, session, chosen, **asked)
    return _print_decided(call, decided)


@click.command("confirm")
@click.argument("numbers", nargs=-1, required=True, metavar="ID...", type=click.IntRange(min=1))
@click.option("--hold", "held", is_flag=True)
@click.option("--reason", metavar="TEXT", callback=read_discreetly)
@click.option("--take-up", "taken_up", is_flag=True)
@click.pass_obj
def confirm(call: Invocation, *, numbers: tuple[int, ...], held: bool, reason: str | None, taken_up: bool) -> int:
    """Confirm received notices whose changes were read, put them on hold with a reason, or take them up again."""
    # A forgotten option must not confirm a notice that somebody wanted to put on hold, so a reason without `--hold` is
    # wrong usage, and `--hold` without a reason as well.
    if (held and taken_up) or held != (reason is not None):
        raise click.UsageError(call.words("commands.usage.confirm"), click.get_current_context())
    with call.acting() as (terminal, session):
        if reason is not None:
            decided = jobs.messages.confirmation.put_on_hold(terminal, session, numbers, reason=reason)
        elif taken_up:
            decided = jobs.messages.confirmation.take_up(terminal, session, numbers)
        else:
            return _print_confirmed(call, jobs.messages.confirmation.confirm(terminal, session, numbers))
    return _print_decided(call, decided)


def _print_confirmed(call: Invocation, confirmed: "Confirmed") -> int:
    data = {
        "changed": confirmed.changed,
        "waiting": confirmed.waiting,
        "refused": _refusals(confirmed, call.words),
    }
    counts = {
        "changed": len(confirmed.changed),
        "waiting": len(confirmed.waiting),
        "refused": len(confirmed.refused),
    }
    call.output.result(data, [*_refused_lines(confirmed, call.words), call.words("commands.confirm.done", **counts)])
    return _status(confirmed)


def _print_decided(call: Invocation, decided: "Decided") -> int:
    data = {"changed": list(decided.changed), "refused": _refusals(decided, call.words)}
    counts = {"changed": len(decided.changed), "refused": len(decided.refused)}
    call.output.result(data, [*_refused_lines(decided, call.words), call.words("commands.review.done", **counts)])
    return _status(decided)


def _status(decided: "Decided") -> int:
    # One refusal among many is enough for a script to see that not everything was done.
    return max((status_of(refusal.reason) for refusal in decided.refused), default=ExitStatus.DONE)


def _all_for(terminal: "Terminal", session: "Session", step: ReviewStep) -> list[int]:
    """Return the numbers of all messages in a state from which `step` starts.

    What an alarm holds is left out: somebody looks at each of those and names it.
    """
    listing = jobs.messages.listing
    # The states are a set; sorted, the same queue is decided in the same order every time.
    numbers = [
        number
        for state in sorted(step.sources)
        for number in listing.ids(terminal, session, listing.QueueQuery(direction=step.direction, state=state))
    ]
    return [row.id for row in listing.rows(terminal, session, numbers) if row.hold != Hold.ALARM]


def _refusals(decided: "Decided", words: Words) -> list[dict[str, object]]:
    return [_refusal(refusal, words) for refusal in decided.refused]


def _refusal(refusal: "RefusedStep", words: Words) -> dict[str, object]:
    text = words.fault(refusal.reason, refusal.facts)
    return {"id": refusal.id, "reason": refusal.reason, "message": text.cause, "remedy": text.remedy}


def _refused_lines(decided: "Decided", words: Words) -> Iterator[str]:
    for refusal in decided.refused:
        text = words.fault(refusal.reason, refusal.facts)
        yield words("commands.review.refused", id=refusal.id, cause=text.cause, remedy=text.remedy)
