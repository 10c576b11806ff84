"""`log show`: entries of the log (証跡), the newest first."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.output import columns
from console.commands.times import MOMENT_FORMATS, in_japan
from console.words import Words

if TYPE_CHECKING:
    from console.jobs.log.viewing import NamedEntry
    from store.log import LogFilter

# The values of `EventClass`, written out: the help names them, and must not wait for the database's libraries.
_CLASSES: Final = ("authentication", "operation", "event", "communication", "export", "settings", "error")


@click.command("show")
@click.option("--limit", metavar="N", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--before", type=click.IntRange(min=1), metavar="SEQ")
@click.option("--since", metavar="TIME", type=click.DateTime(MOMENT_FORMATS))
@click.option("--until", metavar="TIME", type=click.DateTime(MOMENT_FORMATS))
@click.option("--person", "who", metavar="ID")
@click.option("--event", metavar="EVENT")
@click.option("--class", "event_class", metavar="CLASS", type=click.Choice(_CLASSES))
@click.option("--result", type=click.Choice(["done", "refused", "failed"]))
@click.option("--object", "about", metavar="ID")
@click.pass_obj
def show(call: Invocation, /, limit: int, before: int | None, **wanted: Any) -> int:
    """List log entries, the newest first; `--before` goes on below an entry that was listed."""
    with call.acting() as (terminal, session):
        rows = jobs.log.viewing.page(terminal, session, before=before, limit=limit, chosen=_filter(**wanted))
    call.output.result({"entries": [entry_facts(row) for row in rows]}, entry_lines(rows, call.words))
    return ExitStatus.DONE


def _filter(
    since: datetime | None,
    until: datetime | None,
    who: str | None,
    event: str | None,
    event_class: str | None,
    result: str | None,
    about: str | None,
) -> "LogFilter":
    """Return the filter that the options of `log show` describe; an event that does not exist is wrong usage."""
    # The log brings the database's libraries, which no help text waits for.
    from store.log import Event, LogFilter, Result

    if event is not None and event not in set(Event):
        raise click.BadParameter(event, param_hint="--event")
    return LogFilter(
        since=in_japan(since),
        until=in_japan(until),
        events=frozenset(known for known in Event if known == event or known.event_class == event_class),
        actor=who,
        objects=frozenset() if about is None else frozenset({about}),
        result=Result(result) if result else None,
    )


def entry_facts(row: "NamedEntry") -> dict[str, Any]:
    """Return what the JSON holds of a log entry; the time is in UTC, as stored."""
    return {
        "seq": row.seq,
        "at": row.at.astimezone(UTC).isoformat(),
        "event": row.event,
        "actor": row.actor,
        "session": row.session,
        "object": row.object,
        "reference": row.reference,
        "result": row.result,
        "detail": dict(row.detail),
        "terminal": row.terminal,
    }


def entry_lines(rows: Sequence["NamedEntry"], words: Words) -> list[str]:
    """Return log entries as the aligned lines of a table, with its heading; the time is Japanese."""
    heading = [words(f"log.column.{name}") for name in ("seq", "at", "event", "actor", "object", "result")]
    cells = [
        [
            str(row.seq),
            # To the second: entries of one minute are often many, and their order is what an inquiry asks about.
            words.exact_time(row.at),
            words.name("events", row.event),
            row.actor or "",
            row.reference or row.object or "",
            words.name("results", row.result),
        ]
        for row in rows
    ]
    return columns([heading, *cells], right=frozenset({0}))
