"""`log ask`: put one of the ready questions to the log (証跡)."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.log.viewing import entry_facts, entry_lines
from console.commands.output import columns
from console.commands.times import MOMENT_FORMATS, in_japan
from console.words import Words

if TYPE_CHECKING:
    from console.jobs.log.questions import Count

# The values of `Question`, written out: the help names them, and must not wait for the database's libraries.
_QUESTIONS: Final = ("off_hours", "failed_logins", "logins_per_id", "many_lookups", "lookups")


@click.command("ask")
@click.argument("question", metavar="QUESTION", type=click.Choice(_QUESTIONS))
@click.option("--since", metavar="TIME", type=click.DateTime(MOMENT_FORMATS))
@click.option("--until", metavar="TIME", type=click.DateTime(MOMENT_FORMATS))
@click.option("--person", "who", metavar="ID")
@click.pass_obj
def ask(call: Invocation, question: str, since: datetime | None, until: datetime | None, who: str | None) -> int:
    """Answer one of the ready questions: about the last 31 days, unless `--since` or `--until` is given."""
    questions = jobs.log.questions
    period = questions.Period(in_japan(since), in_japan(until)) if since or until else None
    with call.acting() as (terminal, session):
        answer = questions.ask(terminal, session, questions.Question(question), period=period, person=who)
    data = {
        "entries": [entry_facts(entry) for entry in answer.entries],
        "counts": [_count_facts(count) for count in answer.counts],
    }
    # A question is answered by counts or by entries, never by both.
    lines = _count_lines(answer.counts, call.words) if answer.counts else entry_lines(answer.entries, call.words)
    call.output.result(data, lines)
    return ExitStatus.DONE


def _count_facts(count: "Count") -> dict[str, object]:
    return {
        "person": count.about,
        "day": count.day.isoformat() if count.day else None,
        "done": count.done,
        "refused": count.refused,
    }


def _count_lines(counts: Sequence["Count"], words: Words) -> list[str]:
    heading = [words(f"log.count.{name}") for name in ("person", "day", "done", "refused")]
    cells = [[count.about, str(count.day or ""), str(count.done), str(count.refused or "")] for count in counts]
    return columns([heading, *cells], right=frozenset({2, 3}))
