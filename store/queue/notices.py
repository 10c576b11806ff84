"""Received notices: which of several about one person stands, and what confirming one leads to."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, bindparam, insert, select, union_all

from store.errors import ContentErased
from store.message.canonical import decode
from store.message.declarations.agency_notice import asks_for_deletion
from store.message.kinds import AgencyNotice
from store.message.matching import is_same_person
from store.message.states import CONFIRMABLE, TRANSITIONS, Direction, InState, Step
from store.queue.contents import sound_contents_of
from store.queue.intake import MessageKey, known
from store.queue.pages import rows_of
from store.queue.tables import FORMER_NUMBERS, MESSAGES, MessageRow, message_row, select_messages
from store.queue.transitions import Act, RefusedTransition, Transitions, move_many
from store.sealing.vault import Vault

# Built once: each notice that comes in asks it.
_ABOUTS: Final[BindParameter[Any]] = bindparam("abouts", expanding=True)
_ABOUT: Final = (
    select_messages()
    .where(
        # Each half by its own index. A message's subject is a pseudonym of another kind, never the same as a notice's:
        # were the direction asked for as well, an engine would take that for the way in, and walk through all notices.
        MESSAGES.c.id.in_(
            union_all(
                select(MESSAGES.c.id).where(MESSAGES.c.subject.in_(_ABOUTS)),
                select(FORMER_NUMBERS.c.message_id).where(FORMER_NUMBERS.c.number.in_(_ABOUTS)),
            )
        )
    )
    .order_by(MESSAGES.c.occurred_at.desc(), MESSAGES.c.id.desc())
)

# Notices have a kind of their own, and no other message has it.
_NAMING: Final = select(MESSAGES.c.id).where(
    MESSAGES.c.target == bindparam("reference"), MESSAGES.c.kind == bindparam("kind")
)


def notices_about(conn: Connection, abouts: Collection[str]) -> list[MessageRow]:
    """Return the notices that know their person by one of these pseudonyms of a number, now or before.

    The newest first, in any state.
    """
    return [message_row(row) for row in conn.execute(_ABOUT, {"abouts": list(abouts)})]


def notices_beside(conn: Connection, row: MessageRow) -> list[MessageRow]:
    """Return the other notices about the number that a notice states, or about one that its person had before."""
    former = conn.scalars(select(FORMER_NUMBERS.c.number).where(FORMER_NUMBERS.c.message_id == row.id))
    abouts = {*former, *([row.subject] if row.subject else ())}
    return [one for one in notices_about(conn, abouts) if one.id != row.id] if abouts else []


def add_former_numbers(tx: Connection, number: int, former: Collection[str]) -> None:
    """Keep the pseudonyms of the numbers that the person of notice `number` had before it."""
    if former:
        tx.execute(insert(FORMER_NUMBERS), [{"number": one, "message_id": number} for one in sorted(former)])


def supersede_others(
    tx: Connection, vault: Vault, number: int, notice: AgencyNotice, abouts: Collection[str], act: Act
) -> list[MessageRow]:
    """Let the newest of the notices about one person stand, now that `notice` has come in; return the superseded ones.

    `number` is the one it was given, `abouts` are the pseudonyms of the numbers by which it knows its person. What it
    names itself is superseded as well, and it is by one that came before it and names it. A notice whose content does
    not open supersedes nothing by its person and stands: people have to look at it anyway.
    """
    gone = _named(tx, notice)
    # Of two that name each other one has to stand: the one that came last.
    if _naming(tx, notice) - gone:
        gone.add(number)
    rows = {row.id: row for row in (notices_about(tx, abouts) if abouts else ())}
    if (arrived := rows.pop(number, None)) is not None and rows:
        others = {at: row for at, row in rows.items() if _may_matter(row, arrived)}
        for at, content in sound_contents_of(tx, vault, others).opened.items():
            other = AgencyNotice.from_record(decode(content))
            if _age(others[at]) < _age(arrived):
                gone.update({at} if is_same_person(other, notice) else ())
            elif is_same_person(notice, other):
                gone.add(number)
    return move_many(tx, vault, sorted(gone), Step.SUPERSEDE, act).changed if gone else []


def _named(tx: Connection, notice: AgencyNotice) -> set[int]:
    """Return the number of the notice that this one says it replaces, if that one is here."""
    if notice.supersedes is None:
        return set()
    key = MessageKey(str(notice.kind), notice.supersedes)
    return {one.id for one in known(tx, Direction.IN, [key]).values()}


def _naming(tx: Connection, notice: AgencyNotice) -> set[int]:
    """Return the numbers of the notices here that say they replace this one, which came after them."""
    return set(tx.scalars(_NAMING, {"kind": str(notice.kind), "reference": notice.reference}))


def confirm(tx: Connection, vault: Vault, numbers: Sequence[int], act: Act) -> Transitions:
    """Confirm notices as one person; a notice that leads to a deletion then waits for a second one.

    Those that cannot be confirmed, or do not open, are told and stay as they are.
    """
    rows = {row.id: row for row in rows_of(tx, numbers) if row.state in CONFIRMABLE}
    contents = sound_contents_of(tx, vault, rows)
    steps, done = defaultdict[Step, list[int]](list), Transitions()
    for number in dict.fromkeys(numbers):
        if number in rows and number not in contents.opened:
            erased = ContentErased(reference=rows[number].reference)
            done.refused.append(RefusedTransition(number, contents.broken.get(number, erased)))
        else:
            steps[_step(rows.get(number), contents.opened)].append(number)
    for step, some in steps.items():
        moved = move_many(tx, vault, some, step, act)
        done.changed.extend(moved.changed)
        done.refused.extend(moved.refused)
    return done


def _step(row: MessageRow | None, opened: dict[int, bytes]) -> Step:
    """Return the step by which a person confirms a notice; what cannot be confirmed the table of steps refuses."""
    if row is None:
        return Step.CONFIRM
    if row.state is InState.AWAITING_SECOND:
        return Step.CONFIRM_SECOND
    return Step.CONFIRM_FIRST if asks_for_deletion(decode(opened[row.id])) else Step.CONFIRM


def _may_matter(row: MessageRow, arrived: MessageRow) -> bool:
    """Tell whether a notice could be superseded by the one that arrived, or supersede it."""
    return row.state in TRANSITIONS[Step.SUPERSEDE].sources or _age(row) > _age(arrived)


def _age(row: MessageRow) -> tuple[datetime, int]:
    """Return what orders notices in time; of those from one moment the one that came last is the newest."""
    return row.occurred_at, row.id
