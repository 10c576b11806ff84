"""`queue`: list messages without their contents."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any

import click

from console import jobs
from console.commands.credentials import read_discreetly
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.output import columns
from console.words import Words
from store.message.states import InState, OutState

if TYPE_CHECKING:
    from console.jobs.messages.listing import QueueQuery, QueueRow
    from console.session import Session
    from console.terminal import Terminal

_DIRECTIONS = ("out", "in")
_USUAL_LIMIT = 100
# Whatever limit was given, the queue is read in pages of at most this many rows.
_PAGE = 500


@click.command("queue")
@click.option("--direction", type=click.Choice(_DIRECTIONS))
@click.option("--state", metavar="S")
@click.option("--reference", metavar="R")
@click.option("--name", metavar="N", callback=read_discreetly)
@click.option("--overdue", is_flag=True)
@click.option("--being-undone", is_flag=True)
@click.option("--unhandled", is_flag=True)
@click.option("--limit", metavar="N", type=click.IntRange(min=0), default=_USUAL_LIMIT, show_default=True)
@click.pass_obj
def queue(  # noqa: PLR0913  # One argument for each option.
    call: Invocation,
    *,
    direction: str | None,
    state: str | None,
    reference: str | None,
    name: str | None,
    overdue: bool,
    being_undone: bool,
    unhandled: bool,
    limit: int,
) -> int:
    """List messages without their contents; `show` prints one message whole."""
    _check_state(call, direction, state)
    query = jobs.messages.listing.QueueQuery(
        # Only messages to the peer can be undone or late; notices from it cannot.
        direction="out" if being_undone or overdue else direction,
        state=state,
        reference=reference,
        limit=min(limit or _PAGE, _PAGE),
        overdue=overdue,
        being_undone=being_undone,
        unhandled=unhandled,
    )
    with call.acting() as (terminal, session):
        rows, total = (
            _rows(terminal, session, query, limit)
            if name is None
            else _rows_by_name(terminal, session, query, name, limit)
        )
    data = {"messages": [row_facts(row) for row in rows], "total": total}
    call.output.result(data, _queue_lines(rows, total, call.words))
    return ExitStatus.DONE


def _check_state(call: Invocation, direction: str | None, state: str | None) -> None:
    """Refuse a state that no message of the direction can be in, and name those that there are."""
    states: list[OutState | InState] = [*OutState] if direction != "in" else []
    states += [*InState] if direction != "out" else []
    if state is not None and state not in states:
        # `returned` is a state in both directions, with different meanings; it is named once.
        known = ", ".join(dict.fromkeys(states))
        raise click.BadParameter(call.words("commands.queue.unknown_state", known=known), param_hint="--state")


def _rows(terminal: "Terminal", session: "Session", query: "QueueQuery", limit: int) -> tuple[list["QueueRow"], int]:
    """Return up to `limit` rows (0: all of them) and how many messages the query matches."""
    rows: list[QueueRow] = []
    # A limit of 0 means all. They are collected before anything is printed, because the JSON is one object.
    while True:
        page = jobs.messages.listing.page(terminal, session, query)
        rows += page.rows
        if page.next is None or (limit and len(rows) >= limit):
            return (rows[:limit] if limit else rows), page.total
        # A page goes on after a key, not after a count: what others add or decide meanwhile makes no row appear twice.
        query = replace(query, after=page.next)


def _rows_by_name(
    terminal: "Terminal", session: "Session", query: "QueueQuery", name: str, limit: int
) -> tuple[list["QueueRow"], int]:
    """Return up to `limit` rows (0: all) with `name` in a name, number or reference, and how many there are."""
    numbers = jobs.messages.listing.find(terminal, session, query, name)
    return jobs.messages.listing.rows(terminal, session, numbers[:limit] if limit else numbers), len(numbers)


def row_facts(row: "QueueRow") -> dict[str, Any]:
    """Return what the JSON holds of a message in a list: times in UTC, days in ISO 8601."""
    return {
        "id": row.id,
        "direction": row.direction,
        "kind": row.kind,
        "reference": row.reference,
        "state": row.state,
        "occurred_at": row.occurred_at.astimezone(UTC).isoformat(),
        "effective_at": row.effective_at.astimezone(UTC).isoformat(),
        "waiting_seconds": int(row.waiting_seconds),
        "overdue": row.overdue,
        "due_on": row.due_on.isoformat() if row.due_on else None,
        "warnings": row.warnings,
        "author": row.author,
        "approver": row.approver,
        "hold": row.hold,
    }


def _queue_lines(rows: Sequence["QueueRow"], total: int, words: Words) -> Iterator[str]:
    yield from row_lines(rows, words)
    yield words("commands.queue.total", shown=len(rows), total=total)


def _until(row: "QueueRow", words: Words) -> str:
    """Return until which day a message waits of itself, where there is one."""
    held = row.due_on is not None and row.state == OutState.HELD
    return words("commands.queue.held_until", day=row.due_on) if held else ""


def row_lines(rows: Sequence["QueueRow"], words: Words) -> list[str]:
    """Return messages as the aligned lines of a table, with its heading."""
    heading = [words(f"commands.queue.columns.{name}") for name in ("id", "direction", "state", "kind", "reference")]
    heading += [words("commands.queue.columns.occurred_at"), words("commands.queue.columns.waiting")]
    cells = [
        [
            str(row.id),
            words(f"commands.direction.{row.direction}"),
            words.name("states", f"{row.direction}.{row.state}") + _until(row, words),
            words.name("kinds", row.kind),
            row.reference,
            words.time(row.occurred_at),
            words.span(row.waiting_seconds) + (words("commands.queue.overdue") if row.overdue else ""),
        ]
        for row in rows
    ]
    return columns([heading, *cells], right=frozenset({0}))
