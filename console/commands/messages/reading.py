"""`show`: one message whole, with its findings and its history."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.messages.findings import finding_texts
from console.commands.messages.listing import row_facts, row_lines
from console.commands.output import columns, plain
from console.words import Words

if TYPE_CHECKING:
    from console.jobs.messages.reading import MessageView
    from store.message.checks.rules import Finding


@click.command("show")
@click.argument("number", metavar="ID", type=click.IntRange(min=1))
@click.option("--out", "file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--address", is_flag=True)
@click.pass_obj
def show(call: Invocation, *, number: int, file: Path | None, address: bool) -> int:
    """Print one message whole, with its findings and its history; with `--out` write its record to a file as well."""
    with call.acting() as (terminal, session):
        view = jobs.messages.reading.read(terminal, session, number, address=address)
        if file is not None:
            jobs.messages.extract.write_out(terminal, session, number, file, address=address)
    data, lines = _message_facts(view, call.words), _message_lines(view, call.words)
    if file is not None:
        data["file"] = str(file)
        lines = chain(lines, [call.words("commands.show.written", file=str(file))])
    call.output.result(data, lines)
    return ExitStatus.DONE


def _message_facts(view: "MessageView", words: Words) -> dict[str, Any]:
    """Return what the JSON of one message holds: the facts of its row in a list, and all the rest."""
    return {
        **row_facts(view.row),
        "record": view.record,
        "protected": view.protected,
        "findings": [_finding_facts(finding, words) for finding in view.findings],
        "history": [plain(asdict(entry)) for entry in view.history],
        "receipt": plain(asdict(view.receipt)) if view.receipt else None,
        "outcome": plain(asdict(view.outcome)) if view.outcome else None,
        # The code is the peer's word about something of ours, so its texts are those of a refusal.
        "trouble": {**asdict(view.trouble), **asdict(words.refusal(view.trouble.code))} if view.trouble else None,
        "reason": view.reason,
        "counters": [plain(asdict(counter)) for counter in view.counters],
        "terminal": view.terminal,
    }


def _finding_facts(finding: "Finding", words: Words) -> dict[str, str]:
    texts = finding_texts(finding.rule, finding.facts, words)
    return {"field": finding.field, "rule": finding.rule, "severity": str(finding.severity), **texts}


def _message_lines(view: "MessageView", words: Words) -> Iterator[str]:
    yield from row_lines([view.row], words)
    yield ""
    yield from columns([[words.name("items.field", name), value] for name, value in _flat(view.record)])
    for finding in view.findings:
        texts = finding_texts(finding.rule, finding.facts, words)
        yield words("commands.show.finding", field=finding.field, **texts)
    yield from _fate_lines(view, words)
    yield ""
    yield from columns(
        [[words.exact_time(entry.at), words.name("events", entry.event), entry.actor or ""] for entry in view.history]
    )


def _fate_lines(view: "MessageView", words: Words) -> Iterator[str]:
    """Yield why the message is where it is: a person's reason, the sending terminal, the peer's receipt and answer."""
    if view.reason:
        yield words("commands.show.reason", reason=view.reason)
    if view.terminal:
        yield words("commands.show.terminal", terminal=view.terminal)
    if view.receipt:
        yield words("message.receipt", time=words.exact_time(view.receipt.received_at))
    if view.trouble:
        yield words("commands.failure", **asdict(words.refusal(view.trouble.code)))
        if view.trouble.incident is not None:
            yield words("commands.incident", incident=view.trouble.incident)
    if view.outcome and view.outcome.cause:
        # The peer writes its answer in both languages; this text is not from our catalogues, so it is made safe.
        answer = {"cause": view.outcome.cause.get(words.language), "remedy": view.outcome.remedy.get(words.language)}
        yield words("commands.show.outcome", **answer)


def _flat(record: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the dotted names and the values of a record, as the import files write them."""
    for name, value in record.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list) and any(isinstance(element, Mapping) for element in value):
            for at, element in enumerate(value):
                yield from _flat(element, f"{prefix}{name}.{at}.")
        else:
            # An import file holds a list of plain values in one cell, separated by semicolons.
            yield prefix + name, ";".join(map(str, value)) if isinstance(value, list) else str(value)
