"""`log show` and `log verify`: the terminal's log (証跡)."""

from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any

import click

from console.commands.faults import Status
from console.commands.group import LazyGroup
from console.commands.invocation import Invocation
from console.commands.output import columns
from console.commands.progress import ProgressLine
from console.words import Words

if TYPE_CHECKING:
    from store.log import LogRow, Verification

log = LazyGroup("log", {"show": "console.commands.log:show", "verify": "console.commands.log:verify"})


@click.command("show")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--before", type=click.IntRange(min=1), metavar="SEQ")
@click.pass_obj
def show(said: Invocation, limit: int, before: int | None) -> int:
    """List log entries, the newest first; `--before` goes on from an entry."""
    from console.jobs import trail

    with said.acting() as (terminal, session):
        rows = trail.page(terminal, session, before=before, limit=limit)
    said.output.result({"entries": [_entry(row) for row in rows]}, _lines(rows, said.words))
    return Status.DONE


@click.command("verify")
@click.pass_obj
def verify(said: Invocation) -> int:
    """Compute the whole chain anew; exit status 6 at the first entry that does not fit."""
    from console.jobs import trail

    with said.acting() as (terminal, session), ProgressLine(said.words) as progress:
        found = trail.verify(terminal, session, report=progress.show)
    data = {"ok": found.ok, "entries": found.entries, "first_bad": found.first_bad, "cause": found.cause}
    said.output.result(data, [_finding(found, said.words)])
    return Status.DONE if found.ok else Status.INTEGRITY


def _finding(found: "Verification", words: Words) -> str:
    if found.cause is None:
        return words("log.sound", entries=found.entries)
    return words("log.broken", seq=found.first_bad, cause=words(f"log.flaw.{found.cause}"))


def _entry(row: "LogRow") -> dict[str, Any]:
    return {
        "seq": row.seq,
        "at": row.at.astimezone(UTC).isoformat(),
        "event": row.event,
        "actor": row.actor,
        "session": row.session,
        "object": row.object,
        "result": row.result,
        "detail": dict(row.detail),
    }


def _lines(rows: Sequence["LogRow"], words: Words) -> Iterator[str]:
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
