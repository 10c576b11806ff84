"""`log prune` and `log resume`: what two persons do with the log (証跡) together."""

from typing import TYPE_CHECKING

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.second_person import by_two_persons

if TYPE_CHECKING:
    from console.jobs.people.logon import SecondPerson


@click.command("prune")
@by_two_persons
@click.pass_obj
def prune(call: Invocation, second: "SecondPerson") -> int:
    """Remove entries that were exported to media and are older than the setting, as two persons."""
    with call.acting() as (terminal, session):
        pruned = jobs.log.pruning.prune(terminal, session, second=second)
    line = call.words("log.pruned", entries=pruned.entries, last=pruned.last)
    call.output.result({"entries": pruned.entries, "last": pruned.last}, [line])
    return ExitStatus.DONE


@click.command("resume")
@by_two_persons
@click.pass_obj
def resume(call: Invocation, second: "SecondPerson") -> int:
    """Let work go on after the log was found rolled back or broken, as two persons."""
    with call.acting() as (terminal, session):
        checkpoint = jobs.log.pruning.resume(terminal, session, second=second)
    line = call.words("log.went_on", seq=checkpoint.seq, number=checkpoint.number)
    call.output.result({"entries": checkpoint.seq, "checkpoint": checkpoint.number}, [line])
    return ExitStatus.DONE
