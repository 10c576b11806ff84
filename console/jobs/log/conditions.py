"""What people type into the form of the log, field by field, as the filter that it means.

The search takes the same words in one line (`console.jobs.log.search`), so that both understand the same.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection

from console.errors import SearchUnclear
from console.jobs.admission import admit
from console.jobs.log.periods import asked_for
from console.session import Session
from console.terminal import Terminal
from console.words import LANGUAGES, Words
from store import queue
from store.log import EVERYTHING, Event, EventClass, LogFilter, Result
from store.log.questions import unknown_ids
from store.message.states import Direction
from store.queue import QueueFilter
from store.rights import Right

PERSON: Final = re.compile(r"[a-z0-9-]{3,32}")
UID: Final = re.compile(r"[0-9a-f]{32}")
_MARK: Final = re.compile(r"#([0-9a-f]{4,32})")
# Whoever types the beginning of a reference means a few messages.
_MOST_MESSAGES: Final = 50
# A single letter stands in nearly every name.
_LEAST_OF_NAME: Final = 2


@dataclass(frozen=True, slots=True)
class Conditions:
    """What was typed, by the names of the fields; an empty field lets every entry through."""

    period: str = ""
    person: str = ""
    event: str = ""
    result: str = ""
    object: str = ""

    def stated(self) -> dict[str, str]:
        """Return the fields that hold something."""
        fields = ("period", "person", "event", "result", "object")
        return {name: text for name in fields if (text := getattr(self, name))}


def understand(terminal: Terminal, session: Session, typed: Conditions) -> LogFilter:
    """Return the filter that lets pass what meets every condition.

    Raises RightMissing, and SearchUnclear with the `field` that means nothing: the form puts the cursor there.
    """
    admit(terminal, session, Right.LOG)
    # In the order of the form: the first field that means nothing is where the person goes on.
    chosen = EVERYTHING
    with terminal.database.reading() as reading:
        for name, text in typed.stated().items():
            meant = _MEANINGS[name](reading, text)
            if meant is None:
                raise SearchUnclear(field=name)
            chosen = replace(chosen, **meant)
    return chosen


def _period(_reading: Connection, text: str) -> dict[str, Any] | None:
    try:
        period = asked_for(text)
    except SearchUnclear:
        return None
    return {"since": period.since, "until": period.until}


def _person(_reading: Connection, text: str) -> dict[str, Any] | None:
    # Whom an entry is about counts as well: a refused log-on has nobody who did it.
    return {"person": text} if PERSON.fullmatch(text) else None


def _event(_reading: Connection, text: str) -> dict[str, Any] | None:
    events = events_named(text)
    return {"events": events} if events else None


def _result(_reading: Connection, text: str) -> dict[str, Any] | None:
    result = results().get(text)
    return None if result is None else {"result": result}


def _object(reading: Connection, text: str) -> dict[str, Any] | None:
    objects = objects_named(reading, text)
    return {"objects": objects} if objects else None


_MEANINGS: Final[Mapping[str, Callable[[Connection, str], dict[str, Any] | None]]] = MappingProxyType(
    {"period": _period, "person": _person, "event": _event, "result": _result, "object": _object}
)


def objects_named(reading: Connection, text: str) -> frozenset[str]:
    """Return what `text` may be the object of entries as: messages, the mark of an unknown ID, or a person."""
    if mark := _MARK.fullmatch(text):
        return unknown_ids(reading, mark[1])
    # An id that nothing bears finds nothing, which is an answer as well: whoever holds a receipt asks by it.
    if UID.fullmatch(text):
        return frozenset({text})
    # A number of a message could be somebody's ID: the message is what people mean more often.
    return messages_named(reading, text) or frozenset({text} if PERSON.fullmatch(text) else ())


def messages_named(reading: Connection, text: str) -> frozenset[str]:
    """Return the ids of the messages whose reference begins with `text`."""
    # Every reference has a digit, and asking the queue about each word of a sentence would be slow.
    if not text.isascii() or not any(map(str.isdigit, text)):
        return frozenset()
    filters = (QueueFilter(direction, reference=text) for direction in Direction)
    return frozenset(row.uid for chosen in filters for row in queue.page(reading, chosen, limit=_MOST_MESSAGES))


def events_named(text: str) -> frozenset[Event]:
    """Return the events whose code `text` is, or in whose name or class it stands, in either language."""
    if text in set(Event):
        return frozenset({Event(text)})
    if len(text) < _LEAST_OF_NAME:
        return frozenset()
    # Nobody remembers whether the catalogue begins a name with a capital.
    wanted = text.casefold()
    classes = {event_class for event_class, names in _class_names().items() if wanted in names}
    return frozenset(
        event for event, names in _event_names().items() if wanted in names or event.event_class in classes
    )


@cache
def results() -> Mapping[str, Result]:
    """Return the results by code and by name in either language."""
    named = {Words(language).name("results", result): result for language in LANGUAGES for result in Result}
    return MappingProxyType({**named, **{result.value: result for result in Result}})


@cache
def _event_names() -> Mapping[Event, str]:
    """Return the names of each event in both languages, folded for comparing."""
    return MappingProxyType(
        {
            event: "\n".join(Words(language).name("events", event) for language in LANGUAGES).casefold()
            for event in Event
        }
    )


@cache
def _class_names() -> Mapping[EventClass, frozenset[str]]:
    """Return the names of each class, which only the whole word means: much of what happens has "error" in it."""
    return MappingProxyType(
        {
            each: frozenset(Words(language).name("log.class", each).casefold() for language in LANGUAGES)
            for each in EventClass
        }
    )
