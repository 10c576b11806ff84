"""Received notices: which of several about a person is in force, and what a confirmation leads to."""

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

# Built once, because it is run for every notice that comes in.
_ABOUTS: Final[BindParameter[Any]] = bindparam("abouts", expanding=True)
_ABOUT: Final = (
    select_messages()
    .where(
        # Each half of the union uses its own index. The direction is left out on purpose: a message's subject is a
        # pseudonym of another kind and never equals that of a notice, and with the direction SQLite walked through all
        # notices, 137 ms among a million messages instead of 0.1 ms.
        MESSAGES.c.id.in_(
            union_all(
                select(MESSAGES.c.id).where(MESSAGES.c.subject.in_(_ABOUTS)),
                select(FORMER_NUMBERS.c.message_id).where(FORMER_NUMBERS.c.number.in_(_ABOUTS)),
            )
        )
    )
    .order_by(MESSAGES.c.effective_at.desc(), MESSAGES.c.id.desc())
)

# The kind implies the direction, since only notices have it.
_NAMING: Final = select(MESSAGES.c.id).where(
    MESSAGES.c.target == bindparam("reference"), MESSAGES.c.kind == bindparam("kind")
)


def rows_about(conn: Connection, abouts: Collection[str]) -> list[MessageRow]:
    """Return the messages and notices that state one of these pseudonyms, or know it as a former number of the person.

    A pseudonym of a number finds notices, and one of the 宛名番号 finds messages. They are in any state, the newest
    first.
    """
    return [message_row(row) for row in conn.execute(_ABOUT, {"abouts": list(abouts)})]


def notices_beside(conn: Connection, row: MessageRow) -> list[MessageRow]:
    """Return the other notices about the number that a notice states, or about a former number of its person."""
    abouts = {*former_numbers(conn, row), *([row.subject] if row.subject else ())}
    return [other for other in rows_about(conn, abouts) if other.id != row.id] if abouts else []


def former_numbers(conn: Connection, row: MessageRow) -> list[str]:
    """Return the pseudonyms of the numbers that the person had before a notice."""
    return list(conn.scalars(select(FORMER_NUMBERS.c.number).where(FORMER_NUMBERS.c.message_id == row.id)))


def add_former_numbers(tx: Connection, number: int, former: Collection[str]) -> None:
    """Store the pseudonyms of the numbers that the person had before the notice `number`."""
    if former:
        tx.execute(
            insert(FORMER_NUMBERS), [{"number": pseudonym, "message_id": number} for pseudonym in sorted(former)]
        )


def supersede_others(
    tx: Connection, vault: Vault, number: int, notice: AgencyNotice, abouts: Collection[str], act: Act
) -> list[MessageRow]:
    """Leave only the newest notice about a person in force after `notice` has come in; return the superseded notices.

    `number` is the number given to the new notice. `abouts` are the pseudonyms of the numbers by which it knows its
    person. A notice also supersedes the notice that it names, even if it arrived before that notice. A notice whose
    content does not open supersedes none by its person and stays in force, because people have to look at it anyway.
    """
    gone = _named(tx, notice)
    # Of two notices that name each other, one must stay in force: the one that came last.
    if _naming(tx, notice) - gone:
        gone.add(number)
    rows = {row.id: row for row in (rows_about(tx, abouts) if abouts else ())}
    # Notices are about the same person by number and person together, never by the number.
    # The contents are opened to compare the persons.
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
    """Return the number of the notice that this notice says it replaces, if it is here."""
    if notice.supersedes is None:
        return set()
    key = MessageKey(str(notice.kind), notice.supersedes)
    return {named.id for named in known(tx, Direction.IN, [key]).values()}


def _naming(tx: Connection, notice: AgencyNotice) -> set[int]:
    """Return the numbers of the notices that came before this notice and say that they replace it."""
    return set(tx.scalars(_NAMING, {"kind": str(notice.kind), "reference": notice.reference}))


def confirm(tx: Connection, vault: Vault, numbers: Sequence[int], act: Act) -> Transitions:
    """Confirm notices as one person. A notice that leads to a deletion (消除) then waits for a second person.

    Notices that cannot be confirmed, or do not open, are returned as refused and stay as they are.
    """
    # Only the content says whether a notice leads to a deletion. It is read inside the transaction that confirms, so
    # that nobody can change it in between.
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
    """Return the step by which a person confirms a notice. The table of steps refuses what cannot be confirmed."""
    if row is None:
        return Step.CONFIRM
    if row.state is InState.AWAITING_SECOND:
        return Step.CONFIRM_SECOND
    return Step.CONFIRM_FIRST if asks_for_deletion(decode(opened[row.id])) else Step.CONFIRM


def _may_matter(row: MessageRow, arrived: MessageRow) -> bool:
    """Tell whether a notice could supersede the one that arrived, or be superseded by it."""
    return row.state in TRANSITIONS[Step.SUPERSEDE].sources or _age(row) > _age(arrived)


def _age(row: MessageRow) -> tuple[datetime, int]:
    """Return the key that orders notices in time. Of notices of the same moment, the last to come is the newest."""
    return row.effective_at, row.id
