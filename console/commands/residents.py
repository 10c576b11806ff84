"""`protect`: residents whose address is hidden (支援措置)."""

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation


@click.command("protect")
@click.argument("number", metavar="ID", type=click.IntRange(min=1))
@click.option("--end", "ends", is_flag=True)
@click.pass_obj
def protect(call: Invocation, *, number: int, ends: bool) -> int:
    """Hide the address of the person of a message in all messages, or show it again."""
    with call.acting() as (terminal, session):
        change = jobs.residents.protection.unprotect if ends else jobs.residents.protection.protect
        changed = change(terminal, session, number)
    call.output.result(
        {"protected": not ends, "changed": changed},
        [call.words("message.protection.ended" if ends else "message.protection.done")],
    )
    return ExitStatus.DONE
