"""`log verify`: whether the log verifies, here or on a medium."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.progress import ProgressLine
from console.words import Words

if TYPE_CHECKING:
    from console.jobs.log.export import MediumFinding
    from store.log import Verification


@click.command("verify")
@click.argument("directory", required=False, type=click.Path(path_type=Path))
@click.pass_obj
def verify(said: Invocation, directory: Path | None) -> int:
    """Compute the whole chain anew, here or on a medium; exit status 6 at the first entry that does not fit."""
    if directory is not None:
        return _verify_medium(said, directory)
    with said.acting() as (terminal, session), ProgressLine(said.words) as progress:
        found = jobs.log.viewing.verify(terminal, session, report=progress.show)
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
    return ExitStatus.DONE if found.ok else ExitStatus.INTEGRITY


def _verify_medium(said: Invocation, directory: Path) -> int:
    """Check the bundles in `directory`; an auditor needs neither the terminal nor a log-on for it."""
    with ProgressLine(said.words) as progress:
        found = jobs.log.export.check_medium(directory, report=progress.show)
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
    return ExitStatus.DONE if found.ok else ExitStatus.INTEGRITY


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
