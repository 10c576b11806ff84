"""What happens outside of the database, recorded before and after: an intent, then its outcome.

A crash in between leaves the intent, and who next opens the terminal closes it, with the session that it belongs to.
What else reaches outside is covered otherwise: messages and notices by their states (`sending` is asked about at the
next exchange), a change of the terminal's key by the former key beside it (`renkei rekey` goes on, the intent stands
until then), a file of messages by an entry that stands before the file does. A restored terminal has no log before it
stands; registering a peer and preparing keys change nothing outside of it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection

from console.foreseen import foreseen
from console.session import Session
from console.terminal import Terminal
from store.log import Event, LogFilter, Result, page

_OUTCOME_OF: Final[Mapping[Event, Event]] = MappingProxyType(
    {Event.LOG_EXPORTING: Event.LOG_EXPORTED, Event.BACKUP_MAKING: Event.BACKUP_MADE}
)
_INTERRUPTED: Final = "interrupted"
_MOST_IN_A_SESSION: Final = 1000

Facts = dict[str, str | int]


@dataclass(slots=True)
class Intent:
    """Something that is under way: the number of its entry, and what its outcome will tell besides."""

    seq: int
    facts: Facts = field(default_factory=dict)


@contextmanager
def intended(terminal: Terminal, session: Session, intent: Event, facts: Facts) -> Iterator[Intent]:
    """Record `intent`, let the block do it, and record its outcome: done, or failed with the code of what it raised."""
    with terminal.database.writing() as tx:
        under_way = Intent(terminal.log.append(tx, intent, actor=session.person_id, session=session.id, detail=facts))
    try:
        yield under_way
    except BaseException as error:
        ours = foreseen(error)
        failed = {**facts, "code": _INTERRUPTED if ours is None else ours.code}
        with terminal.database.writing() as tx:
            _record(terminal, tx, _OUTCOME_OF[intent], session.person_id, session.id, failed, Result.FAILED)
        raise
    with terminal.database.writing() as tx:
        _record(terminal, tx, _OUTCOME_OF[intent], session.person_id, session.id, {**facts, **under_way.facts})


def close_left(terminal: Terminal, tx: Connection, person_id: str, session_id: str) -> int:
    """Record that what a session that is over left under way was interrupted; return how much that was."""
    closed = 0
    for intent, outcome in _OUTCOME_OF.items():
        chosen = LogFilter(events=frozenset({intent, outcome}), session=session_id)
        ended = 0
        for row in page(tx, limit=_MOST_IN_A_SESSION, chosen=chosen):
            # Newest first: each outcome belongs to the intent that is met next.
            if row.event == outcome:
                ended += 1
            elif ended:
                ended -= 1
            else:
                left = {**row.detail, "code": _INTERRUPTED}
                _record(terminal, tx, outcome, person_id, session_id, left, Result.FAILED)
                closed += 1
    return closed


def _record(
    terminal: Terminal,
    tx: Connection,
    event: Event,
    person_id: str,
    session_id: str,
    facts: Facts,
    result: Result = Result.DONE,
) -> None:
    terminal.log.append(tx, event, actor=person_id, session=session_id, result=result, detail=facts)
