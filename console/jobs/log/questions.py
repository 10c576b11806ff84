"""The ready questions to the log (証跡), each of which is recorded when it is asked, and the search for an entry."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection

from console.errors import SearchUnclear
from console.jobs.admission import admit
from console.session import Session
from console.terminal import Terminal
from store import clock
from store.log import Event, LogFilter, LogRow, Result, first_since, newest
from store.log import questions as asked
from store.log.questions import Count, Period, Question
from store.rights import Right

__all__ = ["Answer", "Count", "Period", "Question", "Search", "ask", "find"]

# Lists are bounded: an answer has to fit the memory and a person's patience.
_MOST: Final = 2000
_DAY: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{2}))?")
_NUMBER: Final = re.compile(r"#?([\d,]{1,15})")
_UID: Final = re.compile(r"[0-9a-f]{32}")
_PERSON: Final = re.compile(r"[a-z0-9-]{3,32}")


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question: entries, newest first, or counts."""

    question: Question
    entries: tuple[LogRow, ...] = ()
    counts: tuple[Count, ...] = ()


@dataclass(frozen=True, slots=True)
class Search:
    """What a search leads to: the number of an entry, or a filter for the list."""

    entry: int | None = None
    chosen: LogFilter | None = None


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


def find(terminal: Terminal, session: Session, typed: str) -> Search:
    """Return what `typed` means: an entry's number, a day with or without time, a person, a message, event or result.

    Raises RightMissing, SearchUnclear.
    """
    admit(terminal, session, Right.LOG)
    text = typed.strip()
    moment = _moment(text)
    if moment is not None:
        with terminal.database.reading() as reading:
            # For a moment after everything, the newest entry is the nearest.
            return Search(entry=first_since(reading, moment) or newest(reading))
    numbered = _NUMBER.fullmatch(text)
    if numbered:
        return Search(entry=int(numbered[1].replace(",", "") or 1))
    return Search(chosen=_filter(text))


def _filter(text: str) -> LogFilter:
    # From the narrowest form to the widest: the name of a result and a message's uid also look like a person's ID.
    if text in {Result.REFUSED.value, Result.FAILED.value}:
        return LogFilter(result=Result(text))
    if text in set(Event):
        return LogFilter(events=frozenset({Event(text)}))
    if _UID.fullmatch(text):
        return LogFilter(object=text)
    if _PERSON.fullmatch(text):
        return LogFilter(actor=text)
    raise SearchUnclear


def _answer(reading: Connection, question: Question, period: Period, person: str | None, limit: int) -> Answer:
    if question in _COUNTS:
        return Answer(question, counts=tuple(_COUNTS[question](reading, period)))
    if question in _ENTRIES:
        return Answer(question, entries=tuple(_ENTRIES[question](reading, period, limit=limit)))
    return Answer(question, entries=tuple(asked.lookups(reading, period, str(person), limit=limit)))


def _moment(text: str) -> datetime | None:
    match = _DAY.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute = (int(part or 0) for part in match.groups())
    try:
        # People read the log in Japanese time and type what they read there.
        local = datetime(year, month, day, hour, minute, tzinfo=clock.JAPAN)
    except ValueError:
        raise SearchUnclear from None
    return local.astimezone(UTC)
