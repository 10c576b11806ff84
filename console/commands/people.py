"""`operator`: the register of the people (利用者), which an officer and a second person change, and one's own PIN."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from console import jobs
from console.commands.credentials import read_pin
from console.commands.failures import ExitStatus
from console.commands.group import LazyGroup
from console.commands.invocation import Invocation
from console.commands.output import columns, plain
from console.commands.second_person import by_two_persons, perhaps_by_two_persons
from console.commands.times import DAY
from console.errors import OutputFileFault
from store.disk import disk_fault
from store.rights import Role
from store.sealing.keyfile import sync_directory

if TYPE_CHECKING:
    from console.jobs.people.deeds import PersonChange
    from console.jobs.people.logon import SecondPerson
    from console.jobs.people.register import RegisterEntry
    from console.words import Words

_HERE: Final = "console.commands.people"
operator = LazyGroup(
    "operator",
    {
        "list": f"{_HERE}:list_people",
        "show": f"{_HERE}:show",
        "add": f"{_HERE}:add",
        "change": f"{_HERE}:change",
        "roles": f"{_HERE}:give_roles",
        "suspend": f"{_HERE}:suspend",
        "resume": f"{_HERE}:resume",
        "end": f"{_HERE}:end",
        "reset": f"{_HERE}:reset",
        "release": f"{_HERE}:release",
        "pin": f"{_HERE}:pin",
    },
)
_ROLES: Final = click.option(
    "--role", "roles", metavar="ROLE", multiple=True, required=True, type=click.Choice([str(role) for role in Role])
)
_CODE_FILE: Final = click.option(
    "--code-file", "code_file", required=True, metavar="FILE", type=click.Path(path_type=Path)
)


class CodeFileUnwritable(OutputFileFault):
    """The new file `file` for a first PIN cannot be made: the officer names another."""

    exit_status = 4


# ── Looking ───────────────────────────────────────────────────────────────────────────────────────


@click.command("list")
@click.pass_obj
def list_people(call: Invocation) -> int:
    """List everybody who is registered."""
    with call.acting() as (terminal, session):
        people = jobs.people.register.everybody(terminal, session)
    words = call.words
    heading = [
        words(f"people.column.{name}") for name in ("id", "name", "roles", "state", "last", "failures", "prospect")
    ]
    call.output.result(
        {"operators": [_facts(each) for each in people]},
        columns([heading, *(_cells(words, each) for each in people)], right=frozenset({5})),
    )
    return ExitStatus.DONE


@click.command("show")
@click.argument("person_id", metavar="ID")
@click.pass_obj
def show(call: Invocation, person_id: str) -> int:
    """Show everything that is known of one person."""
    with call.acting() as (terminal, session):
        known = jobs.people.register.entry(terminal, session, person_id)
    words = call.words
    nothing = words("people.nothing")
    named = {
        "id": known.person.id,
        "name": known.details.name or nothing,
        "staff_number": known.details.staff_number or nothing,
        "roles": words.roles(sorted(known.person.roles)),
        "coming": jobs.people.telling.coming(words, known.person.coming) or nothing,
        "validity": jobs.people.telling.validity(words, known.person.valid_from, known.person.valid_to),
        "standing": words(f"people.state.{known.state}"),
        "reason": known.details.reason or nothing,
        "failures": str(known.failures),
    }
    lines = columns([[words(f"people.item.{name}"), text] for name, text in named.items()])
    call.output.result(_facts(known), lines)
    return ExitStatus.DONE


def _facts(known: "RegisterEntry") -> dict[str, Any]:
    person, last = known.person, known.last
    coming = None if person.coming is None else {"roles": sorted(person.coming.roles), "on": person.coming.on}
    facts = {
        "id": person.id,
        "name": known.details.name or None,
        "staff_number": known.details.staff_number or None,
        "roles": sorted(person.roles),
        "state": known.state.value,
        "active": person.active,
        "pin_given": person.pin_given,
        "code_until": person.code_until,
        "valid_from": person.valid_from,
        "valid_to": person.valid_to,
        "coming": coming,
        "reason": known.details.reason or None,
        "failures": known.failures,
        "last_log_on": None if last is None else last.at,
    }
    return {name: plain(value) for name, value in facts.items()}


def _cells(words: "Words", known: "RegisterEntry") -> list[str]:
    return [
        known.person.id,
        known.details.name,
        words.roles(sorted(known.person.roles)),
        words(f"people.state.{known.state}"),
        words("people.never") if known.last is None else words.time(known.last.at),
        str(known.failures),
        jobs.people.telling.prospect(words, known),
    ]


# ── Changing ──────────────────────────────────────────────────────────────────────────────────────


@click.command("add")
@click.argument("person_id", metavar="ID")
@click.option("--name", "name", metavar="NAME", required=True)
@click.option("--staff-number", "staff_number", metavar="NUMBER", required=True)
@_ROLES
@click.option("--from", "valid_from", metavar="DAY", type=DAY)
@click.option("--until", "valid_to", metavar="DAY", type=DAY)
@_CODE_FILE
@perhaps_by_two_persons
@click.pass_obj
def add(
    call: Invocation, /, second: "SecondPerson | None", code_file: Path, roles: tuple[str, ...], **given: Any
) -> int:
    """Register a person, and write the PIN for the first log-on into a new file that only its owner can read."""
    wanted = _change("add", roles=_as_roles(roles), **given)
    return _make(call, wanted, second, code_file)


@click.command("change")
@click.argument("person_id", metavar="ID")
@click.option("--name", "name", metavar="NAME")
@click.option("--staff-number", "staff_number", metavar="NUMBER")
@click.option("--from", "valid_from", metavar="DAY", type=DAY)
@click.option("--until", "valid_to", metavar="DAY", type=DAY)
@click.option("--for-ever", "for_ever", is_flag=True)
@by_two_persons
@click.pass_obj
def change(call: Invocation, /, second: "SecondPerson", *, person_id: str, for_ever: bool, **given: Any) -> int:
    """Change name, staff number, first and last day of a person; what is not named stays."""
    with call.acting() as (terminal, session):
        # What is not named stays: a change has everything as it is to be.
        known = jobs.people.register.entry(terminal, session, person_id)
        now = _change(
            "change",
            person_id=person_id,
            name=known.details.name,
            staff_number=known.details.staff_number,
            valid_from=known.person.valid_from,
            valid_to=None if for_ever else known.person.valid_to,
            version=known.person.version,
        )
        wanted = replace(now, **{name: value for name, value in given.items() if value is not None})
        jobs.people.changes.make(terminal, session, wanted, second=second)
    return _tell(call, wanted)


@click.command("roles")
@click.argument("person_id", metavar="ID")
@_ROLES
@click.option("--on", "on", metavar="DAY", type=DAY)
@by_two_persons
@click.pass_obj
def give_roles(
    call: Invocation, second: "SecondPerson", *, person_id: str, roles: tuple[str, ...], on: date | None
) -> int:
    """Give a person exactly these roles, now or from a day on."""
    return _make(call, _change("roles", person_id=person_id, roles=_as_roles(roles), on=on), second)


@click.command("suspend")
@click.argument("person_id", metavar="ID")
@click.option("--reason", "reason", metavar="TEXT", default="")
@by_two_persons
@click.pass_obj
def suspend(call: Invocation, second: "SecondPerson", *, person_id: str, reason: str) -> int:
    """Let nobody log on with an ID for some time."""
    return _make(call, _change("suspend", person_id=person_id, reason=reason), second)


@click.command("resume")
@click.argument("person_id", metavar="ID")
@by_two_persons
@click.pass_obj
def resume(call: Invocation, second: "SecondPerson", *, person_id: str) -> int:
    """Let somebody who was suspended log on again."""
    return _make(call, _change("resume", person_id=person_id), second)


@click.command("end")
@click.argument("person_id", metavar="ID")
@by_two_persons
@click.pass_obj
def end(call: Invocation, second: "SecondPerson", *, person_id: str) -> int:
    """End an ID for ever."""
    return _make(call, _change("end", person_id=person_id), second)


@click.command("reset")
@click.argument("person_id", metavar="ID")
@_CODE_FILE
@by_two_persons
@click.pass_obj
def reset(call: Invocation, second: "SecondPerson", *, person_id: str, code_file: Path) -> int:
    """Put a one-time code in the place of a PIN, and forget the wrong PINs."""
    return _make(call, _change("reset", person_id=person_id), second, code_file)


@click.command("release")
@click.argument("person_id", metavar="ID")
@by_two_persons
@click.pass_obj
def release(call: Invocation, second: "SecondPerson", *, person_id: str) -> int:
    """Let somebody try again after too many wrong PINs."""
    return _make(call, _change("release", person_id=person_id), second)


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


def _change(deed: str, **given: Any) -> "PersonChange":
    return jobs.people.deeds.PersonChange(jobs.people.deeds.PersonDeed(deed), **given)


def _as_roles(names: Iterable[str]) -> frozenset[Role]:
    return frozenset(Role(name) for name in names)


def _make(
    call: Invocation, wanted: "PersonChange", second: "SecondPerson | None", code_file: Path | None = None
) -> int:
    with call.acting() as (terminal, session), _hand_over(code_file) as hand_over:
        jobs.people.changes.make(terminal, session, wanted, second=second, hand_over=hand_over)
    return _tell(call, wanted, code_file)


def _hand_over(code_file: Path | None) -> Any:
    # Only what draws a code asks for a file.
    return nullcontext(lambda _code: None) if code_file is None else _new_private_file(code_file)


def _tell(call: Invocation, wanted: "PersonChange", code_file: Path | None = None) -> int:
    lines = [call.words(f"people.done.{wanted.deed}", person=wanted.person_id)]
    data: dict[str, object] = {"operator": wanted.person_id, "done": wanted.deed.value}
    if code_file is not None:
        data["one_time_code_file"] = str(code_file)
        lines.append(call.words("commands.operator.code", file=code_file))
    call.output.result(data, lines)
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
