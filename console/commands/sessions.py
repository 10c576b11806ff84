"""`session list`: the sessions of late, and how they ended."""

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.group import LazyGroup
from console.commands.invocation import Invocation
from console.commands.output import columns, plain

session = LazyGroup("session", {"list": "console.commands.sessions:list_sessions"})


@click.command("list")
@click.option("--person", "who", metavar="ID")
@click.option("--unended", "unended", is_flag=True)
@click.pass_obj
def list_sessions(call: Invocation, *, who: str | None, unended: bool) -> int:
    """List the sessions of the last 31 days, the newest first."""
    with call.acting() as (terminal, acting):
        found = jobs.people.sessions.recent(terminal, acting, person_id=who, unended=unended)
    words = call.words
    data = [
        {
            "person": each.person_id,
            "origin": each.origin,
            "opened_at": plain(each.opened_at),
            "closed_at": plain(each.closed_at),
            "ending": each.reason,
        }
        for each in found
    ]
    heading = [words(f"people.session.column.{name}") for name in ("person", "opened", "closed", "origin", "ending")]
    cells = [
        [
            each.person_id,
            words.time(each.opened_at),
            words("people.session.open") if each.closed_at is None else words.time(each.closed_at),
            words.name("people.session.origin", each.origin),
            "" if each.reason is None else words.name("people.session.ending", each.reason),
        ]
        for each in found
    ]
    call.output.result({"sessions": data}, columns([heading, *cells]) if cells else [words("people.session.none")])
    return ExitStatus.DONE
