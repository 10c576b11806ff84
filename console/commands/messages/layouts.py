"""`layout draft`: begin a layout (取込様式) from a file of another system."""

from pathlib import Path

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation


@click.command("draft")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", required=True)
@click.pass_obj
def draft(call: Invocation, file: Path, name: str) -> int:
    """Write the beginning of a layout for files like this one into the terminal's directory."""
    with call.acting() as (terminal, session):
        path = jobs.terminal.layouts.draft(terminal, session, file, name)
    call.output.result({"file": str(path)}, [call.words("commands.layout.draft.done", file=path)])
    return ExitStatus.DONE
