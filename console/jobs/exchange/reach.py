"""How far the peer's feed was read: the cursor, that it fits the feed, and the officer's way to set it back."""

from console.errors import CursorNotBefore, FeedEndsEarly
from console.incidents import record_incident
from console.jobs.admission import admit
from console.jobs.peers import register
from console.session import Session
from console.terminal import Terminal
from store import queue
from store.log import Event, Result
from store.rights import Right
from transport.line.client import Line


def set_cursor(terminal: Terminal, session: Session, position: int) -> int:
    """Set the cursor of the present peer's feed back to `position`; return where it was.

    The next receiving begins there, and what was taken in before stays as it is. Raises RightMissing, PeerMissing, and
    CursorNotBefore: setting it forward would lose the items in between.
    """
    admit(terminal, session, Right.FEED)
    feed = queue.Feed(terminal.name, register.endpoint(terminal).name)
    with terminal.database.writing() as tx:
        former = queue.cursor(tx, feed)
        if position >= former:
            raise CursorNotBefore(position=position, cursor=former)
        queue.set_cursor_back(tx, feed, position)
        terminal.log.append(
            tx,
            Event.FEED_SET_BACK,
            actor=session.person_id,
            session=session.id,
            detail={"peer": feed.peer, "from": former, "to": position},
        )
    return former


def falls_short(line: Line, cursor: int) -> bool:
    """Tell whether the peer's feed ends before `cursor`, which is not 0: no answer says where a feed ends."""
    return not line.pull(cursor - 1, 1).items


def ends_early(terminal: Terminal, session: Session, feed: queue.Feed, cursor: int) -> FeedEndsEarly:
    """Record that the feed ends before the cursor, and return the error that says so.

    Positions are dense and never change (PROTOCOL.md, 6.4). So either the peer lost a part of its feed, and will give
    these positions to other items, or the cursor is wrong: new items would be passed over without a word.
    """
    error = FeedEndsEarly(cursor=cursor)
    error.incident = record_incident(terminal.home, error)
    with terminal.database.writing() as tx:
        terminal.log.append(
            tx,
            Event.FEED_ENDED_EARLY,
            actor=session.person_id,
            session=session.id,
            result=Result.FAILED,
            detail={"code": error.code, "peer": feed.peer, "position": cursor, "incident": error.incident},
        )
    return error
