"""`import`: take record files into the queue."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.messages.findings import finding_texts
from console.commands.progress import ProgressLine
from console.words import Words
from console.words.visible import visible

if TYPE_CHECKING:
    from console.jobs.messages.intake import RecordFault


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.pass_obj
def import_files(call: Invocation, files: tuple[Path, ...]) -> int:
    """Take record files in; exit status 4 when records were refused. The good records are taken in all the same."""
    with call.acting() as (terminal, session), ProgressLine(call.words) as progress:
        taken = jobs.messages.intake.take_in(terminal, session, files, report=progress.show)
    words = call.words
    errors = [_fault_facts(fault, words) for fault in taken.errors]
    warnings = [_fault_facts(fault, words) for fault in taken.warnings]
    data = {"accepted": taken.accepted, "known": taken.known, "errors": errors, "warnings": warnings}
    call.output.result(data, _import_lines(data, words))
    # Warnings do not change the status: a record with warnings is in the queue, where a person decides about it.
    return ExitStatus.BAD_INPUT if errors else ExitStatus.DONE


def _fault_facts(fault: "RecordFault", words: Words) -> dict[str, Any]:
    place = {"file": fault.file, "line": fault.line, "field": fault.field, "rule": fault.rule}
    return {**place, **finding_texts(fault.rule, fault.facts, words)}


def _import_lines(data: Mapping[str, Any], words: Words) -> Iterator[str]:
    for name in ("errors", "warnings"):
        for fault in data[name]:
            # File names and fields come from outside: each line is made safe for the terminal.
            yield visible(words(f"commands.import.{name}", **fault))
    yield words(
        "commands.import.done",
        accepted=data["accepted"],
        known=data["known"],
        # One record may break several rules, and the same line number occurs in several files: the pair counts records.
        refused=len({(fault["file"], fault["line"]) for fault in data["errors"]}),
    )
