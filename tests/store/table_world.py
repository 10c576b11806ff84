"""A store whose rows and log belong together, and what somebody who administers the database might do to its rows."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Integer, LargeBinary, Table, delete, func, insert, select, update
from sqlalchemy.types import Boolean, Date

from store import peers, protected_persons, queue
from store.comparison import Comparison, Difference, Differing, compare
from store.database import Database
from store.log import Event, Log
from store.message.states import Direction, Step
from store.peers import PEER_VERSIONS, PeerDraft
from store.people import Details, Pepper, Role, Terms, add_person, begin_attempt, finish_attempt, set_pin
from store.people.attempts import ATTEMPTS
from store.people.details import DETAILS, put_details, staff_pseudonym
from store.people.persons import PERSONS
from store.protected_persons import PROTECTED_PERSONS
from store.queue import Act, MessageRow, Revision
from store.queue.tables import ALL_MESSAGES, CONTENTS, NOTES
from store.schema import UtcMoment
from store.sealing.vault import Vault
from store.settings_in_force import SETTINGS_IN_FORCE, SettingInForce, put
from tests.store.conftest import TERMINAL

NOON: Final = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SEALED_TABLES: Final = (ALL_MESSAGES, PERSONS, ATTEMPTS, PEER_VERSIONS, SETTINGS_IN_FORCE, PROTECTED_PERSONS)
_ACTS: Final = {
    Step.APPROVE: Event.MESSAGE_APPROVED,
    Step.GIVE_BACK: Event.MESSAGE_RETURNED,
    Step.HOLD: Event.MESSAGE_HELD,
    Step.RELEASE: Event.MESSAGE_RELEASED,
    Step.WITHDRAW: Event.MESSAGE_WITHDRAWN,
    Step.SHIP: Event.MESSAGE_SENDING,
    Step.LOSE: Event.MESSAGE_UNKNOWN,
    Step.REQUEUE: Event.MESSAGE_REQUEUED,
    Step.DELIVER: Event.MESSAGE_DELIVERED,
    Step.ACCEPT: Event.MESSAGE_ACCEPTED,
    Step.REFUSE: Event.MESSAGE_REFUSED,
    Step.CONFIRM: Event.NOTICE_CONFIRMED,
    Step.PUT_ON_HOLD: Event.NOTICE_HELD,
    Step.TAKE_UP: Event.NOTICE_TAKEN_UP,
    Step.SUPERSEDE: Event.NOTICE_SUPERSEDED,
}


@dataclass
class TableWorld:
    """The store of a terminal, worked on with the entries that the jobs write."""

    database: Database
    vault: Vault
    log: Log
    pepper: Pepper

    def fill(self) -> None:
        """Put in messages and notices at different places of their lives, people, wrong PINs and two peers."""
        for person, role in (("op-101", Role.OPERATOR), ("ap-201", Role.APPROVER), ("ka-301", Role.OFFICER)):
            self.add_person(person, role)
        self.change_pin("op-101")
        for _ in range(3):
            self.fail("ap-201")
        self.fail("nobody")
        for number in (1, 2):
            self.register(number)
        for name in ("log.keep_years", "session.lock_seconds"):
            self.confirm(name, "7")
        for name in ("a" * 32, "b" * 32):
            self.protect(name)
        messages = [self.take_in(number) for number in range(1, 6)]
        for number in messages[1:]:
            self.step(number, Step.APPROVE)
        self.step(messages[2], Step.GIVE_BACK)
        self.revise(messages[2])
        self.step(messages[3], Step.SHIP)
        self.step(messages[3], Step.DELIVER)
        for number in (1, 2):
            self.step(self.take_in(number, Direction.IN), Step.CONFIRM)

    def take_in(self, number: int, direction: Direction = Direction.OUT) -> int:
        out = direction is Direction.OUT
        draft = queue.MessageDraft(
            direction=direction,
            kind="resident_record" if out else "agency_notice",
            reference=f"R-{number:06}",
            effective_at=NOON + timedelta(minutes=number),
            content=f"content {number}".encode(),
            author="op-101" if out else None,
            subject=self.vault.pseudonym("subject", f"{direction} {number}"),
        )
        with self.database.writing() as tx:
            (added,) = queue.add_messages(tx, self.vault, [draft], now=NOON)
            event = Event.MESSAGE_IMPORTED if out else Event.NOTICE_RECEIVED
            self.log.append(tx, event, actor="op-101", session=None, object=added.uid)
        return added.id

    def step(self, number: int, step: Step) -> MessageRow:
        """Take a step; raises what the store raises when it is not possible."""
        act = Act(by="ap-201", now=NOON + timedelta(hours=1), reason="x", warnings_confirmed=True)
        with self.database.writing() as tx:
            row = queue.move(tx, self.vault, number, step, act)
            self._record(tx, _ACTS[step], row, "ap-201")
        return row

    def revise(self, number: int) -> None:
        with self.database.writing() as tx:
            content = f"content {number} {queue.get(tx, number).version}".encode()
            row = queue.revise(tx, self.vault, number, Revision(content=content), Act(by="op-101", now=NOON))
            self._record(tx, Event.MESSAGE_REVISED, row, "op-101")

    def _record(self, tx: Connection, event: Event, row: MessageRow, actor: str) -> None:
        detail: dict[str, str | int] = {"revision": row.revision, "content": row.digest.hex()}
        detail |= {"to": str(row.state), "version": row.version}
        self.log.append(tx, event, actor=actor, session=None, object=row.uid, detail=detail)

    def add_person(self, person_id: str, role: Role) -> None:
        with self.database.writing() as tx:
            terms = Terms(staff_pseudonym(self.vault, person_id.upper()), valid_to=date(2199, 3, 31))
            added = add_person(tx, self.vault.rows, person_id, [role], f"kept of {person_id}", now=NOON, terms=terms)
            put_details(tx, self.vault, person_id, added.version, Details(person_id, person_id.upper()))
            detail: dict[str, str | int] = {"role": role.value, "version": added.version}
            self.log.append(tx, Event.PERSON_ADDED, actor="ka-301", session=None, object=person_id, detail=detail)

    def change_pin(self, person_id: str) -> None:
        with self.database.writing() as tx:
            version = set_pin(tx, self.vault.rows, person_id, "another", now=NOON, pin_given=False)
            detail = {"version": version}
            self.log.append(tx, Event.PIN_CHANGED, actor=person_id, session=None, object=person_id, detail=detail)

    def fail(self, person_id: str, *, cut_off: bool = False) -> None:
        """Try a wrong PIN; `cut_off` before the answer is recorded."""
        with self.database.writing() as tx:
            attempt = begin_attempt(tx, self.vault.rows, self.pepper, person_id, NOON)
        if cut_off:
            return
        with self.database.writing() as tx:
            outcome = finish_attempt(tx, self.vault.rows, attempt, ok=False, now=NOON)
            about = person_id if attempt.known else attempt.mark
            detail = {"attempts": outcome.failures}
            self.log.append(tx, Event.OPERATOR_REFUSED, actor=None, session=None, object=about, detail=detail)

    def succeed(self, person_id: str) -> None:
        with self.database.writing() as tx:
            attempt = begin_attempt(tx, self.vault.rows, self.pepper, person_id, NOON + timedelta(days=1))
        with self.database.writing() as tx:
            finish_attempt(tx, self.vault.rows, attempt, ok=True, now=NOON)
            self.log.append(tx, Event.PIN_CONFIRMED, actor=person_id, session=None, object=person_id)

    def register(self, number: int) -> None:
        draft = PeerDraft(
            name="agency",
            address="127.0.0.1",
            port=8443,
            certificates_pem="-----BEGIN CERTIFICATE-----",
            signing_key=bytes([number]) * 32,
            sealing_key=b"x" * 64,
            municipality="131041",
            legal_basis="immigration-61-8-2",
            valid_from=NOON + timedelta(days=number),
            valid_to=NOON + timedelta(days=9) if number % 2 else None,
        )
        with self.database.writing() as tx:
            added = peers.register(tx, self.vault.rows, draft)
            detail: dict[str, str | int] = {"peer": "agency", "version": added.id}
            self.log.append(tx, Event.PEER_REGISTERED, actor=None, session=None, detail=detail)

    def confirm(self, name: str, value: str) -> None:
        """Bring the value of a setting into force."""
        detail = {"setting": name, "to": value}
        with self.database.writing() as tx:
            seq = self.log.append(tx, Event.SETTINGS_TAKEN, actor=None, session=None, detail=detail)
            put(tx, self.vault.rows, TERMINAL, [SettingInForce(name, value, seq)])

    def protect(self, subject: str, *, protected: bool = True) -> None:
        """Hide the address of a person, or end that."""
        event = Event.RESIDENT_PROTECTED if protected else Event.RESIDENT_UNPROTECTED
        with self.database.writing() as tx:
            version = protected_persons.put(tx, self.vault.rows, subject, protected=protected, by="op-101", now=NOON)
            detail: dict[str, str | int] = {"version": version or 0}
            self.log.append(tx, event, actor="op-101", session=None, object=subject, detail=detail)

    def compare(self, conn: Connection, since: int | None = None) -> Comparison:
        return compare(conn, self.vault, self.pepper, since=since)

    def snapshot(self) -> dict[str, list[dict[str, Any]]]:
        """Return all sealed rows as they are now."""
        with self.database.reading() as reading:
            return {table.name: [dict(row) for row in _rows(reading, table)] for table in SEALED_TABLES}

    @contextmanager
    def tampered(self, tamper: Callable[[Connection], object]) -> Iterator[Connection]:
        """Yield a connection that sees the rows after `tamper`; nothing of it is kept."""
        with suppress(_Undone), self.database.writing() as tx:
            tamper(tx)
            yield tx
            raise _Undone


class _Undone(Exception):
    """What was tampered with is put back."""


# ── What somebody might do ────────────────────────────────────────────────────────────────────────

Tampering = Callable[[TableWorld, Connection, random.Random], Differing]


def _key(table: Table, row: Any) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key)


def name_of(table: Table, row: Any) -> str:
    return str(row["uid"]) if table is ALL_MESSAGES else " ".join(map(str, _key(table, row)))


def _rows(tx: Connection, table: Table) -> list[Any]:
    return list(tx.execute(select(table).order_by(*table.primary_key)).mappings())


def _is(table: Table, row: Any) -> list[ColumnElement[bool]]:
    return [column == row[column.name] for column in table.primary_key]


def _put(tx: Connection, table: Table, row: Any, values: dict[str, Any]) -> None:
    tx.execute(update(table).where(*_is(table, row)).values(values))


def edit(table: Table, column: str) -> Tampering:
    """Change one column of a row to another value of its kind."""

    def tamper(world: TableWorld, tx: Connection, chance: random.Random) -> Differing:
        row = chance.choice(_rows(tx, table))
        _put(tx, table, row, {column: _another(table.c[column].type, row[column], chance)})
        return Differing(table.name, name_of(table, row), Difference.CHANGED)

    return tamper


def _another(kind: Any, value: Any, chance: random.Random) -> Any:
    match kind:
        case UtcMoment():
            return (value or NOON) + timedelta(seconds=chance.randint(1, 9))
        case Date():
            return date(2027, 1, chance.randint(1, 28))
        case Boolean():
            return not value
        case Integer():
            return (value or 0) + chance.randint(1, 9)
        case LargeBinary():
            return chance.randbytes(32)
        case _:
            return f"{value or ''}{chance.choice('xyz')}"


def copy(table: Table) -> Tampering:
    """Put everything of another row but its key in the place of a row, seal and all."""

    def tamper(world: TableWorld, tx: Connection, chance: random.Random) -> Differing:
        row, other = chance.sample(_rows(tx, table), 2)
        # What has to be unique stays.
        kept = {"uid", "direction", "kind", "reference", "valid_from", *table.primary_key.columns.keys()}
        _put(tx, table, row, {name: other[name] for name in other if name not in kept})
        return Differing(table.name, name_of(table, row), Difference.CHANGED)

    return tamper


def put_back(table: Table, older: dict[str, list[dict[str, Any]]]) -> Tampering:
    """Put a row back as it was, with the seal that it had then."""

    def tamper(world: TableWorld, tx: Connection, chance: random.Random) -> Differing:
        now = {_key(table, row): dict(row) for row in _rows(tx, table)}
        row = chance.choice([row for row in older[table.name] if now[_key(table, row)] != row])
        _put(tx, table, row, row)
        return Differing(table.name, name_of(table, row), Difference.OUTDATED)

    return tamper


def remove(table: Table) -> Tampering:
    """Delete a row, and what refers to it."""

    def tamper(world: TableWorld, tx: Connection, chance: random.Random) -> Differing:
        row = chance.choice(_rows(tx, table))
        if table is PERSONS:
            tx.execute(delete(DETAILS).where(DETAILS.c.person == row["id"]))
        if table is ALL_MESSAGES:
            for dependent in (CONTENTS, NOTES):
                tx.execute(delete(dependent).where(dependent.c.message_id == row["id"]))
        tx.execute(delete(table).where(*_is(table, row)))
        return Differing(table.name, name_of(table, row), Difference.MISSING)

    return tamper


def invent(table: Table) -> Tampering:
    """Insert a row that is like another one under a key of its own."""

    def tamper(world: TableWorld, tx: Connection, chance: random.Random) -> Differing:
        key, row = list(table.primary_key)[-1], dict(chance.choice(_rows(tx, table)))
        if isinstance(key.type, Integer):
            row[key.name] = (tx.scalar(select(func.max(key))) or 0) + 1
        else:
            row[key.name] = (
                f"{chance.randrange(16**32):032x}" if table is ATTEMPTS else f"op-{chance.randint(900, 999)}"
            )
        if table is ALL_MESSAGES:
            row |= {"uid": f"{chance.randrange(16**32):032x}", "reference": f"X-{chance.randint(1, 999)}"}
        if table is PEER_VERSIONS:
            row["valid_from"] = NOON + timedelta(days=50)
        tx.execute(insert(table), row)
        how = Difference.CHANGED if table is ATTEMPTS else Difference.INVENTED
        return Differing(table.name, name_of(table, row), how)

    return tamper


def tampering_table(older: dict[str, list[dict[str, Any]]]) -> dict[str, Tampering]:
    """Return everything that is tried, by name; `older` are rows as they were before the last changes."""
    tried: dict[str, Tampering] = {}
    for table in SEALED_TABLES:
        # A row under another key, or a message under another uid, is one that is missing and one that is invented.
        columns = [column.name for column in table.c if not column.primary_key and column.name != "uid"]
        tried |= {f"edit {table.name}.{column}": edit(table, column) for column in columns}
        if table is not ATTEMPTS:
            tried[f"copy {table.name}"] = copy(table)
        tried[f"delete {table.name}"] = remove(table)
        tried[f"invent {table.name}"] = invent(table)
        if table is not PEER_VERSIONS:
            # A version of the peer never changes, so it has no older value.
            tried[f"put back {table.name}"] = put_back(table, older)
    return tried


def assert_noticed(world: TableWorld, tampering: Tampering, chance: random.Random) -> None:
    """Tamper, compare, and raise AssertionError unless exactly that row is named."""
    expected: list[Differing] = []
    with world.tampered(lambda tx: expected.append(tampering(world, tx, chance))) as tx:
        found = world.compare(tx)
        named = [each for each in found.named if each.table != "tally"]
    assert named == expected
    assert not found.ok
