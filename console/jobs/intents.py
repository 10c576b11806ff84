"""Acts that no single transaction can hold, recorded before and after: first the intent, then its outcome.

They reach outside the database, or take several transactions, as a large file of messages does. A crash in between
leaves the intent open. The next process that opens the terminal closes it, together with the session that it belongs
to. Other acts that reach outside are covered in other ways:


- Messages and notices: by their states; the next exchange asks what became of those that are `sending`.
- A change of the terminal's key: by the former key beside it. `renkei rekey` completes the change; until then its first
  entry has no counterpart.
- A file that messages are written to: its entry is written before the file appears.
- Restoring: there is no log to write to before the terminal exists.
- Registering a peer and preparing keys: they change nothing outside.
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
    {
        Event.LOG_EXPORTING: Event.LOG_EXPORTED,
        Event.BACKUP_MAKING: Event.BACKUP_MADE,
        Event.FILE_IMPORTING: Event.FILE_IMPORTED,
    }
)
# The code of an outcome that no error of ours explains: a crash, a signal, or a fault of the program.
_INTERRUPTED: Final = "interrupted"
_MOST_IN_A_SESSION: Final = 1000

Facts = dict[str, str | int]


@dataclass(slots=True)
class Intent:
    """An act that is under way: the number of its entry, and the further facts that its outcome will carry.

    `outcome` is the number of the entry that records the outcome, once there is one.
    """

    seq: int
    facts: Facts = field(default_factory=dict)
    outcome: int | None = None


@contextmanager
def intended(terminal: Terminal, session: Session, intent: Event, facts: Facts) -> Iterator[Intent]:
    """Record `intent`, run the block, and record the outcome: done, or failed with the code of the error it raised.

    A block whose last transaction is the act itself records the outcome there, by `conclude`.
    """
    # Durable before anything happens outside: an act that the log does not know of must not exist.
    with terminal.database.writing() as tx:
        under_way = Intent(
            terminal.log.append(tx, intent, actor=session.person_id, session=session.id, detail=facts), dict(facts)
        )
    try:
        yield under_way
    except BaseException as error:
        # Also a signal or Ctrl+C: the act did not come to its end, and the log must not leave that open.
        ours = foreseen(error)
        failed = {**facts, "code": _INTERRUPTED if ours is None else ours.code}
        with terminal.database.writing() as tx:
            _record(terminal, tx, _OUTCOME_OF[intent], session.person_id, session.id, failed, Result.FAILED)
        raise
    if under_way.outcome is None:
        # Only now: the act has succeeded, and whatever it does outside is durable.
        with terminal.database.writing() as tx:
            conclude(terminal, session, tx, intent, under_way)


def conclude(terminal: Terminal, session: Session, tx: Connection, intent: Event, under_way: Intent) -> None:
    """Record in `tx` that an act is done."""
    facts = under_way.facts
    under_way.outcome = _record(terminal, tx, _OUTCOME_OF[intent], session.person_id, session.id, facts)


def close_left(terminal: Terminal, tx: Connection, person_id: str, session_id: str) -> int:
    """Record as interrupted whatever an ended session left under way; return how many acts that were."""
    closed = 0
    for intent, outcome in _OUTCOME_OF.items():
        chosen = LogFilter(events=frozenset({intent, outcome}), session=session_id)
        ended = 0
        for row in page(tx, limit=_MOST_IN_A_SESSION, chosen=chosen):
            # The rows come newest first, so each outcome belongs to the next intent that follows it here.
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
) -> int:
    return terminal.log.append(tx, event, actor=person_id, session=session_id, result=result, detail=facts)
