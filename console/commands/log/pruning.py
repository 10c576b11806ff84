"""`log prune` and `log resume`: what two persons do with the log."""

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.second_person import SecondPersonFile, by_two


@click.command("prune")
@by_two
@click.pass_obj
def prune(said: Invocation, second: SecondPersonFile) -> int:
    """Remove entries that lie on media and are older than the setting, as two persons."""
    pin = second.pin()
    with said.acting() as (terminal, session):
        done = jobs.log.pruning.prune(terminal, session, second.person, pin, origin="command")
    told = said.words("log.pruned", entries=done.entries, last=done.last)
    said.output.result({"entries": done.entries, "last": done.last}, [told])
    return ExitStatus.DONE


@click.command("resume")
@by_two
@click.pass_obj
def resume(said: Invocation, second: SecondPersonFile) -> int:
    """Go on after the log was found rolled back or broken, as two persons."""
    pin = second.pin()
    with said.acting() as (terminal, session):
        made = jobs.log.pruning.resume(terminal, session, second.person, pin, origin="command")
    told = said.words("log.went_on", seq=made.seq, number=made.number)
    said.output.result({"entries": made.seq, "checkpoint": made.number}, [told])
    return ExitStatus.DONE
