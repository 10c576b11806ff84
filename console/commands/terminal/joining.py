"""`join`: several terminals on one queue, from the request of a new machine to its retirement."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.output import columns
from console.commands.second_person import by_two_persons
from console.settings import Settings

if TYPE_CHECKING:
    from console.jobs.people.logon import SecondPerson
    from console.jobs.terminal.sharing import SharedBy


@click.command("request")
@click.option("--settings", "settings_file", required=True, metavar="FILE", type=click.Path(path_type=Path))
@click.option("--out", required=True, metavar="FILE", type=click.Path(path_type=Path))
@click.pass_obj
def request(call: Invocation, settings_file: Path, out: Path) -> int:
    """Ask for a place on the queue of another terminal; nobody is logged on, since nobody is registered yet."""
    made = jobs.terminal.joining.request(call.named_home(), Settings.read(settings_file), out)
    data = {"file": str(made.file), "fingerprint": made.fingerprint}
    call.output.result(data, [call.words("commands.join.request.done", **data)])
    return ExitStatus.DONE


# The fingerprint is typed, not read from the request: people compare it over another way than the file took, so a
# request that was exchanged on the way is noticed.
@click.command("admit")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--fingerprint", required=True, metavar="HEX")
@click.option("--out", required=True, metavar="FILE", type=click.Path(path_type=Path))
@by_two_persons
@click.pass_obj
def admit(call: Invocation, second: "SecondPerson", *, file: Path, fingerprint: str, out: Path) -> int:
    """Let the terminal that wrote the request FILE share the queue, as an officer and a custodian."""
    with call.acting() as (terminal, session):
        made = jobs.terminal.sharing.let_in(terminal, session, file, out, fingerprint=fingerprint, second=second)
    data = {"terminal": made.terminal, "file": str(made.file)}
    call.output.result(data, [call.words("commands.join.admit.done", **data)])
    return ExitStatus.DONE


@click.command("accept")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def accept(call: Invocation, file: Path) -> int:
    """Make the terminal from what the grant FILE holds, after the whole log has verified."""
    done = jobs.terminal.joining.accept(call.named_home(), file, parts=call.parts())
    data = {"home": str(done.home), "terminal": done.terminal, "origin": done.origin, "entries": done.entries}
    call.output.result(data, [call.words("commands.join.accept.done", **data)])
    return ExitStatus.DONE


@click.command("show")
@click.pass_obj
def show(call: Invocation) -> int:
    """List the terminals that share the queue."""
    with call.acting() as (terminal, session):
        terminals = jobs.terminal.sharing.shared_by(terminal, session)
    heading = [call.words(f"commands.join.columns.{name}") for name in ("name", "state")]
    # The asterisk marks the terminal on which the command runs.
    cells = [
        [f"{shared.name}{'*' if shared.own else ''}", call.words(f"commands.join.{_state(shared)}")]
        for shared in terminals
    ]
    data = [{"name": shared.name, "in_force": shared.in_force, "own": shared.own} for shared in terminals]
    call.output.result({"terminals": data}, columns([heading, *cells]))
    return ExitStatus.DONE


@click.command("retire")
@click.argument("name")
@by_two_persons
@click.pass_obj
def retire(call: Invocation, second: "SecondPerson", *, name: str) -> int:
    """Let the terminal NAME no longer sign and send, as an officer and a custodian."""
    with call.acting() as (terminal, session):
        jobs.terminal.sharing.retire(terminal, session, name, second=second)
    call.output.result({"terminal": name}, [call.words("commands.join.retire.done", terminal=name)])
    return ExitStatus.DONE


def _state(shared: "SharedBy") -> str:
    return "working" if shared.in_force else "retired"
