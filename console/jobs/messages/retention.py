"""Retention (保存期間): contents of closed messages and old reports of files are erased; the evidence remains."""

from datetime import datetime, timedelta
from typing import Final

from console.jobs.admission import admit
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.handins import outcomes
from store.log import EntryDraft, Event
from store.people import drafts
from store.rights import Right

_PORTION: Final = 500


def erase_expired(terminal: Terminal, session: Session) -> int:
    """Erase the contents whose retention (`retention.content_days`) is over, each with its entry; return how many.

    The report of a file quotes records. It goes as long after the file was taken in, whatever became of the messages.
    A draft that nobody went on with for as long is discarded as well: it holds as much about a person. 0 days means
    that nothing is ever erased. Raises RightMissing.
    """
    admit(terminal, session, Right.SETTINGS)
    days = terminal.settings.retention.content_days
    if days == 0:
        return 0
    before, erased = clock.now() - timedelta(days=days), 0
    old = _end_drafts(terminal, session, before)
    # In portions, so that other writers get their turn in between.
    while True:
        with terminal.database.writing() as tx:
            rows = queue.expired(tx, before, _PORTION)
            queue.erase(tx, rows)
            entries = [EntryDraft(Event.MESSAGE_ERASED, session.person_id, session.id, row.uid) for row in rows]
            terminal.log.append_many(tx, entries)
        erased += len(rows)
        if len(rows) < _PORTION:
            break
    reports = _erase_reports(terminal, session, before)
    if erased or reports or old:
        # A deleted row can still be read in the engine's files until they are cleaned.
        terminal.database.scrub()
    return erased


def _end_drafts(terminal: Terminal, session: Session, before: datetime) -> int:
    with terminal.database.writing() as tx:
        old = drafts.end_older(tx, before)
        entries = [EntryDraft(Event.DRAFT_DISCARDED, session.person_id, session.id, uid) for uid in old]
        terminal.log.append_many(tx, entries)
    return len(old)


def _erase_reports(terminal: Terminal, session: Session, before: datetime) -> int:
    with terminal.database.writing() as tx:
        files = outcomes.forget(tx, before)
        entries = [EntryDraft(Event.REPORT_ERASED, session.person_id, session.id, file) for file in files]
        terminal.log.append_many(tx, entries)
    return len(files)
