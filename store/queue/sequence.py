"""Order in time: a later message about a person waits for the earlier messages.

The order is that of the moments from which messages are effective (`Common.effective_at`): a deletion after 転出届 that
is held until its planned day keeps nobody waiting until then. A message is settled when the peer has accepted it or
when it was withdrawn. Messages of the same moment, such as the pair that a report of moving makes, do not wait for each
other.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, or_, select

from store.errors import IntegrityFault, OutOfOrder, RowSealBroken
from store.message.states import SETTLED
from store.queue.pages import in_batches
from store.queue.proofs import sound
from store.queue.tables import COLUMNS, MESSAGES, MessageRow, message_row
from store.sealing.vault import Vault


# Cached, because building the condition takes longer than evaluating it for one message.
@cache
def must_wait() -> ColumnElement[bool]:
    """Return the condition that a message of the query waits for an earlier one of the same person."""
    earlier = MESSAGES.alias("earlier")
    return exists().where(
        earlier.c.subject == MESSAGES.c.subject,
        # The direction is left out on purpose. A notice's subject is a pseudonym of another kind and never equals that
        # of a message. With the direction, SQLite chose the index by time and read every message before this one.
        earlier.c.effective_at < MESSAGES.c.effective_at,
        earlier.c.state.not_in(sorted(state.value for state in SETTLED)),
        # A message that cancels or replaces an earlier one must not wait for it: the earlier never settles by itself.
        or_(MESSAGES.c.target.is_(None), earlier.c.reference != MESSAGES.c.target, earlier.c.kind != MESSAGES.c.kind),
    )


_LATER: Final = MESSAGES.alias("later")
# What states nobody has nobody's moment: an empty subject equals none.
_BESIDE: Final = (
    select(_LATER.c.id, *COLUMNS)
    .join_from(
        _LATER,
        MESSAGES,
        and_(
            MESSAGES.c.subject == _LATER.c.subject,
            MESSAGES.c.effective_at == _LATER.c.effective_at,
            MESSAGES.c.id != _LATER.c.id,
        ),
    )
    .where(_LATER.c.id.in_(bindparam("numbers", expanding=True)))
    .order_by(MESSAGES.c.id)
)


def of_one_moment(conn: Connection, numbers: Sequence[int]) -> dict[int, list[MessageRow]]:
    """Return the other messages about the person of each message that are effective from the same moment.

    By the number of the message that they stand beside; most have none and are left out.
    """
    beside: dict[int, list[MessageRow]] = {}
    for some in in_batches(numbers):
        for number, *columns in conn.execute(_BESIDE, {"numbers": some}):
            beside.setdefault(number, []).append(message_row(columns))
    return beside


# The numbers are asked for in the query, so that only the messages before these and about their persons are read.
_EARLIER: Final = (
    select(_LATER.c.id, *COLUMNS)
    .join_from(
        _LATER,
        MESSAGES,
        and_(MESSAGES.c.subject == _LATER.c.subject, MESSAGES.c.effective_at < _LATER.c.effective_at),
    )
    .where(_LATER.c.id.in_(bindparam("numbers", expanding=True)))
)


def held_up(conn: Connection, vault: Vault, rows: Sequence[MessageRow]) -> dict[int, OutOfOrder | IntegrityFault]:
    """Return, by number, why messages cannot leave yet: an earlier one about the same person is open, or not sound.

    An earlier message counts as settled only by a row that seal and log prove.
    """
    later, faults = {row.id: row for row in rows}, dict[int, OutOfOrder | IntegrityFault]()
    pairs: list[tuple[MessageRow, MessageRow]] = []
    for some in in_batches(later):
        for number, *columns in conn.execute(_EARLIER, {"numbers": some}):
            try:
                pairs.append((later[number], message_row(columns)))
            except RowSealBroken as error:
                faults[number] = error
    # Few messages have an earlier one, so that few rows are looked at.
    unsound = dict(sound(conn, vault, [earlier for _, earlier in pairs]).broken)
    for row, earlier in pairs:
        pointed_at = (row.kind, row.target) == (earlier.kind, earlier.reference)
        if earlier.id in unsound:
            faults[row.id] = unsound[earlier.id]
        elif earlier.state not in SETTLED and not pointed_at:
            faults.setdefault(row.id, OutOfOrder(reference=row.reference))
    return faults
