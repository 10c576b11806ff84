"""`join`: several terminals on one queue, from the request on the new machine to its retirement."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.output import columns
from console.commands.second_person import SecondPersonFile, by_two
from console.settings import Settings
from console.words.visible import visible

if TYPE_CHECKING:
    from console.jobs.terminal import sharing


@click.command("request")
@click.option("--settings", "settings_file", required=True, metavar="FILE", type=click.Path(path_type=Path))
@click.option("--out", required=True, metavar="FILE", type=click.Path(path_type=Path))
@click.pass_obj
def request(said: Invocation, settings_file: Path, out: Path) -> int:
    """Ask for a place on the queue of another terminal; nobody is logged on, for there is nobody yet."""
    made = jobs.terminal.joining.request(said.named_home(), Settings.read(settings_file), out)
    data = {"file": str(made.file), "fingerprint": made.fingerprint}
    said.output.result(data, [visible(said.words("commands.join.request.done", **data))])
    return ExitStatus.DONE


@click.command("admit")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--fingerprint", required=True, metavar="HEX")
@click.option("--out", required=True, metavar="FILE", type=click.Path(path_type=Path))
@by_two
@click.pass_obj
def admit(said: Invocation, second: SecondPersonFile, *, file: Path, fingerprint: str, out: Path) -> int:
    """Let the terminal of the request FILE in, as an officer and a custodian."""
    beside = _second(second)
    with said.acting() as (terminal, session):
        made = jobs.terminal.sharing.let_in(terminal, session, file, out, fingerprint=fingerprint, second=beside)
    data = {"terminal": made.terminal, "file": str(made.file)}
    said.output.result(data, [visible(said.words("commands.join.admit.done", **data))])
    return ExitStatus.DONE


@click.command("accept")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def accept(said: Invocation, file: Path) -> int:
    """Make the terminal with what the grant FILE holds, once the whole log has verified."""
    done = jobs.terminal.joining.accept(said.named_home(), file, parts=said.parts())
    data = {"home": str(done.home), "terminal": done.terminal, "origin": done.origin, "entries": done.entries}
    said.output.result(data, [visible(said.words("commands.join.accept.done", **data))])
    return ExitStatus.DONE


@click.command("show")
@click.pass_obj
def show(said: Invocation) -> int:
    """List the terminals that share the queue."""
    with said.acting() as (terminal, session):
        found = jobs.terminal.sharing.shared_by(terminal, session)
    heading = [said.words(f"commands.join.columns.{name}") for name in ("name", "state")]
    table = [[f"{one.name}{'*' if one.own else ''}", said.words(f"commands.join.{_state(one)}")] for one in found]
    data = [{"name": one.name, "in_force": one.in_force, "own": one.own} for one in found]
    said.output.result({"terminals": data}, columns([heading, *table]))
    return ExitStatus.DONE


@click.command("retire")
@click.argument("name")
@by_two
@click.pass_obj
def retire(said: Invocation, second: SecondPersonFile, *, name: str) -> int:
    """Let the terminal NAME sign and send no more, as an officer and a custodian."""
    beside = _second(second)
    with said.acting() as (terminal, session):
        jobs.terminal.sharing.retire(terminal, session, name, second=beside)
    said.output.result({"terminal": name}, [visible(said.words("commands.join.retire.done", terminal=name))])
    return ExitStatus.DONE


def _second(second: SecondPersonFile) -> "sharing.SecondPerson":
    return jobs.terminal.sharing.SecondPerson(second.person, second.pin(), "command")


def _state(one: "sharing.SharedBy") -> str:
    return "working" if one.in_force else "retired"
