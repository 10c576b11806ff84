"""`import`: take record files into the queue."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console import jobs
from console.commands.failures import ExitStatus, describe
from console.commands.invocation import Invocation
from console.commands.messages.findings import finding_texts
from console.commands.output import ReportLost
from console.commands.progress import ProgressLine
from console.words import Words
from store.errors import FileFault

if TYPE_CHECKING:
    from console.jobs.handins.intake_outcome import Intake, RecordFault
    from store.message.files.reading import TracedRow


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--layout", metavar="NAME")
@click.option("--check", is_flag=True)
@click.pass_obj
def import_files(call: Invocation, files: tuple[Path, ...], layout: str | None, *, check: bool) -> int:
    """Take record files in; exit status 4 when records were refused. The good records are taken in all the same."""
    if check:
        return _check(call, files, layout)
    taken, failure = jobs.handins.intake_outcome.Intake(), None
    try:
        with call.acting() as (terminal, session), ProgressLine(call.words) as progress:
            jobs.messages.intake.take_in(terminal, session, files, report=progress.show, total=taken, layout=layout)
    except Exception as error:
        # What is in stays in, and is reported with the error beside it: the person must not take it for lost.
        # Of several files each is told, also when the first one cannot be read.
        if not taken.files and (len(files) == 1 or not isinstance(error, FileFault)):
            raise
        failure = describe(error, call.words, call.home)
    try:
        data = _facts(taken, files, call.words)
    except MemoryError as error:
        raise ReportLost from error
    lines = _lines(data, call.words)
    if failure is not None:
        call.output.partial(data, lines, failure.code, failure.cause, failure.remedy, **failure.more)
        return failure.status
    call.output.result(data, lines)
    # Warnings do not change the status: a record with warnings is in the queue, where a person decides about it.
    return ExitStatus.BAD_INPUT if taken.refused else ExitStatus.DONE


def _check(call: Invocation, files: Sequence[Path], layout: str | None) -> int:
    """Tell what an import would find, and take nothing in."""
    with call.acting() as (terminal, session):
        examined = jobs.handins.examination.examine(terminal, session, files, layout)
    data = _facts(examined.found, files, call.words)
    rows = [
        {"file": file, "line": row.line, "items": [item._asdict() for item in row.items]} for file, row in examined.rows
    ]
    # Another name than after an import: a script must not take a dry run for one.
    good = {
        "good": data["accepted"],
        **{name: data[name] for name in ("known", "refused", "errors", "warnings", "more")},
    }
    call.output.result({**good, "rows": rows}, _check_lines(data, examined.rows, call.words))
    return ExitStatus.BAD_INPUT if examined.found.refused else ExitStatus.DONE


def _check_lines(data: Mapping[str, Any], rows: "Sequence[tuple[str, TracedRow]]", words: Words) -> Iterator[str]:
    for file, row in rows:
        yield words("commands.import.traced_row", file=file, line=row.line)
        for item in row.items:
            kind = "constant" if item.column is None else "traced"
            yield words(f"commands.import.{kind}", **item._asdict())
    yield from _fault_lines(data, words)
    yield words("commands.import.good", good=data["accepted"], known=data["known"], refused=data["refused"])


def _facts(taken: "Intake", files: Sequence[Path], words: Words) -> dict[str, Any]:
    return {
        "accepted": taken.accepted,
        "known": taken.known,
        "refused": taken.refused,
        "errors": [_fault_facts(fault, words) for fault in taken.errors],
        "warnings": [_fault_facts(fault, words) for fault in taken.warnings],
        "more": {"errors": dict(taken.more_errors), "warnings": dict(taken.more_warnings)},
        "files": [totals._asdict() for totals in taken.files],
        # They were taken in in the order in which they were named, and the work ends at the first that cannot be read.
        "left": [path.name for path in files[len(taken.files) :]],
    }


def _fault_facts(fault: "RecordFault", words: Words) -> dict[str, Any]:
    place = {"file": fault.file, "line": fault.line, "field": fault.field, "rule": fault.rule}
    # Whoever mends the record looks for it by its reference, and not by a line of a file.
    place["reference"] = fault.reference
    return {**place, **finding_texts(fault.rule, fault.facts, words)}


def _fault_lines(data: Mapping[str, Any], words: Words) -> Iterator[str]:
    for name in ("errors", "warnings"):
        for fault in data[name]:
            # File names and fields come from outside: each line is made safe for the terminal.
            yield words(f"commands.import.{name}", **fault)
        for rule, count in data["more"][name].items():
            yield words(f"commands.import.more_{name}", rule=rule, count=count)


def _lines(data: Mapping[str, Any], words: Words) -> Iterator[str]:
    yield from _fault_lines(data, words)
    if len(data["files"]) + len(data["left"]) > 1:
        for totals in data["files"]:
            yield words("commands.import.file", **totals)
        for file in data["left"]:
            yield words("commands.import.left", file=file)
    yield words("commands.import.done", **{name: data[name] for name in ("accepted", "known", "refused")})
