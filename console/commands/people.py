"""`operator list`, `add`, `pin` and `release`: the people (利用者) of the terminal, and one's own PIN."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from console import jobs
from console.commands.credentials import read_pin
from console.commands.failures import ExitStatus
from console.commands.group import LazyGroup
from console.commands.invocation import Invocation
from console.commands.output import columns
from console.errors import OutputFileFault
from console.words.visible import visible
from store.disk import disk_fault
from store.rights import Role
from store.sealing.keyfile import sync_directory

operator = LazyGroup(
    "operator",
    {
        "list": "console.commands.people:list_people",
        "add": "console.commands.people:add",
        "pin": "console.commands.people:pin",
        "release": "console.commands.people:release",
    },
)


class CodeFileUnwritable(OutputFileFault):
    """The file `file` for a first PIN cannot be made new: the officer names another."""

    exit_status = 4


@click.command("list")
@click.pass_obj
def list_people(said: Invocation) -> int:
    """List everybody who is registered."""
    with said.acting() as (terminal, session):
        found = jobs.people.register.everybody(terminal, session)
    words = said.words
    told = [
        {"id": one.id, "roles": sorted(one.roles), "pin_given": one.pin_given, "active": one.active} for one in found
    ]
    table = [[words("commands.operator.columns.id"), words("commands.operator.columns.roles")]]
    table += [[one.id, ", ".join(words.name("roles", role) for role in sorted(one.roles))] for one in found]
    said.output.result({"operators": told}, columns(table))
    return ExitStatus.DONE


@click.command("add")
@click.argument("person_id", metavar="ID")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice([str(role) for role in Role]))
@click.option("--code-file", "code_file", required=True, metavar="FILE", type=click.Path(path_type=Path))
@click.pass_obj
def add(said: Invocation, person_id: str, roles: tuple[str, ...], code_file: Path) -> int:
    """Register a person; the PIN for the first log-on goes into a new file that its owner alone can read."""
    with said.acting() as (terminal, session), _new_private(code_file) as hand_over:
        jobs.people.register.add(terminal, session, person_id, [Role(role) for role in roles], hand_over=hand_over)
    data = {"operator": person_id, "one_time_code_file": str(code_file)}
    said.output.result(data, [visible(said.words("commands.init.code", **data))])
    return ExitStatus.DONE


@click.command("pin")
@click.option("--new-pin-file", "file", required=True, metavar="FILE", type=click.Path(path_type=Path))
@click.pass_obj
def pin(said: Invocation, file: Path) -> int:
    """Change one's own PIN to the one in a file that its owner alone can read."""
    chosen = read_pin(file)
    with said.acting() as (terminal, session):
        jobs.people.register.change_pin(terminal, session, chosen)
    said.output.result({"operator": said.person}, [said.words("commands.operator.pin.done")])
    return ExitStatus.DONE


@click.command("release")
@click.argument("person_id", metavar="ID")
@click.pass_obj
def release(said: Invocation, person_id: str) -> int:
    """Let somebody try again after too many wrong PINs."""
    with said.acting() as (terminal, session):
        released = jobs.people.register.release(terminal, session, person_id)
    key = "done" if released else "nothing"
    said.output.result({"operator": person_id, "released": released}, [said.words(f"commands.operator.release.{key}")])
    return ExitStatus.DONE


@contextmanager
def _new_private(path: Path) -> Iterator[Callable[[str], None]]:
    """Yield what writes a line through to a new file (mode 0600), which vanishes again when the block fails."""

    def write(line: str) -> None:
        stream.write(line + "\n")
        stream.flush()
        os.fsync(stream.fileno())
        sync_directory(path.parent)

    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise disk_fault(error) or CodeFileUnwritable(file=path.name) from error
    try:
        with open(handle, "w", encoding="utf-8") as stream:  # noqa: PTH123 - created with its mode in one step
            yield write
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
