"""`revise` and `undo`: put messages right, before they have left and after."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.words import Words
from console.words.visible import visible
from store.message.checks.rules import Severity

if TYPE_CHECKING:
    from store.message.checks.rules import Finding

_ONE_MESSAGE = click.argument("number", metavar="ID", type=click.IntRange(min=1))


@click.command("revise")
@_ONE_MESSAGE
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.pass_obj
def revise(said: Invocation, number: int, file: Path) -> int:
    """Give a message that has not left the content of FILE; exit status 4 when a rule refuses it."""
    with said.acting() as (terminal, session):
        record = jobs.messages.entry.load(file)
        _kept, version = jobs.messages.entry.open_for_revision(terminal, session, number)
        findings = jobs.messages.entry.judge(terminal, record).findings
        if not _errors(findings):
            jobs.messages.entry.revise(terminal, session, number, record, version=version)
    return _tell(said, {"id": number, "reference": record.get("reference")}, findings, "revise")


@click.command("undo")
@_ONE_MESSAGE
@click.option("--cancel", is_flag=True)
@click.option("--replace", "file", metavar="FILE", type=click.Path(path_type=Path))
@click.pass_obj
def undo(said: Invocation, *, number: int, cancel: bool, file: Path | None) -> int:
    """Enter a message that cancels or replaces one that has left; exit status 4 when a rule refuses it."""
    from store.message.states import Pointer

    if cancel == (file is not None):
        raise click.UsageError(said.words("commands.undo.one_way"), click.get_current_context())
    with said.acting() as (terminal, session):
        if file is None:
            record = jobs.messages.entry.counter(terminal, session, number, Pointer.CANCELS)
        else:
            record = jobs.messages.entry.replacement(terminal, session, number, jobs.messages.entry.load(file))
        findings = jobs.messages.entry.judge(terminal, record).findings
        entered = [] if _errors(findings) else jobs.messages.entry.enter(terminal, session, [record])
    return _tell(said, {"id": entered[0] if entered else None, "reference": record["reference"]}, findings, "undo")


def _errors(findings: Sequence["Finding"]) -> list["Finding"]:
    return [one for one in findings if one.severity is Severity.ERROR]


def _tell(said: Invocation, about: Mapping[str, Any], findings: Sequence["Finding"], command: str) -> int:
    errors = _errors(findings)
    warnings = [one for one in findings if one.severity is Severity.WARNING]
    data = {
        **about,
        "changed": not errors,
        "errors": [_finding(one, said.words) for one in errors],
        "warnings": [_finding(one, said.words) for one in warnings],
    }
    said.output.result(data, _lines(data, command, said.words))
    return ExitStatus.BAD_INPUT if errors else ExitStatus.DONE


def _finding(one: "Finding", words: Words) -> dict[str, str]:
    text = words.finding(one.rule, one.facts)
    return {"field": one.field, "rule": one.rule, "message": text.cause, "remedy": text.remedy}


def _lines(data: Mapping[str, Any], command: str, words: Words) -> Iterator[str]:
    for one in (*data["errors"], *data["warnings"]):
        yield visible(words("commands.show.finding", **one))
    outcome = "done" if data["changed"] else "refused"
    yield visible(words(f"commands.{command}.{outcome}", id=data["id"], reference=data["reference"]))
