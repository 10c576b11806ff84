"""The first seals: at an upgrade, rows that an older program wrote are sealed as far as the log agrees with them.

Afterwards no seal is ever given to a row as it is found. A row that does not agree stays without one, so that nobody
decides on it, and is named.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, bindparam, select, update

from store import clock
from store.comparison import Comparison, Difference
from store.log.entries import ENTRIES
from store.log.events import Event
from store.log.latest import numbers_of, role_in
from store.log.pages import oldest
from store.message.states import Direction
from store.peers import PEER_VERSIONS
from store.peers import sealed_values as version_values
from store.people.attempts import ATTEMPTS
from store.people.attempts import sealed_values as attempt_values
from store.people.persons import PERSONS, IdStanding
from store.people.persons import sealed_values as person_values
from store.queue.proofs import WRITING, RecordedChange, changes_of, is_proved
from store.queue.sealed_rows import sealed
from store.queue.tables import ALL_MESSAGES, MESSAGES, MessageRow, message_row, select_messages
from store.sealing.row_seals import Plain, RowSeals
from store.sealing.vault import Vault
from store.settings_in_force import SETTINGS_IN_FORCE, as_logged, logged
from store.settings_in_force import sealed_values as setting_values
from store.statements import BulkStatement

SINCE: Final = 13
"""The revision of the tables from which on rows have seals."""
STAFF_SINCE: Final = 20
"""The revision of the tables from which on the seals of people cover standing, staff number, days and roles to come."""
_PAGE: Final = 1000
_PAGE_OF_ROWS: Final = select_messages().where(MESSAGES.c.id > bindparam("after")).order_by(MESSAGES.c.id).limit(_PAGE)
_SEAL: Final = BulkStatement(
    update(ALL_MESSAGES)
    .where(ALL_MESSAGES.c.id == bindparam("the_id"))
    .values(authors=bindparam("new_authors", type_=ALL_MESSAGES.c.authors.type), seal=bindparam("new_seal")),
    ["the_id", "new_authors", "new_seal"],
)
_ADDED: Final = (
    select(ENTRIES.c.object, ENTRIES.c.body).where(ENTRIES.c.event == Event.PERSON_ADDED.value).order_by(ENTRIES.c.seq)
)


def seal_rows(tx: Connection, vault: Vault) -> Comparison:
    """Seal all rows that agree with the log, which the caller has verified; return those that do not."""
    done = Comparison()
    _messages(tx, vault, done)
    roles = {person_id: role_in(body) for person_id, body in tx.execute(_ADDED)}
    for row in tx.execute(select(PERSONS)).all():
        _seal_single(tx, vault.rows, PERSONS, row, person_values, agrees=roles.get(row.id) == row.roles, done=done)
    for row in tx.execute(select(ATTEMPTS)).all():
        _seal_single(tx, vault.rows, ATTEMPTS, row, attempt_values, agrees=True, done=done)
    entries = logged(tx)
    for row in tx.execute(select(SETTINGS_IN_FORCE)).all():
        agrees = entries.get((row.terminal, row.name)) == (row.since, as_logged(row.name, row.value))
        _seal_single(tx, vault.rows, SETTINGS_IN_FORCE, row, setting_values, agrees=agrees, done=done)
    registered = numbers_of(tx, Event.PEER_REGISTERED, "version")
    for row in tx.execute(select(PEER_VERSIONS)).all():
        agrees = row.id in registered or oldest(tx) > 1
        _seal_single(tx, vault.rows, PEER_VERSIONS, row, version_values, agrees=agrees, done=done)
    return done


def reseal_people(tx: Connection, vault: Vault) -> Comparison:
    """Seal the rows of people anew that bear the seal of a program before `STAFF_SINCE`; return those that do not."""
    done = Comparison()
    for row in tx.execute(select(PERSONS)).all():
        moments = (clock.to_microseconds(row.pin_set_at), clock.to_microseconds(row.created_at))
        # As that program sealed them: whoever was not ended was active.
        answers = (int(row.pin_given), int(row.standing != IdStanding.ENDED))
        before = [row.id, row.roles, row.pin_hash, row.version, *answers, *moments]
        agrees = vault.rows.bears(PERSONS.name, before, row.seal)
        _seal_single(tx, vault.rows, PERSONS, row, person_values, agrees=agrees, done=done)
    return done


def _messages(tx: Connection, vault: Vault, done: Comparison) -> None:
    pruned, after = oldest(tx) > 1, 0
    while rows := [message_row(row) for row in tx.execute(_PAGE_OF_ROWS, {"after": after})]:
        after = rows[-1].id
        changes = changes_of(tx, [row.uid for row in rows])
        good: list[MessageRow] = []
        for row in rows:
            done.rows += 1
            if _agrees(row, changes[row.uid], pruned=pruned):
                good.append(sealed(vault.rows, row._replace(authors=_authors(row, changes[row.uid]))))
            else:
                how = Difference.CHANGED if changes[row.uid] else Difference.INVENTED
                done.note(MESSAGES.name, row.uid, how)
        _SEAL.run(tx, ((row.id, row.authors, row.seal) for row in good))


def _agrees(row: MessageRow, changes: Sequence[RecordedChange], *, pruned: bool) -> bool:
    """Tell whether a row is as the log has it: each change gave it one version, and the last one its state."""
    if not changes:
        # What ended before the entries that were pruned has none left.
        return pruned
    # Older entries name no version, but each step had one entry.
    if changes[-1].state != row.state or (not pruned and len(changes) != row.version):
        return False
    approved = row.approved_digest is not None and row.direction is Direction.OUT
    return not approved or pruned or is_proved(row, changes, two_persons=False)


def _authors(row: MessageRow, changes: Sequence[RecordedChange]) -> str | None:
    if row.direction is Direction.IN:
        return None
    # The row names the last author alone; who wrote an earlier revision, only the log knows.
    writers = {change.actor for change in changes if change.event in WRITING and change.actor}
    return ",".join(sorted(writers | ({row.author} if row.author else set()))) or None


def _seal_single(
    tx: Connection, seals: RowSeals, table: Table, row: Row[Any], values: Any, *, agrees: bool, done: Comparison
) -> None:
    done.rows += 1
    values_of_key = [getattr(row, key.name) for key in table.primary_key]
    if not agrees:
        done.note(table.name, " ".join(map(str, values_of_key)), Difference.CHANGED)
        return
    plain: Sequence[Plain] = values(row._mapping)  # noqa: SLF001  # It is public; the underscore only keeps it apart from columns.
    own = (key == value for key, value in zip(table.primary_key, values_of_key, strict=True))
    tx.execute(update(table).where(*own).values(seal=seals.seal(table.name, plain)))
