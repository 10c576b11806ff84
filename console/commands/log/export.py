"""`log export`: write the entries that were not exported yet to a medium."""

from pathlib import Path

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.progress import ProgressLine


@click.command("export")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--label", required=True, metavar="TEXT")
@click.option("--again", "again", metavar="FIRST", type=click.IntRange(1))
@click.option("--same-disk", "same_disk", is_flag=True)
@click.pass_obj
def export(call: Invocation, directory: Path, label: str, again: int | None, *, same_disk: bool) -> int:
    """Write the entries that were not exported yet to the medium at DIRECTORY, read them back, and record it.

    With `--again`, write the export that began at entry FIRST once more, byte for byte.
    """
    target = jobs.log.export.Target(directory, label, same_disk)
    with call.acting() as (terminal, session), ProgressLine(call.words) as progress:
        done = jobs.log.export.export(terminal, session, target, again=again, report=progress.show)
    data = {
        "bundle": done.bundle,
        "first": done.first,
        "last": done.last,
        "digest": done.digest,
        "label": done.label,
        "own_disk": done.own_disk,
    }
    lines = [call.words("log.exported", **data)]
    if done.own_disk:
        # A bundle on the terminal's own disk is lost with it: a person still has to bring it to a medium.
        lines.append(call.words("log.own_disk"))
    call.output.result(data, lines)
    return ExitStatus.DONE
