"""`log export`: what was not exported yet, to a medium."""

from pathlib import Path

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.progress import ProgressLine


@click.command("export")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--label", required=True, metavar="TEXT")
@click.pass_obj
def export(said: Invocation, directory: Path, label: str) -> int:
    """Write what was not exported yet to the medium at DIRECTORY, read it back, and record it."""
    with said.acting() as (terminal, session), ProgressLine(said.words) as progress:
        done = jobs.log.export.export(terminal, session, directory, label=label, report=progress.show)
    data = {
        "bundle": done.bundle,
        "first": done.first,
        "last": done.last,
        "digest": done.digest,
        "label": done.label,
        "own_disk": done.own_disk,
    }
    told = [said.words("log.exported", bundle=done.bundle, first=done.first, last=done.last, label=done.label)]
    if done.own_disk:
        told.append(said.words("log.own_disk"))
    said.output.result(data, told)
    return ExitStatus.DONE
