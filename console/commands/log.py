"""`log show`, `log ask` and `log verify`: the terminal's log (証跡)."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from console.commands.faults import Status
from console.commands.group import LazyGroup
from console.commands.invocation import Invocation
from console.commands.output import columns
from console.commands.progress import ProgressLine
from console.words import Words

if TYPE_CHECKING:
    from console.jobs.export import MediumFinding
    from console.jobs.questions import Answer
    from store.log import LogFilter, LogRow, Verification

log = LazyGroup(
    "log",
    {
        "show": "console.commands.log:show",
        "ask": "console.commands.log:ask",
        "verify": "console.commands.log:verify",
        "export": "console.commands.custody:export",
        "prune": "console.commands.custody:prune",
        "resume": "console.commands.custody:resume",
    },
)

_CLASSES: Final = ("authentication", "operation", "event", "communication", "export", "settings", "error")
_QUESTIONS: Final = ("off_hours", "failed_logins", "logins_per_id", "many_lookups", "lookups")
_MOMENTS: Final = ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")


@click.command("show")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--before", type=click.IntRange(min=1), metavar="SEQ")
@click.option("--since", type=click.DateTime(_MOMENTS))
@click.option("--until", type=click.DateTime(_MOMENTS))
@click.option("--person", "who", metavar="ID")
@click.option("--event", metavar="EVENT")
@click.option("--class", "event_class", type=click.Choice(_CLASSES))
@click.option("--result", type=click.Choice(["done", "refused", "failed"]))
@click.option("--object", "about", metavar="ID")
@click.pass_obj
def show(said: Invocation, /, limit: int, before: int | None, **wanted: Any) -> int:
    """List log entries, the newest first; `--before` goes on from an entry."""
    from console.jobs import trail

    with said.acting() as (terminal, session):
        rows = trail.page(terminal, session, before=before, limit=limit, chosen=_filter(**wanted))
    said.output.result({"entries": [_entry(row) for row in rows]}, _lines(rows, said.words))
    return Status.DONE


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
        since=_in_japan(since),
        until=_in_japan(until),
        events=frozenset(events),
        actor=who,
        object=about,
        result=Result(result) if result else None,
    )


def _in_japan(moment: datetime | None) -> datetime | None:
    from store.clock import JAPAN

    return None if moment is None else moment.replace(tzinfo=JAPAN)


@click.command("ask")
@click.argument("question", type=click.Choice(_QUESTIONS))
@click.option("--since", type=click.DateTime(_MOMENTS))
@click.option("--until", type=click.DateTime(_MOMENTS))
@click.option("--person", "who", metavar="ID")
@click.pass_obj
def ask(said: Invocation, question: str, since: datetime | None, until: datetime | None, who: str | None) -> int:
    """Answer one of the ready questions; without `--since` about the last 31 days."""
    from console.jobs import questions

    period = questions.Period(_in_japan(since), _in_japan(until)) if since or until else None
    with said.acting() as (terminal, session):
        answer = questions.ask(terminal, session, questions.Question(question), period=period, person=who)
    counts = [
        {"person": one.about, "day": one.day.isoformat() if one.day else None, "done": one.done, "refused": one.refused}
        for one in answer.counts
    ]
    told = _count_lines(answer, said.words) if answer.counts else _lines(answer.entries, said.words)
    said.output.result({"entries": [_entry(row) for row in answer.entries], "counts": counts}, told)
    return Status.DONE


def _count_lines(answer: "Answer", words: Words) -> Iterator[str]:
    heading = [words(f"log.count.{name}") for name in ("person", "day", "done", "refused")]
    table = [[one.about, str(one.day or ""), str(one.done), str(one.refused or "")] for one in answer.counts]
    return iter(columns([heading, *table], right=frozenset({2, 3})))


@click.command("verify")
@click.argument("directory", required=False, type=click.Path(path_type=Path))
@click.pass_obj
def verify(said: Invocation, directory: Path | None) -> int:
    """Compute the whole chain anew, here or on a medium; exit status 6 at the first entry that does not fit."""
    from console.jobs import trail

    if directory is not None:
        return _verify_medium(said, directory)
    with said.acting() as (terminal, session), ProgressLine(said.words) as progress:
        found = trail.verify(terminal, session, report=progress.show)
    data = {
        "ok": found.ok,
        "entries": found.entries,
        "first_bad": found.first_bad,
        "cause": found.cause,
        "checkpoints": found.checkpoints,
        "resumed": list(found.resumed),
        "pruned": found.pruned,
    }
    said.output.result(data, [_finding(found, said.words)])
    return Status.DONE if found.ok else Status.INTEGRITY


def _verify_medium(said: Invocation, directory: Path) -> int:
    """Check the bundles in `directory`; an auditor needs neither the terminal nor a log-on for it."""
    from console.jobs import export

    with ProgressLine(said.words) as progress:
        found = export.check_medium(directory, report=progress.show)
    bad = found.broken
    bundles = [
        {"number": one.number, "first": one.first, "last": one.last, "ok": one.ok, "digest": one.digest}
        for one in found.bundles
    ]
    data = {
        "ok": found.ok,
        "entries": found.entries,
        "first_bad": bad.first_bad if bad else None,
        "cause": bad.cause if bad else None,
        "file": bad.file if bad else None,
        "bundles": bundles,
    }
    said.output.result(data, [_medium_finding(found, said.words)])
    return Status.DONE if found.ok else Status.INTEGRITY


def _medium_finding(found: "MediumFinding", words: Words) -> str:
    bad = found.broken
    if bad is None:
        return words("log.medium_sound", bundles=len(found.bundles), entries=f"{found.entries:,}")
    flaw = words(f"log.flaw.{bad.cause}")
    if bad.first_bad is None:
        return words("log.medium_file", file=bad.file, cause=flaw)
    return words("log.broken", seq=bad.first_bad, cause=flaw)


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
        "terminal": row.terminal,
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
