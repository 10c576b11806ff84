"""`erase`: contents whose retention is over."""

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation


@click.command("erase")
@click.pass_obj
def erase(call: Invocation) -> int:
    """Erase the contents whose retention is over, and print how many there were."""
    with call.acting() as (terminal, session):
        data = {"erased": jobs.messages.retention.erase_expired(terminal, session)}
    call.output.result(data, [call.words("commands.erase.done", **data)])
    return ExitStatus.DONE
