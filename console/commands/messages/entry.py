"""`revise`, `undo` and `cancel-event`: correct messages, before they have left and after."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.messages.findings import finding_texts
from console.words import Words
from store.message.checks.rules import Severity
from store.message.states import Pointer

if TYPE_CHECKING:
    from store.message.checks.rules import Finding

_ONE_MESSAGE = click.argument("number", metavar="ID", type=click.IntRange(min=1))
_OTHER_PERSON = click.option("--other-person", is_flag=True)


@click.command("revise")
@_ONE_MESSAGE
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@_OTHER_PERSON
@click.pass_obj
def revise(call: Invocation, *, number: int, file: Path, other_person: bool) -> int:
    """Give a message that has not left the content of FILE; exit status 4 when a rule refuses it."""
    with call.acting() as (terminal, session):
        record = jobs.messages.entry.load(file)
        # The version is read before the rules are checked: what somebody else changes meanwhile is not overwritten.
        _, version = jobs.messages.entry.open_for_revision(terminal, session, number)
        findings = jobs.messages.entry.judge(terminal, record).findings
        if not _errors(findings):
            jobs.messages.entry.revise(terminal, session, number, record, version=version, other_person=other_person)
    return _print_outcome(call, "revise", {"id": number, "reference": record.get("reference")}, findings)


@click.command("undo")
@_ONE_MESSAGE
@click.option("--cancel", is_flag=True)
@click.option("--replace", "file", metavar="FILE", type=click.Path(path_type=Path))
@_OTHER_PERSON
@click.pass_obj
def undo(call: Invocation, *, number: int, cancel: bool, file: Path | None, other_person: bool) -> int:
    """Enter a message that cancels or replaces one that has left; exit status 4 when a rule refuses it."""
    if cancel == (file is not None):
        raise click.UsageError(call.words("commands.undo.one_way"), click.get_current_context())
    with call.acting() as (terminal, session):
        if file is None:
            record = jobs.messages.entry.counter(terminal, session, number, Pointer.CANCELS)
        else:
            record = jobs.messages.entry.replacement(terminal, session, number, jobs.messages.entry.load(file))
        # The rules are checked apart from entering, so that warnings are printed also for a message that was entered.
        findings = jobs.messages.entry.judge(terminal, record).findings
        entered = []
        if not _errors(findings):
            entered = jobs.messages.entry.enter(terminal, session, [record], other_person=other_person)
    return _print_outcome(
        call, "undo", {"id": entered[0] if entered else None, "reference": record["reference"]}, findings
    )


@click.command("cancel-event")
@_ONE_MESSAGE
@click.pass_obj
def cancel_event(call: Invocation, *, number: int) -> int:
    """Cancel both messages of the event that a message is about."""
    with call.acting() as (terminal, session):
        done = jobs.messages.pairs.cancel_event(terminal, session, number)
    data = {"cancelling": list(done.cancelling), "withdrawn": list(done.withdrawn)}
    counts = {name: len(references) for name, references in data.items()}
    call.output.result(data, [call.words("entry.event_cancelled", **counts)])
    return ExitStatus.DONE


def _errors(findings: Sequence["Finding"]) -> list["Finding"]:
    return [finding for finding in findings if finding.severity is Severity.ERROR]


def _print_outcome(call: Invocation, command: str, about: Mapping[str, Any], findings: Sequence["Finding"]) -> int:
    """Print what became of the message that `about` names, with its findings; return the exit status."""
    errors = _errors(findings)
    warnings = [finding for finding in findings if finding.severity is Severity.WARNING]
    data = {
        **about,
        "changed": not errors,
        "errors": [_finding_facts(finding, call.words) for finding in errors],
        "warnings": [_finding_facts(finding, call.words) for finding in warnings],
    }
    call.output.result(data, _outcome_lines(data, command, call.words))
    return ExitStatus.BAD_INPUT if errors else ExitStatus.DONE


def _finding_facts(finding: "Finding", words: Words) -> dict[str, str]:
    return {"field": finding.field, "rule": finding.rule, **finding_texts(finding.rule, finding.facts, words)}


def _outcome_lines(data: Mapping[str, Any], command: str, words: Words) -> Iterator[str]:
    for finding in (*data["errors"], *data["warnings"]):
        yield words("commands.show.finding", **finding)
    outcome = "done" if data["changed"] else "refused"
    yield words(f"commands.{command}.{outcome}", id=data["id"], reference=data["reference"])
