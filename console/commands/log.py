"""`log show` and `log verify`: the terminal's log (証跡)."""

from collections.abc import Iterator, Sequence
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console.commands.faults import Status
from console.commands.group import LazyGroup
from console.commands.invocation import Invocation
from console.commands.output import columns
from console.commands.progress import ProgressLine
from console.words import Words

if TYPE_CHECKING:
    from console.jobs.export import MediumFinding
    from store.log import LogRow, Verification

log = LazyGroup("log", {name: f"console.commands.log:{name}" for name in ("show", "verify", "export")})


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


@click.command("export")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--label", required=True, metavar="TEXT")
@click.pass_obj
def export(said: Invocation, directory: Path, label: str) -> int:
    """Write what was not exported yet to the medium at DIRECTORY, read it back, and record it."""
    from console.jobs.export import export as export_log

    with said.acting() as (terminal, session), ProgressLine(said.words) as progress:
        done = export_log(terminal, session, directory, label=label, report=progress.show)
    data = {"bundle": done.bundle, "first": done.first, "last": done.last, "digest": done.digest, "label": done.label}
    told = [said.words("log.exported", bundle=done.bundle, first=done.first, last=done.last, label=done.label)]
    if done.own_disk:
        told.append(said.words("log.own_disk"))
    said.output.result({**data, "own_disk": done.own_disk}, told)
    return Status.DONE


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
