"""`log show`: entries of the log (証跡), the newest first."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.output import columns
from console.words import Words

if TYPE_CHECKING:
    from store.log import LogFilter, LogRow


_CLASSES: Final = ("authentication", "operation", "event", "communication", "export", "settings", "error")
MOMENTS: Final = ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")


@click.command("show")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--before", type=click.IntRange(min=1), metavar="SEQ")
@click.option("--since", type=click.DateTime(MOMENTS))
@click.option("--until", type=click.DateTime(MOMENTS))
@click.option("--person", "who", metavar="ID")
@click.option("--event", metavar="EVENT")
@click.option("--class", "event_class", type=click.Choice(_CLASSES))
@click.option("--result", type=click.Choice(["done", "refused", "failed"]))
@click.option("--object", "about", metavar="ID")
@click.pass_obj
def show(said: Invocation, /, limit: int, before: int | None, **wanted: Any) -> int:
    """List log entries, the newest first; `--before` goes on from an entry."""
    with said.acting() as (terminal, session):
        rows = jobs.log.viewing.page(terminal, session, before=before, limit=limit, chosen=_filter(**wanted))
    said.output.result({"entries": [entry_facts(row) for row in rows]}, entry_lines(rows, said.words))
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
    """Return what `log show` was asked for; times are Japanese. An event that is not in the list is wrong usage."""
    from store.log import Event, LogFilter, Result

    if event is not None and event not in set(Event):
        raise click.BadParameter(event, param_hint="--event")
    events = {one for one in Event if one == event or one.event_class == event_class}
    return LogFilter(
        since=in_japan(since),
        until=in_japan(until),
        events=frozenset(events),
        actor=who,
        object=about,
        result=Result(result) if result else None,
    )


def in_japan(moment: datetime | None) -> datetime | None:
    """Return a moment without a zone as one of Japan's."""
    from store.clock import JAPAN

    return None if moment is None else moment.replace(tzinfo=JAPAN)


def entry_facts(row: "LogRow") -> dict[str, Any]:
    """Return what the JSON of a log entry holds."""
    return {
        "seq": row.seq,
        "at": row.at.astimezone(UTC).isoformat(),
        "event": row.event,
        "actor": row.actor,
        "session": row.session,
        "object": row.object,
        "result": row.result,
        "detail": dict(row.detail),
        "terminal": row.terminal,
    }


def entry_lines(rows: Sequence["LogRow"], words: Words) -> Iterator[str]:
    """Yield entries as the lines of a table."""
    heading = [words(f"log.column.{name}") for name in ("seq", "at", "event", "actor", "object", "result")]
    table = [heading]
    table += [
        [
            str(row.seq),
            words.exact_time(row.at),
            words.name("events", row.event),
            row.actor or "",
            row.object or "",
            words.name("results", row.result),
        ]
        for row in rows
    ]
    return iter(columns(table, right=frozenset({0})))
