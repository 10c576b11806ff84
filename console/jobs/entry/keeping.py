"""Keeping drafts (下書き): what a person has begun to enter is saved while it is typed, and opened again later.

Only its own person sees a draft. Saving it again is no news for the log: it tells that a draft was begun, and that one
was discarded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from console.errors import DraftMissing
from console.jobs.admission import admit
from console.jobs.entry import draft as drafts
from console.jobs.entry.draft import Draft
from console.jobs.entry.items import DraftPurpose
from console.session import Session
from console.terminal import Terminal
from store import clock
from store.log import Event
from store.message.groups import value_at
from store.people import drafts as kept
from store.rights import Right

_NAME: Final = "person.name"
_KANJI: Final = "person.name_kanji"


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A draft in the list of its person: whom and what it is about, and how many items are still missing or wrong.

    `event` is the code of the event, None for a correction, which has the reference `target` instead.
    """

    uid: str
    saved_at: datetime
    name: str
    event: str | None
    purpose: str
    target: str | None
    missing: int


def keep(terminal: Terminal, session: Session, uid: str, content: Mapping[str, Any]) -> datetime:
    """Save what `Draft.content` returned, in the place of what was saved of that draft before; return when."""
    admit(terminal, session, Right.ENTER)
    now = clock.now()
    with terminal.database.writing() as tx:
        # Sealed as a whole: a column that told the event or the name would tell of whom it is.
        raw = orjson.dumps(content)
        if kept.keep(tx, terminal.vault, uid=uid, person=session.person_id, content=raw, now=now):
            terminal.log.append(tx, Event.DRAFT_KEPT, actor=session.person_id, session=session.id, object=uid)
    return now


def mine(terminal: Terminal, session: Session) -> Sequence[DraftLine]:
    """Return the drafts of this person, the newest first. Raises RightMissing, SealBroken."""
    admit(terminal, session, Right.ENTER)
    with terminal.database.reading() as reading:
        return [_line(each) for each in kept.drafts_of(reading, terminal.vault, session.person_id)]


def resume(terminal: Terminal, session: Session, uid: str) -> Draft:
    """Open a draft as it was saved; a correction claims its message again.

    Raises DraftMissing for one that ended elsewhere, and what beginning the correction raises: the message may have
    been changed, sent or undone meanwhile.
    """
    admit(terminal, session, Right.ENTER)
    # Looked for among the person's own: another one's does not open, whoever knows its name.
    with terminal.database.reading() as reading:
        own = kept.drafts_of(reading, terminal.vault, session.person_id)
        found = next((each for each in own if each.uid == uid), None)
    if found is None:
        raise DraftMissing
    content = orjson.loads(found.content)
    draft = _begun(terminal, session, content)
    draft.take_up(uid, content)
    return draft


def discard(terminal: Terminal, session: Session, uid: str) -> bool:
    """Discard a draft of this person; return whether it was there.

    The log has who discarded what nobody else ever saw, and nothing of its content.
    """
    admit(terminal, session, Right.ENTER)
    with terminal.database.writing() as tx:
        there = kept.end(tx, uid, session.person_id)
        if there:
            terminal.log.append(tx, Event.DRAFT_DISCARDED, actor=session.person_id, session=session.id, object=uid)
    return there


def _begun(terminal: Terminal, session: Session, content: Mapping[str, Any]) -> Draft:
    # The former content is read anew and not kept: what differs from it is told against what is there now.
    if content["purpose"] == DraftPurpose.REVISION:
        return drafts.reopen(terminal, session, content["number"])
    if content["purpose"] == DraftPurpose.REPLACEMENT:
        return drafts.replace(terminal, session, content["number"])
    return Draft(terminal, content["records"], event=content["event"])


def _line(draft: kept.KeptDraft) -> DraftLine:
    content = orjson.loads(draft.content)
    record = content["records"][0]
    names = (value_at(record, field) for field in (_NAME, _KANJI))
    return DraftLine(
        uid=draft.uid,
        saved_at=draft.saved_at,
        name=" ".join(str(name) for name in names if name),
        event=content["event"],
        purpose=content["purpose"],
        target=content["target"],
        missing=content["missing"],
    )
