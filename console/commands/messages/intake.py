"""`import`: take record files into the queue."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.progress import ProgressLine
from console.words import Words
from console.words.visible import visible

if TYPE_CHECKING:
    from console.jobs.messages.intake import RecordFault


def _texts(rule: str, facts: Mapping[str, str], words: Words) -> dict[str, str]:
    text = words.finding(rule, facts)
    return {"message": text.cause, "remedy": text.remedy}


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.pass_obj
def import_files(said: Invocation, files: tuple[Path, ...]) -> int:
    """Take record files in; exit status 4 when records were refused, the good ones are in all the same."""
    with said.acting() as (terminal, session), ProgressLine(said.words) as progress:
        taken = jobs.messages.intake.take_in(terminal, session, files, report=progress.show)
    words = said.words
    errors = [_fault(fault, words) for fault in taken.errors]
    warnings = [_fault(fault, words) for fault in taken.warnings]
    data = {"accepted": taken.accepted, "known": taken.known, "errors": errors, "warnings": warnings}
    said.output.result(data, _import_lines(data, words))
    return ExitStatus.BAD_INPUT if errors else ExitStatus.DONE


def _fault(fault: "RecordFault", words: Words) -> dict[str, Any]:
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
