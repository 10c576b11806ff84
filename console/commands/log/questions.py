"""`log ask`: the ready questions to the log."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.output import columns
from console.words import Words

if TYPE_CHECKING:
    from console.jobs.log.questions import Answer

from console.commands.log.viewing import MOMENTS, entry_facts, entry_lines, in_japan

_QUESTIONS: Final = ("off_hours", "failed_logins", "logins_per_id", "many_lookups", "lookups")


@click.command("ask")
@click.argument("question", type=click.Choice(_QUESTIONS))
@click.option("--since", type=click.DateTime(MOMENTS))
@click.option("--until", type=click.DateTime(MOMENTS))
@click.option("--person", "who", metavar="ID")
@click.pass_obj
def ask(said: Invocation, question: str, since: datetime | None, until: datetime | None, who: str | None) -> int:
    """Answer one of the ready questions; without `--since` about the last 31 days."""
    period = jobs.log.questions.Period(in_japan(since), in_japan(until)) if since or until else None
    with said.acting() as (terminal, session):
        answer = jobs.log.questions.ask(
            terminal, session, jobs.log.questions.Question(question), period=period, person=who
        )
    counts = [
        {"person": one.about, "day": one.day.isoformat() if one.day else None, "done": one.done, "refused": one.refused}
        for one in answer.counts
    ]
    told = _count_lines(answer, said.words) if answer.counts else entry_lines(answer.entries, said.words)
    said.output.result({"entries": [entry_facts(row) for row in answer.entries], "counts": counts}, told)
    return ExitStatus.DONE


def _count_lines(answer: "Answer", words: Words) -> Iterator[str]:
    heading = [words(f"log.count.{name}") for name in ("person", "day", "done", "refused")]
    table = [[one.about, str(one.day or ""), str(one.done), str(one.refused or "")] for one in answer.counts]
    return iter(columns([heading, *table], right=frozenset({2, 3})))
