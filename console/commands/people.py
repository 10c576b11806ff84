"""`operator list`, `add`, `pin` and `release`: the register of the people (利用者), and one's own PIN."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from console import jobs
from console.commands.credentials import read_pin
from console.commands.failures import ExitStatus
from console.commands.group import LazyGroup
from console.commands.invocation import Invocation
from console.commands.output import columns
from console.commands.second_person import perhaps_by_two_persons
from console.errors import OutputFileFault
from store.disk import disk_fault
from store.rights import Role
from store.sealing.keyfile import sync_directory

if TYPE_CHECKING:
    from console.jobs.people.logon import SecondPerson

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
    """The new file `file` for a first PIN cannot be made: the officer names another."""

    exit_status = 4


@click.command("list")
@click.pass_obj
def list_people(call: Invocation) -> int:
    """List everybody who is registered."""
    with call.acting() as (terminal, session):
        people = jobs.people.register.everybody(terminal, session)
    words = call.words
    operators = [
        {"id": person.id, "roles": sorted(person.roles), "pin_given": person.pin_given, "active": person.active}
        for person in people
    ]
    heading = [words("commands.operator.columns.id"), words("commands.operator.columns.roles")]
    cells = [[person.id, words.roles(sorted(person.roles))] for person in people]
    call.output.result({"operators": operators}, columns([heading, *cells]))
    return ExitStatus.DONE


@click.command("add")
@click.argument("person_id", metavar="ID")
@click.option(
    "--role", "roles", metavar="ROLE", multiple=True, required=True, type=click.Choice([str(role) for role in Role])
)
@click.option("--code-file", "code_file", required=True, metavar="FILE", type=click.Path(path_type=Path))
@perhaps_by_two_persons
@click.pass_obj
def add(
    call: Invocation, second: "SecondPerson | None", person_id: str, roles: tuple[str, ...], code_file: Path
) -> int:
    """Register a person, and write the PIN for the first log-on into a new file that only its owner can read."""
    with call.acting() as (terminal, session), _new_private_file(code_file) as hand_over:
        wanted = [Role(role) for role in roles]
        jobs.people.register.add(terminal, session, person_id, wanted, hand_over=hand_over, second=second)
    data = {"operator": person_id, "one_time_code_file": str(code_file)}
    call.output.result(data, [call.words("commands.operator.add.done", **data, roles=call.words.roles(roles))])
    return ExitStatus.DONE


@click.command("pin")
@click.option("--new-pin-file", "file", required=True, metavar="FILE", type=click.Path(path_type=Path))
@click.pass_obj
def pin(call: Invocation, file: Path) -> int:
    """Change one's own PIN to the one in a file that only its owner can read."""
    # Read first: a file that cannot be used is refused before anybody is logged on.
    chosen = read_pin(file)
    with call.acting() as (terminal, session):
        jobs.people.register.change_pin(terminal, session, chosen)
    call.output.result({"operator": call.person}, [call.words("commands.operator.pin.done")])
    return ExitStatus.DONE


@click.command("release")
@click.argument("person_id", metavar="ID")
@click.pass_obj
def release(call: Invocation, person_id: str) -> int:
    """Let somebody try again after too many wrong PINs."""
    with call.acting() as (terminal, session):
        released = jobs.people.register.release(terminal, session, person_id)
    # Nothing to release is no failure: the person can log on, which is what was asked for.
    key = "done" if released else "nothing"
    call.output.result({"operator": person_id, "released": released}, [call.words(f"commands.operator.release.{key}")])
    return ExitStatus.DONE


@contextmanager
def _new_private_file(path: Path) -> Iterator[Callable[[str], None]]:
    """Make a new file (mode 0600) and yield a function that writes a line to it, through to the disk.

    The file is removed again when the block fails. Raises CodeFileUnwritable, DiskFull, DiskFailed.
    """

    # The code is on the disk before the person is in the register: the other way round, a power failure could leave
    # a person whose code nobody knows.
    def write(line: str) -> None:
        stream.write(line + "\n")
        stream.flush()
        os.fsync(stream.fileno())
        sync_directory(path.parent)

    try:
        # O_EXCL: an existing file, or a link that somebody put there, is never written to.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise disk_fault(error) or CodeFileUnwritable(file=path.name) from error
    try:
        with open(handle, "w", encoding="utf-8") as stream:  # noqa: PTH123  # `os.open` set the mode.
            yield write
    except BaseException:
        # Also when a signal ends the call: no code may be left behind whose person was not registered.
        with suppress(OSError):
            path.unlink()
        raise
