"""The search in the log (証跡): one entry by its number or time, or all that meet every condition that was typed."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection

from console.errors import SearchUnclear
from console.jobs.admission import admit
from console.jobs.log.conditions import PERSON, UID, events_named, messages_named, results
from console.jobs.log.periods import period_of
from console.session import Session
from console.terminal import Terminal
from store import clock
from store.log import EVERYTHING, Event, LogFilter, first_since, newest
from store.rights import Right

_MOMENT: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{2}))?")
_NUMBER: Final = re.compile(r"#?([\d,]{1,15})")


@dataclass(frozen=True, slots=True)
class Search:
    """What a search leads to: the number of an entry, or a filter for the list."""

    entry: int | None = None
    chosen: LogFilter | None = None


def find(terminal: Terminal, session: Session, typed: str) -> Search:
    """Return what `typed` means: an entry's number or moment alone, or conditions that hold together.

    A condition is a period, a person, an event or a result by code or name, or a message by its number or id. Raises
    RightMissing, SearchUnclear.
    """
    admit(terminal, session, Right.LOG)
    text = typed.strip()
    with terminal.database.reading() as reading:
        moment = _moment(text)
        if moment is not None:
            # For a moment after everything, the newest entry is the nearest.
            return Search(entry=first_since(reading, moment) or newest(reading))
        if numbered := _NUMBER.fullmatch(text):
            return Search(entry=int(numbered[1].replace(",", "") or 1))
        return Search(chosen=_together(_condition(reading, word) for word in text.split()))


def _together(conditions: Iterator[LogFilter]) -> LogFilter:
    """Return the filter that lets pass what every one of them does. Two of one kind would let nothing pass."""
    names = ("since", "until", "events", "actor", "objects", "result")
    chosen = EVERYTHING
    for condition in conditions:
        stated = {name: value for name in names if (value := getattr(condition, name)) not in (None, frozenset())}
        if any(getattr(chosen, name) not in (None, frozenset()) for name in stated):
            raise SearchUnclear
        chosen = replace(chosen, **stated)
    if chosen == EVERYTHING:
        raise SearchUnclear
    return chosen


def _condition(reading: Connection, word: str) -> LogFilter:
    # From the narrowest form to the widest: much of what is meant otherwise looks like a person's ID as well.
    for meaning in (_period, _result, _event, _uid, _reference(reading), _event_by_name, _person):
        chosen = meaning(word)
        if chosen is not None:
            return chosen
    raise SearchUnclear


def _period(word: str) -> LogFilter | None:
    try:
        period = period_of(word, clock.now())
    except ValueError:
        raise SearchUnclear from None
    return None if period is None else LogFilter(period.since, period.until)


def _result(word: str) -> LogFilter | None:
    result = results().get(word)
    return None if result is None else LogFilter(result=result)


def _event(word: str) -> LogFilter | None:
    return LogFilter(events=frozenset({Event(word)})) if word in set(Event) else None


# An id that nothing bears finds nothing, which is an answer as well: whoever holds a receipt asks by it.
def _uid(word: str) -> LogFilter | None:
    return LogFilter(objects=frozenset({word})) if UID.fullmatch(word) else None


def _reference(reading: Connection) -> Callable[[str], LogFilter | None]:
    """Return the meaning of a word as the beginning of a message's reference."""

    def meaning(word: str) -> LogFilter | None:
        uids = messages_named(reading, word)
        return LogFilter(objects=uids) if uids else None

    return meaning


def _event_by_name(word: str) -> LogFilter | None:
    events = events_named(word)
    return LogFilter(events=events) if events else None


# Last of all, because nearly every word of Latin letters could be somebody's ID.
def _person(word: str) -> LogFilter | None:
    return LogFilter(actor=word) if PERSON.fullmatch(word) else None


def _moment(text: str) -> datetime | None:
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute = (int(part or 0) for part in match.groups())
    try:
        # People read the log in Japanese time and type what they read there.
        local = datetime(year, month, day, hour, minute, tzinfo=clock.JAPAN)
    except ValueError:
        raise SearchUnclear from None
    return local.astimezone(UTC)
