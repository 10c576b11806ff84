"""`log export`, `log prune` and `log resume`: the log on media, and what takes two persons."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path

import click

from console.commands.credentials import read_pin
from console.commands.faults import Status
from console.commands.invocation import Invocation
from console.commands.progress import ProgressLine


@click.command("export")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--label", required=True, metavar="TEXT")
@click.pass_obj
def export(said: Invocation, directory: Path, label: str) -> int:
    """Write what was not exported yet to the medium at DIRECTORY, read it back, and record it."""
    from console.jobs.export import export as export_log

    with said.acting() as (terminal, session), ProgressLine(said.words) as progress:
        done = export_log(terminal, session, directory, label=label, report=progress.show)
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
    return Status.DONE


@dataclass(frozen=True, slots=True)
class Second:
    """The second person of an act that takes two."""

    person: str
    pin_file: Path

    def pin(self) -> str:
        """Return the PIN. Raises what is wrong with its file."""
        return read_pin(self.pin_file)


def by_two(act: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options that name its second person."""

    @click.option("--second", required=True, metavar="ID")
    @click.option("--second-pin-file", required=True, type=click.Path(path_type=Path), metavar="FILE")
    @wraps(act)
    def told(*arguments: object, second: str, second_pin_file: Path, **more: object) -> int:
        return act(*arguments, Second(second, second_pin_file), **more)

    return told


@click.command("prune")
@by_two
@click.pass_obj
def prune(said: Invocation, second: Second) -> int:
    """Remove entries that lie on media and are older than the setting, as two persons."""
    from console.jobs import custody

    pin = second.pin()
    with said.acting() as (terminal, session):
        done = custody.prune(terminal, session, second.person, pin, origin="command")
    told = said.words("log.pruned", entries=done.entries, last=done.last)
    said.output.result({"entries": done.entries, "last": done.last}, [told])
    return Status.DONE


@click.command("resume")
@by_two
@click.pass_obj
def resume(said: Invocation, second: Second) -> int:
    """Go on after the log was found rolled back or broken, as two persons."""
    from console.jobs import custody

    pin = second.pin()
    with said.acting() as (terminal, session):
        made = custody.resume(terminal, session, second.person, pin, origin="command")
    told = said.words("log.went_on", seq=made.seq, number=made.number)
    said.output.result({"entries": made.seq, "checkpoint": made.number}, [told])
    return Status.DONE
