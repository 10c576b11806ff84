"""The ready questions to the log (証跡), each of which is recorded when it is asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection

from console.errors import SearchUnclear
from console.jobs.admission import admit
from console.jobs.log.conditions import PERSON
from console.jobs.log.viewing import NamedEntry, named
from console.session import Session
from console.terminal import Terminal
from store import clock
from store.log import Event, LogRow
from store.log import questions as asked
from store.log.questions import Count, Period, Question
from store.rights import Right

__all__ = ["Answer", "Count", "Failures", "Period", "Question", "Tried", "ask"]

# Lists are bounded: an answer has to fit the memory and a person's patience.
_MOST: Final = 2000


@dataclass(frozen=True, slots=True)
class Tried:
    """An ID for which log-ons were refused: how often, and when it logged on after the last of them, if it did.

    An ID that nobody has stands under its keyed mark.
    """

    about: str
    count: int
    logged_on_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Failures:
    """Refused log-ons in total: for each ID in the period, those that were locked, and each ID in the last 31 days."""

    tried: tuple[Tried, ...]
    locked: tuple[str, ...]
    of_late: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question: entries, newest first, or counts; of failed log-ons what they come to as well."""

    question: Question
    entries: tuple[NamedEntry, ...] = ()
    counts: tuple[Count, ...] = ()
    failures: Failures | None = None


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
    chosen = period or _of_late()
    if question is Question.LOOKUPS and (person is None or not PERSON.fullmatch(person)):
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
        found = _ENTRIES[question](reading, period, limit=limit)
        failures = _failures(reading, period, found) if question is Question.FAILED_LOGINS else None
        return Answer(question, entries=tuple(named(reading, found)), failures=failures)
    found = asked.lookups(reading, period, str(person), limit=limit)
    return Answer(question, entries=tuple(named(reading, found)))


def _failures(reading: Connection, period: Period, found: Sequence[LogRow]) -> Failures:
    # Counted by the log itself, since the list of entries may be cut.
    counts = asked.failures_per_id(reading, period)
    # The entries are newest first: the first about an ID is its last.
    last = {row.object: row.seq for row in reversed(found)}
    tried = (
        Tried(count.about, count.done, asked.log_on_after(reading, count.about, last.get(count.about, 0)))
        for count in counts
        if count.done
    )
    # A single day says little about an ID that fails every week.
    of_late = asked.failures_per_id(reading, _of_late())
    return Failures(tuple(tried), tuple(count.about for count in counts if count.refused), tuple(of_late))


def _of_late() -> Period:
    return Period(since=clock.now() - timedelta(days=31))
