"""The ready questions to the log (証跡), each of which is recorded when it is asked."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection

from console.errors import SearchUnclear
from console.jobs.admission import admit
from console.jobs.log.viewing import NamedEntry, named
from console.session import Session
from console.terminal import Terminal
from store import clock
from store.log import Event, LogRow
from store.log import questions as asked
from store.log.questions import Count, Period, Question
from store.rights import Right

__all__ = ["Answer", "Count", "Period", "Question", "ask"]

# Lists are bounded: an answer has to fit the memory and a person's patience.
_MOST: Final = 2000
_PERSON: Final = re.compile(r"[a-z0-9-]{3,32}")


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question: entries, newest first, or counts."""

    question: Question
    entries: tuple[NamedEntry, ...] = ()
    counts: tuple[Count, ...] = ()


_ENTRIES: Final[Mapping[Question, Callable[..., list[LogRow]]]] = MappingProxyType(
    {Question.OFF_HOURS: asked.off_hours, Question.FAILED_LOGINS: asked.failed_logins}
)
_COUNTS: Final[Mapping[Question, Callable[..., list[Count]]]] = MappingProxyType(
    {Question.LOGINS_PER_ID: asked.logins_per_id, Question.MANY_LOOKUPS: asked.many_lookups}
)


def ask(
    terminal: Terminal,
    session: Session,
    question: Question,
    *,
    period: Period | None = None,
    person: str | None = None,
    limit: int = _MOST,
) -> Answer:
    """Answer a question about `period` (default: the last 31 days), and record that it was asked.

    The question `lookups` is about `person`. Raises RightMissing, SearchUnclear when that question names nobody.
    """
    admit(terminal, session, Right.LOG)
    chosen = period or Period(since=clock.now() - timedelta(days=31))
    if question is Question.LOOKUPS and (person is None or not _PERSON.fullmatch(person)):
        raise SearchUnclear
    with terminal.database.reading() as reading:
        answer = _answer(reading, question, chosen, person, limit)
    # In a separate transaction after the answer, which can take long: no other writer has to wait for it.
    with terminal.database.writing() as tx:
        terminal.log.append(
            tx,
            Event.LOG_READ,
            actor=session.person_id,
            session=session.id,
            object=person if question is Question.LOOKUPS else None,
            detail={"question": question.value, "count": len(answer.entries) + len(answer.counts)},
        )
    return answer


def _answer(reading: Connection, question: Question, period: Period, person: str | None, limit: int) -> Answer:
    if question in _COUNTS:
        return Answer(question, counts=tuple(_COUNTS[question](reading, period)))
    if question in _ENTRIES:
        return Answer(question, entries=tuple(named(reading, _ENTRIES[question](reading, period, limit=limit))))
    found = asked.lookups(reading, period, str(person), limit=limit)
    return Answer(question, entries=tuple(named(reading, found)))
