"""`log verify`: check whether the log is whole, at this terminal or on a medium."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.log.tables import described, facts_of
from console.commands.progress import ProgressLine
from console.words import Words

# The code beside entries that hold, on a medium with other files.
_FOREIGN_FILES: Final = "foreign_files"
_MOST_NAMED: Final = 10

if TYPE_CHECKING:
    from console.jobs.log.export import MediumFinding
    from store.log import Verification
    from store.log.bundle import BundleFinding


@click.command("verify")
@click.argument("directory", required=False, type=click.Path(path_type=Path))
@click.option("--tables", "tables", is_flag=True)
@click.option("--first-key", "first_key", metavar="HEX")
@click.pass_obj
def verify(call: Invocation, directory: Path | None, *, tables: bool, first_key: str | None) -> int:
    """Recompute the whole chain, here or on the medium at DIRECTORY; exit status 6 when an entry does not fit.

    With `--tables`, also hold every row here against the log, and name each that differs. With `--first-key`, or beside
    a terminal, a medium has to be of that log.
    """
    if directory is not None:
        if tables:
            raise click.BadParameter(str(directory), param_hint="--tables")
        return _verify_medium(call, directory, first_key)
    if first_key is not None:
        raise click.BadParameter(first_key, param_hint="--first-key")
    if tables:
        return _verify_tables(call)
    with call.acting() as (terminal, session), ProgressLine(call.words) as progress:
        verification = jobs.log.viewing.verify(terminal, session, report=progress.show)
    call.output.result(_log_facts(verification), [_describe_log(verification, call.words)])
    return ExitStatus.DONE if verification.ok else ExitStatus.INTEGRITY


def _verify_tables(call: Invocation) -> int:
    with call.acting() as (terminal, session), ProgressLine(call.words) as progress:
        found = jobs.log.tables.verify(terminal, session, report=progress.show)
    lines = [_describe_log(found.log, call.words), *described(found.tables, call.words)]
    if found.tables.ok:
        lines.append(call.words("log.tables.sound", rows=f"{found.tables.rows:,}"))
    call.output.result({**_log_facts(found.log), "ok": found.ok, "tables": facts_of(found.tables)}, lines)
    return ExitStatus.DONE if found.ok else ExitStatus.INTEGRITY


def _log_facts(verification: "Verification") -> dict[str, object]:
    return {
        "ok": verification.ok,
        "entries": verification.entries,
        "first_bad": verification.first_bad,
        "cause": verification.cause,
        "checkpoints": verification.checkpoints,
        # A log that verifies may still have been resumed after a roll-back, which its readers have to see.
        "resumed": list(verification.resumed),
        "pruned": verification.pruned,
    }


def _verify_medium(call: Invocation, directory: Path, first_key: str | None) -> int:
    """Check the bundles in `directory`.

    No terminal is opened and nobody is logged on: an auditor does this on another machine, with the medium only.
    """
    if first_key is None and call.home is not None:
        first_key = jobs.log.export.first_key_of(call.home)
    with ProgressLine(call.words) as progress:
        finding = jobs.log.export.check_medium(directory, first_key=first_key, report=progress.show)
    broken = finding.broken
    data = {
        "ok": finding.ok,
        "entries": finding.entries,
        "first_bad": broken.first_bad if broken else None,
        "cause": broken.cause if broken else _FOREIGN_FILES if finding.foreign else None,
        "file": broken.file if broken else None,
        "foreign": list(finding.foreign),
        "missing": [list(span) for span in finding.missing],
        "bundles": [_bundle_facts(bundle) for bundle in finding.bundles],
    }
    lines = [_describe_medium(finding, call.words)]
    if finding.missing:
        spans = ", ".join(f"{first}–{last}" for first, last in finding.missing)
        lines.append(call.words("log.medium_missing", entries=spans))
    if finding.foreign:
        more = len(finding.foreign) - _MOST_NAMED
        names = [*finding.foreign[:_MOST_NAMED], *([f"+{more}"] if more > 0 else [])]
        lines.append(call.words("log.medium_foreign", files=", ".join(names)))
    call.output.result(data, lines)
    if not finding.ok:
        return ExitStatus.INTEGRITY
    # The entries hold; what lies beside them is no harm to the log, and still no part of it.
    return ExitStatus.BAD_INPUT if finding.foreign else ExitStatus.DONE


def _bundle_facts(bundle: "BundleFinding") -> dict[str, object]:
    return {
        "number": bundle.number,
        "first": bundle.first,
        "last": bundle.last,
        "ok": bundle.ok,
        "digest": bundle.digest,
        "first_key": bundle.first_key,
    }


def _describe_medium(finding: "MediumFinding", words: Words) -> str:
    broken = finding.broken
    if broken is None:
        return words("log.medium_sound", bundles=len(finding.bundles), entries=f"{finding.entries:,}")
    flaw = words(f"log.flaw.{broken.cause}")
    # A flaw is in an entry, or in a whole file such as the list of checksums.
    if broken.first_bad is None:
        return words("log.medium_file", file=broken.file, cause=flaw)
    return words("log.broken", seq=broken.first_bad, cause=flaw)


def _describe_log(verification: "Verification", words: Words) -> str:
    if verification.cause is None:
        return words("log.sound", entries=verification.entries)
    return words("log.broken", seq=verification.first_bad, cause=words(f"log.flaw.{verification.cause}"))
