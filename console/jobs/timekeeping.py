"""A clock that is far ahead of what the terminal knows: an officer is asked before work goes on.

Under such a clock entries, planned days, retention and certificates would all be taken for older than they are. How far
it is from the peer's clock is asked at each exchange (`exchange.clocks`); this is what can be told without the line.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from console.jobs.admission import admit
from console.session import Session
from console.terminal import Terminal
from store import clock
from store.errors import ClockAhead
from store.log import Event, LogFilter, Result, checkpoints, page
from store.rights import Right

MOST_AHEAD: Final = timedelta(days=14)
"""How far the clock may be ahead of the last time known.

Offices are never closed for so long: New Year and the holidays of May are eleven days at most. A terminal that was
switched off for longer asks once.
"""

_JUDGED: Final = LogFilter(events=frozenset({Event.CLOCK_AHEAD, Event.CLOCK_OVERRULED, Event.CLOCK_STEPPED}))


def last_known(reading: Connection) -> datetime | None:
    """Return the time that the clock is held against, or None in a log without entries.

    That is the earlier of the last entry and the peer's last word about the log. While the clock is known to be ahead,
    entries bear its time: what counts is then the time before. An officer's word that the clock is right counts as one
    of the peer.
    """
    newest, judged = page(reading, limit=1), page(reading, limit=1, chosen=_JUDGED)
    if not newest:
        return None
    if judged and judged[0].event == Event.CLOCK_AHEAD:
        return datetime.fromisoformat(str(judged[0].detail["clock_before"]))
    witness = checkpoints.last_witness(reading)
    overruled = [row.at for row in judged if row.event == Event.CLOCK_OVERRULED]
    confirmed = [] if witness is None else [max([witness.at, *overruled])]
    return min([newest[0].at, *confirmed])


def found_ahead(reading: Connection, now: datetime) -> ClockAhead | None:
    """Return the fault of a clock that says `now`, or None when that is not too far ahead."""
    known = last_known(reading)
    if known is None or now - known <= MOST_AHEAD:
        return None
    return ClockAhead(days=(now - known).days, known=known.astimezone(clock.JAPAN).date().isoformat())


def record_ahead(terminal: Terminal) -> None:
    """Record that the clock was found too far ahead, once until somebody judges it."""
    now = clock.now()
    with terminal.database.reading() as reading:
        known, judged = last_known(reading), page(reading, limit=1, chosen=_JUDGED)
    if judged and judged[0].event == Event.CLOCK_AHEAD:
        return
    assert known is not None, "the clock is ahead of something"
    detail = {"clock_before": clock.to_text(known), "clock_after": clock.to_text(now)}
    with terminal.database.writing() as tx:
        terminal.log.append(tx, Event.CLOCK_AHEAD, actor=None, session=None, result=Result.FAILED, detail=detail)


def overrule(terminal: Terminal, session: Session, reason: str) -> None:
    """Let work go on because an officer says why the clock is as it is; nothing happens where it halts nothing.

    Raises RightMissing, which is recorded.
    """
    admit(terminal, session, Right.CLOCK)
    if not isinstance(terminal.halted, ClockAhead):
        return
    with terminal.database.writing() as tx:
        known = last_known(tx)
        assert known is not None, "the clock is ahead of something"
        detail: dict[str, str | int] = {"seconds": round((clock.now() - known).total_seconds()), "cause": reason}
        terminal.log.append(tx, Event.CLOCK_OVERRULED, actor=session.person_id, session=session.id, detail=detail)
    terminal.halted = None
