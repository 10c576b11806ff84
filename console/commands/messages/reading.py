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
from console.commands.output import columns, plain
from console.words import Words
from console.words.visible import visible

if TYPE_CHECKING:
    from console.jobs.messages.reading import MessageView

from console.commands.messages.listing import row_facts, table


@click.command("show")
@click.argument("number", metavar="ID", type=click.IntRange(min=1))
@click.option("--out", "file", metavar="FILE", type=click.Path(path_type=Path))
@click.pass_obj
def show(said: Invocation, *, number: int, file: Path | None) -> int:
    """Show one message whole, with its findings and its history; write it to a record file as well."""
    with said.acting() as (terminal, session):
        view = jobs.messages.reading.read(terminal, session, number)
        if file is not None:
            jobs.messages.extract.write_out(terminal, session, number, file)
    data, lines = _message(view, said.words), _message_lines(view, said.words)
    if file is not None:
        data["file"] = str(file)
        lines = chain(lines, [said.words("commands.show.written", file=visible(str(file)))])
    said.output.result(data, lines)
    return ExitStatus.DONE


def _message(view: "MessageView", words: Words) -> dict[str, Any]:
    findings = [
        {"field": one.field, "rule": one.rule, "severity": str(one.severity), **_texts(one.rule, one.facts, words)}
        for one in view.findings
    ]
    return {
        **row_facts(view.row),
        "record": view.record,
        "findings": findings,
        "history": [plain(asdict(step)) for step in view.history],
        "receipt": plain(asdict(view.receipt)) if view.receipt else None,
        "outcome": plain(asdict(view.outcome)) if view.outcome else None,
        "trouble": {**asdict(view.trouble), **asdict(words.refusal(view.trouble.code))} if view.trouble else None,
        "reason": view.reason,
        "counters": [plain(asdict(one)) for one in view.counters],
        "terminal": view.terminal,
    }


def _message_lines(view: "MessageView", words: Words) -> Iterator[str]:
    yield from table([view.row], words)
    yield ""
    yield from columns([[words.name("items.field", name), value] for name, value in _flat(view.record)])
    for one in view.findings:
        yield visible(words("commands.show.finding", field=one.field, **_texts(one.rule, one.facts, words)))
    if view.reason:
        yield visible(words("commands.show.reason", reason=view.reason))
    if view.terminal:
        yield words("commands.show.terminal", terminal=view.terminal)
    if view.receipt:
        yield words("message.receipt", time=words.exact_time(view.receipt.received_at))
    if view.trouble:
        yield visible(words("commands.failure", **asdict(words.refusal(view.trouble.code))))
        if view.trouble.incident is not None:
            yield words("commands.incident", incident=view.trouble.incident)
    if view.outcome and view.outcome.cause:
        told = {"cause": view.outcome.cause.get(words.language), "remedy": view.outcome.remedy.get(words.language)}
        yield visible(words("commands.show.outcome", **told))
    yield ""
    yield from columns(
        [[words.exact_time(one.at), words.name("events", one.event), one.actor or ""] for one in view.history]
    )


def _flat(record: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the dotted names and the values of a record, as the import files write them."""
    for name, value in record.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
            for at, one in enumerate(value):
                yield from _flat(one, f"{prefix}{name}.{at}.")
        else:
            yield prefix + name, ";".join(map(str, value)) if isinstance(value, list) else str(value)


def _texts(rule: str, facts: Mapping[str, str], words: Words) -> dict[str, str]:
    text = words.finding(rule, facts)
    return {"message": text.cause, "remedy": text.remedy}
