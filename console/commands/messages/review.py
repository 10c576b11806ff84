"""`approve`, `return`, `hold`, `release`, `withdraw`, `resend`: decide about messages; `confirm`: about notices."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from console import jobs
from console.commands.credentials import read_discreetly
from console.commands.failures import ExitStatus, status_of
from console.commands.invocation import Invocation
from console.words import Words
from console.words.visible import visible
from store.message.states import TRANSITIONS, Hold, Step

if TYPE_CHECKING:
    from console.jobs.messages.confirmation import Confirmed
    from console.jobs.messages.review import Decided, RefusedStep
    from console.session import Session
    from console.terminal import Terminal

    Decision = Callable[[Terminal, Session, Sequence[int]], Decided]


def _on_messages(command: Callable[..., int]) -> Callable[..., int]:
    """Let `command` take message numbers, or `--all` for every message that it can be done to."""
    command = click.option("--all", "everything", is_flag=True)(command)
    return click.argument("numbers", nargs=-1, metavar="ID...", type=click.IntRange(min=1))(command)


def _with_reason(command: Callable[..., int]) -> Callable[..., int]:
    """Let `command` take a reason in words, which may name a person."""
    return click.option("--reason", default="", metavar="TEXT", callback=read_discreetly)(command)


@click.command("approve")
@_on_messages
@click.option("--confirm-warnings", is_flag=True)
@click.pass_obj
def approve(said: Invocation, *, numbers: tuple[int, ...], everything: bool, confirm_warnings: bool) -> int:
    """Approve; messages with unconfirmed warnings are refused unless the flag confirms them."""
    decision = partial(jobs.messages.review.approve, confirm_warnings=confirm_warnings)
    return _decide(said, Step.APPROVE, decision, numbers, everything=everything)


@click.command("return")
@_on_messages
@_with_reason
@click.pass_obj
def give_back(said: Invocation, *, numbers: tuple[int, ...], everything: bool, reason: str) -> int:
    """Return to the operator with a reason."""
    decision = partial(jobs.messages.review.give_back, reason=reason)
    return _decide(said, Step.GIVE_BACK, decision, numbers, everything=everything)


@click.command("hold")
@_on_messages
@click.pass_obj
def hold(said: Invocation, *, numbers: tuple[int, ...], everything: bool) -> int:
    """Keep approved messages from being sent."""
    return _decide(said, Step.HOLD, jobs.messages.review.hold, numbers, everything=everything)


@click.command("release")
@_on_messages
@click.pass_obj
def release(said: Invocation, *, numbers: tuple[int, ...], everything: bool) -> int:
    """Let held messages be sent."""
    return _decide(said, Step.RELEASE, jobs.messages.review.release, numbers, everything=everything)


@click.command("withdraw")
@_on_messages
@_with_reason
@click.pass_obj
def withdraw(said: Invocation, *, numbers: tuple[int, ...], everything: bool, reason: str) -> int:
    """Take messages back for good, with a reason."""
    decision = partial(jobs.messages.review.withdraw, reason=reason)
    return _decide(said, Step.WITHDRAW, decision, numbers, everything=everything)


@click.command("resend")
@_on_messages
@click.pass_obj
def resend(said: Invocation, *, numbers: tuple[int, ...], everything: bool) -> int:
    """Seal anew and send once more what the peer refused unread."""
    return _decide(said, Step.RESEND, jobs.exchange.resend, numbers, everything=everything)


@click.command("confirm")
@click.argument("numbers", nargs=-1, required=True, metavar="ID...", type=click.IntRange(min=1))
@click.option("--hold", "held", is_flag=True)
@click.option("--reason", metavar="TEXT", callback=read_discreetly)
@click.option("--take-up", "taken_up", is_flag=True)
@click.pass_obj
def confirm(said: Invocation, *, numbers: tuple[int, ...], held: bool, reason: str | None, taken_up: bool) -> int:
    """Confirm received notices whose changes were read, put them on hold with a reason, or take them up again."""
    if (held and taken_up) or held != (reason is not None):
        raise click.UsageError(said.words("commands.usage.confirm"), click.get_current_context())
    with said.acting() as (terminal, session):
        if reason is not None:
            done = jobs.messages.confirmation.put_on_hold(terminal, session, numbers, reason=reason)
        elif taken_up:
            done = jobs.messages.confirmation.take_up(terminal, session, numbers)
        else:
            return _confirmed(said, jobs.messages.confirmation.confirm(terminal, session, numbers))
    return _tell(said, done)


def _confirmed(said: Invocation, done: "Confirmed") -> int:
    data = {"changed": done.changed, "waiting": done.waiting, "refused": _refusals(done, said.words)}
    counts = {"changed": len(done.changed), "waiting": len(done.waiting), "refused": len(done.refused)}
    said.output.result(data, [*_refused_lines(done, said.words), said.words("commands.confirm.done", **counts)])
    return _status(done)


def _decide(said: Invocation, step: Step, decision: "Decision", numbers: Sequence[int], *, everything: bool) -> int:
    if everything == bool(numbers):
        raise click.UsageError(said.words("commands.usage.messages"), click.get_current_context())
    with said.acting() as (terminal, session):
        chosen = _all_for(terminal, session, step) if everything else numbers
        done = decision(terminal, session, chosen)
    return _tell(said, done)


def _tell(said: Invocation, done: "Decided") -> int:
    data = {"changed": list(done.changed), "refused": _refusals(done, said.words)}
    told = said.words("commands.review.done", changed=len(done.changed), refused=len(done.refused))
    said.output.result(data, [*_refused_lines(done, said.words), told])
    return _status(done)


def _status(done: "Decided") -> int:
    return max((status_of(one.reason) for one in done.refused), default=ExitStatus.DONE)


def _all_for(terminal: "Terminal", session: "Session", step: Step) -> list[int]:
    """Return the numbers of all outgoing messages in a state from which `step` starts.

    What an alarm holds is left out: somebody looks at each of those and names it.
    """
    numbers = [
        number
        for state in sorted(TRANSITIONS[step].sources)
        for number in jobs.messages.listing.ids(
            terminal, session, jobs.messages.listing.QueueQuery(direction="out", state=state)
        )
    ]
    return [row.id for row in jobs.messages.listing.rows(terminal, session, numbers) if row.hold != Hold.ALARM]


def _refusals(done: "Decided", words: Words) -> list[dict[str, object]]:
    return [_refusal(one, words) for one in done.refused]


def _refusal(refusal: "RefusedStep", words: Words) -> dict[str, object]:
    text = words.fault(refusal.reason, refusal.facts)
    return {"id": refusal.id, "reason": refusal.reason, "message": text.cause, "remedy": text.remedy}


def _refused_lines(done: "Decided", words: Words) -> Iterator[str]:
    for one in done.refused:
        text = words.fault(one.reason, one.facts)
        yield visible(words("commands.review.refused", id=one.id, cause=text.cause, remedy=text.remedy))
