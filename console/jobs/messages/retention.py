"""Retention (保存期間): contents of messages that have ended are erased once their time is over; the evidence stays."""

from datetime import timedelta
from typing import Final

from console.jobs.admission import admit
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.log import EntryDraft, Event
from store.rights import Right

_PORTION: Final = 500


def erase_expired(terminal: Terminal, session: Session) -> int:
    """Erase the contents whose retention (`retention.content_days`) is over, one entry each; return how many.

    0 days: nothing is ever erased. Raises RightMissing.
    """
    admit(terminal, session, Right.SETTINGS)
    days = terminal.settings.retention.content_days
    if days == 0:
        return 0
    before, erased = clock.now() - timedelta(days=days), 0
    while True:
        with terminal.database.writing() as tx:
            rows = queue.expired(tx, before, _PORTION)
            queue.erase(tx, rows)
            entries = [EntryDraft(Event.MESSAGE_ERASED, session.person_id, session.id, row.uid) for row in rows]
            terminal.log.append_many(tx, entries)
        erased += len(rows)
        if len(rows) < _PORTION:
            break
    if erased:
        terminal.database.scrub()
    return erased
