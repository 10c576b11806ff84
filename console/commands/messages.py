"""`import`, `queue` and `show`: take messages in and look at them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console.commands.discreet import read_discreetly
from console.commands.faults import Status
from console.commands.invocation import Invocation
from console.commands.output import columns, plain
from console.commands.progress import ProgressLine
from console.words import Words
from console.words.visible import visible
from store.message.states import InState, OutState

if TYPE_CHECKING:
    from console.jobs.intake import Fault
    from console.jobs.message import MessageView
    from console.jobs.queue import QueueQuery, QueueRow
    from console.session import Session
    from console.terminal import Terminal

_DIRECTIONS = ("out", "in")
_USUAL_LIMIT = 100
_PAGE = 500


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.pass_obj
def import_files(said: Invocation, files: tuple[Path, ...]) -> int:
    """Take record files in; exit status 4 when records were refused, the good ones are in all the same."""
    from console.jobs import intake

    with said.acting() as (terminal, session), ProgressLine(said.words) as progress:
        taken = intake.take_in(terminal, session, files, report=progress.show)
    words = said.words
    errors = [_fault(fault, words) for fault in taken.errors]
    warnings = [_fault(fault, words) for fault in taken.warnings]
    data = {"accepted": taken.accepted, "known": taken.known, "errors": errors, "warnings": warnings}
    said.output.result(data, _import_lines(data, words))
    return Status.BAD_INPUT if errors else Status.DONE


@click.command("queue")
@click.option("--direction", type=click.Choice(_DIRECTIONS))
@click.option("--state", metavar="S")
@click.option("--reference", metavar="R")
@click.option("--name", metavar="N", callback=read_discreetly)
@click.option("--being-undone", is_flag=True)
@click.option("--unhandled", is_flag=True)
@click.option("--limit", type=click.IntRange(min=0), default=_USUAL_LIMIT, show_default=True)
@click.pass_obj
def queue(
    said: Invocation,
    *,
    direction: str | None,
    state: str | None,
    reference: str | None,
    name: str | None,
    being_undone: bool,
    unhandled: bool,
    limit: int,
) -> int:
    """List messages without their contents: `show` tells one whole."""
    from console.jobs.queue import QueueQuery

    if state is not None:
        _check_state(said, direction, state)
    query = QueueQuery(
        direction="out" if being_undone else direction,
        state=state,
        reference=reference,
        limit=min(limit or _PAGE, _PAGE),
        being_undone=being_undone,
        unhandled=unhandled,
    )
    with said.acting() as (terminal, session):
        rows, total = (
            _rows(terminal, session, query, limit) if name is None else _named(terminal, session, query, name, limit)
        )
    data = {"messages": [_row(row) for row in rows], "total": total}
    said.output.result(data, _queue_lines(rows, total, said.words))
    return Status.DONE


@click.command("show")
@click.argument("number", metavar="ID", type=click.IntRange(min=1))
@click.option("--out", "file", metavar="FILE", type=click.Path(path_type=Path))
@click.pass_obj
def show(said: Invocation, *, number: int, file: Path | None) -> int:
    """Show one message whole, with its findings and its history; write it to a record file as well."""
    from console.jobs import extract, message

    with said.acting() as (terminal, session):
        view = message.read(terminal, session, number)
        if file is not None:
            extract.write_out(terminal, session, number, file)
    data, lines = _message(view, said.words), _message_lines(view, said.words)
    if file is not None:
        data["file"] = str(file)
        lines = chain(lines, [said.words("commands.show.written", file=visible(str(file)))])
    said.output.result(data, lines)
    return Status.DONE


def _check_state(said: Invocation, direction: str | None, state: str) -> None:
    states: list[OutState | InState] = [*OutState] if direction != "in" else []
    states += [*InState] if direction != "out" else []
    if state not in states:
        known = ", ".join(dict.fromkeys(states))
        raise click.BadParameter(said.words("commands.queue.unknown_state", known=known), param_hint="--state")


def _rows(terminal: "Terminal", session: "Session", query: "QueueQuery", limit: int) -> tuple[list["QueueRow"], int]:
    """Return up to `limit` rows (0: all of them) and how many there are."""
    from console.jobs import queue as job

    rows: list[QueueRow] = []
    while True:
        page = job.page(terminal, session, query)
        rows += page.rows
        if page.next is None or (limit and len(rows) >= limit):
            return (rows[:limit] if limit else rows), page.total
        query = replace(query, after=page.next)


def _named(
    terminal: "Terminal", session: "Session", query: "QueueQuery", name: str, limit: int
) -> tuple[list["QueueRow"], int]:
    """Return up to `limit` rows (0: all) about people with `name` in theirs, and how many there are."""
    from console.jobs import queue as job

    found = job.find(terminal, session, query, name)
    return job.rows(terminal, session, found[:limit] if limit else found), len(found)


def _row(row: "QueueRow") -> dict[str, Any]:
    return {
        "id": row.id,
        "direction": row.direction,
        "kind": row.kind,
        "reference": row.reference,
        "state": row.state,
        "occurred_at": row.occurred_at.astimezone(UTC).isoformat(),
        "waiting_seconds": int(row.waiting_seconds),
        "overdue": row.overdue,
        "due_on": row.due_on.isoformat() if row.due_on else None,
        "warnings": row.warnings,
        "author": row.author,
        "approver": row.approver,
        "hold": row.hold,
    }


def _queue_lines(rows: Sequence["QueueRow"], total: int, words: Words) -> Iterator[str]:
    yield from _table(rows, words)
    yield words("commands.queue.total", shown=len(rows), total=total)


def _table(rows: Sequence["QueueRow"], words: Words) -> list[str]:
    heading = [words(f"commands.queue.columns.{name}") for name in ("id", "direction", "state", "kind", "reference")]
    heading += [words("commands.queue.columns.occurred_at"), words("commands.queue.columns.waiting")]
    table = [heading]
    table += [
        [
            str(row.id),
            words(f"commands.direction.{row.direction}"),
            words.name("states", f"{row.direction}.{row.state}"),
            words.name("kinds", row.kind),
            row.reference,
            words.time(row.occurred_at),
            words.span(row.waiting_seconds) + (words("commands.queue.overdue") if row.overdue else ""),
        ]
        for row in rows
    ]
    return columns(table, right=frozenset({0}))


def _fault(fault: "Fault", words: Words) -> dict[str, Any]:
    place = {"file": fault.file, "line": fault.line, "field": fault.field, "rule": fault.rule}
    return {**place, **_texts(fault.rule, fault.facts, words)}


def _import_lines(data: dict[str, Any], words: Words) -> Iterator[str]:
    for name in ("errors", "warnings"):
        for fault in data[name]:
            yield visible(words(f"commands.import.{name}", **fault))
    yield words(
        "commands.import.done",
        accepted=data["accepted"],
        known=data["known"],
        refused=len({(fault["file"], fault["line"]) for fault in data["errors"]}),
    )


def _message(view: "MessageView", words: Words) -> dict[str, Any]:
    findings = [
        {"field": one.field, "rule": one.rule, "severity": str(one.severity), **_texts(one.rule, one.facts, words)}
        for one in view.findings
    ]
    return {
        **_row(view.row),
        "record": view.record,
        "findings": findings,
        "history": [plain(asdict(step)) for step in view.history],
        "receipt": plain(asdict(view.receipt)) if view.receipt else None,
        "outcome": plain(asdict(view.outcome)) if view.outcome else None,
        "trouble": {**asdict(view.trouble), **asdict(words.refusal(view.trouble.code))} if view.trouble else None,
        "reason": view.reason,
        "counters": [plain(asdict(one)) for one in view.counters],
        "terminal": view.terminal,
    }


def _texts(rule: str, facts: Mapping[str, str], words: Words) -> dict[str, str]:
    text = words.finding(rule, facts)
    return {"message": text.cause, "remedy": text.remedy}


def _message_lines(view: "MessageView", words: Words) -> Iterator[str]:
    yield from _table([view.row], words)
    yield ""
    yield from columns([[words.name("items.field", name), value] for name, value in _flat(view.record)])
    for one in view.findings:
        yield visible(words("commands.show.finding", field=one.field, **_texts(one.rule, one.facts, words)))
    if view.reason:
        yield visible(words("commands.show.reason", reason=view.reason))
    if view.terminal:
        yield words("commands.show.terminal", terminal=view.terminal)
    if view.receipt:
        yield words("message.receipt", time=words.exact_time(view.receipt.received_at))
    if view.trouble:
        yield visible(words("commands.failure", **asdict(words.refusal(view.trouble.code))))
        if view.trouble.incident is not None:
            yield words("commands.incident", incident=view.trouble.incident)
    if view.outcome and view.outcome.cause:
        told = {"cause": view.outcome.cause.get(words.language), "remedy": view.outcome.remedy.get(words.language)}
        yield visible(words("commands.show.outcome", **told))
    yield ""
    yield from columns(
        [[words.exact_time(one.at), words.name("events", one.event), one.actor or ""] for one in view.history]
    )


def _flat(record: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the dotted names and the values of a record, as the import files write them."""
    for name, value in record.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
            for at, one in enumerate(value):
                yield from _flat(one, f"{prefix}{name}.{at}.")
        else:
            yield prefix + name, ";".join(map(str, value)) if isinstance(value, list) else str(value)
