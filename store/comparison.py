"""The tables against the log: every row that decides something is held against its seal and its last entry.

The log is read once along the index of objects, page by page beside the messages, so that a million messages take
little memory. What is found is named: a row that nobody recorded, one that is gone, one that is not as it was written,
and one that is older than the log has it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, bindparam, func, select

from store.errors import RowOutdated, RowSealBroken
from store.handins.outcomes import FILE_LOOKS, FILE_OUTCOMES, check_outcome, is_bound
from store.log.entries import ENTRIES
from store.log.events import Event
from store.log.latest import numbers_of
from store.log.pages import oldest
from store.peers import PEER_VERSIONS, check_version
from store.people.attempts import ATTEMPTS, check_attempt, recorded
from store.people.details import DETAILS, unsound_details
from store.people.drafts import DRAFTS, unsound
from store.people.persons import PERSONS, check_person
from store.people.pins import Pepper
from store.protected_persons import PROTECTED_PERSONS, check_protection
from store.protected_persons import logged as protections_logged
from store.queue.pages import in_batches
from store.queue.proofs import RecordedChange, UnfinishedFiles, changes_of, is_change
from store.queue.sealed_rows import SEALED, as_sealed
from store.queue.state_counts import TALLIES
from store.queue.tables import ALL_MESSAGES, HIDDEN_RANGES, MESSAGES
from store.sealing.vault import Vault
from store.settings_in_force import SETTINGS_IN_FORCE, as_logged, check_setting, logged

Progress = Callable[[int], None]
"""Called with the number of messages compared so far."""

MOST: Final = 1000
"""So many differences are named; the others are counted."""
_PAGE: Final = 4096


class Difference(StrEnum):
    """How a row differs. The values are printed and looked up in the catalogues, so they stay as they are."""

    INVENTED = "invented"  # The log has no entry about it.
    MISSING = "missing"  # The log tells of it, and it is not there.
    CHANGED = "changed"  # It is not as the terminal wrote it.
    OUTDATED = "outdated"  # It is not as its last entry in the log left it.


@dataclass(frozen=True, slots=True)
class Differing:
    """A row that differs: its table, its name there (a uid, an ID, a number), and how."""

    table: str
    row: str
    how: Difference


@dataclass(slots=True)
class Comparison:
    """The outcome: how many rows were compared, how many differ, and the first of those."""

    rows: int = 0
    differences: int = 0
    named: list[Differing] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every row is as the log has it."""
        return self.differences == 0

    def note(self, table: str, row: object, how: Difference) -> None:
        """Add a row that differs."""
        self.differences += 1
        if len(self.named) < MOST:
            self.named.append(Differing(table, str(row), how))


def compare(
    reading: Connection,
    vault: Vault,
    pepper: Pepper,
    *,
    since: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Hold the tables against the log as one snapshot sees both.

    `since`: the number of an entry; of the messages only those that changed after it are compared then.
    """
    done = Comparison()
    if since is None:
        _messages(reading, vault, done, progress)
    else:
        _changed_messages(reading, vault, done, since)
    _hidden(reading, done)
    _tallies(reading, done)
    _details(reading, vault, done, differing=_people(reading, vault, done))
    _attempts(reading, vault, pepper, done)
    _peers(reading, vault, done)
    _settings(reading, vault, done)
    _protected(reading, vault, done)
    _files(reading, vault, done)
    _drafts(reading, vault, done)
    return done


# ── Messages ──────────────────────────────────────────────────────────────────────────────────────

_COLUMNS: Final = [ALL_MESSAGES.c[name] for name in (*SEALED, "seal")]
_UID, _STATE, _VERSION = (SEALED.index(name) for name in ("uid", "state", "version"))
_ROWS: Final = (
    select(*_COLUMNS).where(ALL_MESSAGES.c.uid > bindparam("after")).order_by(ALL_MESSAGES.c.uid).limit(_PAGE)
)
_SOME_ROWS: Final = select(*_COLUMNS).where(ALL_MESSAGES.c.uid.in_(bindparam("uids", expanding=True)))
# The engine finds the last entry of each message along the index of objects, so that only that one is read out.
_LAST: Final = (
    select(ENTRIES.c.object, func.max(ENTRIES.c.seq).label("seq"))
    .where(is_change(), ENTRIES.c.object > bindparam("after"))
    .group_by(ENTRIES.c.object)
)
_OF_LAST: Final = (ENTRIES.c.object, *(ENTRIES.c[name] for name in RecordedChange._fields))
_CHANGED: Final = (
    select(ENTRIES.c.object)
    .where(ENTRIES.c.seq > bindparam("since"), is_change(), ENTRIES.c.object.is_not(None))
    .distinct()
)

_COUNTED: Final = select(MESSAGES.c.direction, MESSAGES.c.state, func.count()).group_by(
    MESSAGES.c.direction, MESSAGES.c.state
)


def _messages(reading: Connection, vault: Vault, done: Comparison, progress: Progress | None) -> None:
    """Walk along the messages and the entries about them, both in the order of the uids."""
    pruned, unfinished, after = oldest(reading) > 1, UnfinishedFiles(reading), ""
    # Pages of both by the same range of uids: a row without an entry and an entry without a row show in the same page.
    while rows := _fetch(reading, _ROWS, {"after": after}):
        before, after = after, rows[-1][_UID]
        latest = _latest(reading, before, after)
        for row in rows:
            _compare_message(vault, row, latest.pop(row[_UID], None), done, pruned=pruned)
        _note_missing(latest, unfinished, done)
        if progress is not None:
            progress(done.rows)
    _note_missing(_latest(reading, after, None), unfinished, done)


def _changed_messages(reading: Connection, vault: Vault, done: Comparison, since: int) -> None:
    changed, unfinished = list(reading.scalars(_CHANGED, {"since": since})), UnfinishedFiles(reading)
    for some in in_batches(changed):
        latest = {uid: changes[-1] for uid, changes in changes_of(reading, some).items() if changes}
        for row in _fetch(reading, _SOME_ROWS, {"uids": some}):
            _compare_message(vault, row, latest.pop(row[_UID], None), done, pruned=False)
        _note_missing(latest, unfinished, done)


def _fetch(reading: Connection, statement: Select[Any], values: dict[str, Any]) -> list[Sequence[Any]]:
    """Return the driver's own rows: values as they are stored, in half the time."""
    with reading.execute(statement, values) as result:
        return list(result.cursor.fetchall())


def _latest(reading: Connection, after: str, last: str | None) -> dict[str, RecordedChange]:
    """Return the last change of each message with a uid after `after` and up to `last` (None: of all others)."""
    chosen = _LAST if last is None else _LAST.where(ENTRIES.c.object <= bindparam("last"))
    found = chosen.subquery()
    statement = select(*_OF_LAST).join_from(found, ENTRIES, ENTRIES.c.seq == found.c.seq)
    return {
        uid: RecordedChange._make(change) for uid, *change in _fetch(reading, statement, {"after": after, "last": last})
    }


def _compare_message(
    vault: Vault, row: Sequence[Any], change: RecordedChange | None, done: Comparison, *, pruned: bool
) -> None:
    done.rows += 1
    uid = row[_UID]
    try:
        vault.rows.check(ALL_MESSAGES.name, uid, as_sealed(list(row[:-1])), row[-1])
    except RowSealBroken:
        # Nobody can make a seal, so a row without any entry was never the terminal's.
        done.note(ALL_MESSAGES.name, uid, Difference.CHANGED if change is not None else Difference.INVENTED)
        return
    if change is None:
        # A row that bears our seal, and of which a pruned log tells no more, came long ago.
        if not pruned:
            done.note(ALL_MESSAGES.name, uid, Difference.INVENTED)
        return
    # Where the entry is of an older program, the state alone has to agree: the row was sealed as the log had it.
    left_as = (change.state, row[_VERSION] if change.version is None else change.version)
    if left_as != (row[_STATE], row[_VERSION]):
        done.note(ALL_MESSAGES.name, uid, Difference.OUTDATED)


def _note_missing(latest: Mapping[str, RecordedChange], unfinished: UnfinishedFiles, done: Comparison) -> None:
    for uid, change in latest.items():
        # What came with a file that was given up is removed again, and no step was ever taken with it.
        if not unfinished.brought(change):
            done.note(ALL_MESSAGES.name, uid, Difference.MISSING)


def _hidden(reading: Connection, done: Comparison) -> None:
    """Compare what is kept out of the queue with the files that are being taken in: nobody else may hide a message."""
    unfinished = UnfinishedFiles(reading)
    for first, last, _ in _fetch(reading, select(HIDDEN_RANGES), {}):
        within = (ALL_MESSAGES.c.id >= first, ALL_MESSAGES.c.id <= last)
        uids = list(reading.scalars(select(ALL_MESSAGES.c.uid).where(*within)))
        changes = (each[-1] if each else None for each in changes_of(reading, uids).values())
        if not all(change is not None and unfinished.brought(change) for change in changes):
            done.note(HIDDEN_RANGES.name, first, Difference.CHANGED)


def _tallies(reading: Connection, done: Comparison) -> None:
    """Compare the counts on the screen with the rows that they count."""
    counted = {(way, state): number for way, state, number in _fetch(reading, _COUNTED, {})}
    kept = {(way, state): number for way, state, number in _fetch(reading, select(TALLIES), {}) if number}
    for way, state in sorted(counted.keys() | kept.keys()):
        if counted.get((way, state)) != kept.get((way, state)):
            done.note(TALLIES.name, f"{way} {state}", Difference.CHANGED)


# ── People and the peer ───────────────────────────────────────────────────────────────────────────

_ADDED: Final = select(ENTRIES.c.object).where(ENTRIES.c.event == Event.PERSON_ADDED.value)
_REFUSED: Final = (
    select(ENTRIES.c.object)
    .where(ENTRIES.c.event == Event.OPERATOR_REFUSED.value, ENTRIES.c.object.is_not(None))
    .distinct()
)
_HOW: Final = {RowSealBroken: Difference.CHANGED, RowOutdated: Difference.OUTDATED}


def _people(reading: Connection, vault: Vault, done: Comparison) -> set[str]:
    """Compare the people; return who differs."""
    differing = set()
    added, pruned = set(reading.scalars(_ADDED)), oldest(reading) > 1
    rows = reading.execute(select(PERSONS)).all()
    for row in rows:
        done.rows += 1
        how = _difference(partial(check_person, reading, vault.rows, row))
        if row.id not in added and (how is not None or not pruned):
            how = Difference.INVENTED
        if how is not None:
            done.note(PERSONS.name, row.id, how)
            differing.add(row.id)
    for person_id in sorted(added.difference(row.id for row in rows)):
        done.note(PERSONS.name, person_id, Difference.MISSING)
        differing.add(person_id)
    return differing


def _details(reading: Connection, vault: Vault, done: Comparison, *, differing: set[str]) -> None:
    """Open the names and staff numbers: the row of each person, which the log knows, names the version in force."""
    for person_id, broken in unsound_details(reading, vault):
        done.rows += 1
        # Where the row itself differs, what it names says nothing.
        if broken and person_id not in differing:
            done.note(DETAILS.name, person_id, Difference.CHANGED)


def _attempts(reading: Connection, vault: Vault, pepper: Pepper, done: Comparison) -> None:
    """Compare the counts of wrong PINs; a count may be ahead of the log, since an attempt can be cut off."""
    counted = {}
    for row in reading.execute(select(ATTEMPTS)).all():
        done.rows += 1
        counted[row.mark] = row.failures
        how = _difference(partial(check_attempt, vault.rows, row))
        if how is not None:
            done.note(ATTEMPTS.name, row.mark, how)
    # Also those whose row is gone: the log names them by their IDs, and the counts have their marks.
    known = {*reading.scalars(select(PERSONS.c.id)), *reading.scalars(_ADDED)}
    # By their marks as well, which the log has of the time before they were registered, or while they were suspended.
    ids = {pepper.mark_of(person_id): person_id for person_id in known}
    for mark in sorted({pepper.mark_of(about) if about in known else about for about in reading.scalars(_REFUSED)}):
        failures = recorded(reading, mark, *([ids[mark]] if mark in ids else [])).failures
        if failures > counted.get(mark, 0):
            done.note(ATTEMPTS.name, mark, Difference.OUTDATED if mark in counted else Difference.MISSING)


def _peers(reading: Connection, vault: Vault, done: Comparison) -> None:
    registered, pruned = numbers_of(reading, Event.PEER_REGISTERED, "version"), oldest(reading) > 1
    rows = reading.execute(select(PEER_VERSIONS)).all()
    for row in rows:
        done.rows += 1
        how = _difference(partial(check_version, vault.rows, row))
        if row.id not in registered and (how is not None or not pruned):
            how = Difference.INVENTED
        if how is not None:
            done.note(PEER_VERSIONS.name, row.id, how)
    # A version that was taken away would bring the one before it back.
    for number in sorted(registered.difference(row.id for row in rows)):
        done.note(PEER_VERSIONS.name, number, Difference.MISSING)


def _settings(reading: Connection, vault: Vault, done: Comparison) -> None:
    entries, pruned = logged(reading), oldest(reading) > 1
    for row in reading.execute(select(SETTINGS_IN_FORCE)).all():
        done.rows += 1
        entry = entries.pop((row.terminal, row.name), None)
        how = _difference(partial(check_setting, vault.rows, row, {} if entry is None else {_key_of(row): entry}))
        if entry is None and (how is not None or not pruned):
            how = Difference.INVENTED
        elif how is None and entry is not None and entry != (row.since, as_logged(row.name, row.value)):
            how = Difference.OUTDATED
        if how is not None:
            done.note(SETTINGS_IN_FORCE.name, " ".join(_key_of(row)), how)
    for key in sorted(entries):
        done.note(SETTINGS_IN_FORCE.name, " ".join(key), Difference.MISSING)


def _protected(reading: Connection, vault: Vault, done: Comparison) -> None:
    versions, pruned = protections_logged(reading), oldest(reading) > 1
    for row in reading.execute(select(PROTECTED_PERSONS)).all():
        done.rows += 1
        version = versions.pop(row.subject, None)
        how = _difference(partial(check_protection, vault.rows, row, version))
        if version is None and (how is not None or not pruned):
            how = Difference.INVENTED
        if how is not None:
            done.note(PROTECTED_PERSONS.name, row.subject, how)
    for subject in sorted(versions):
        done.note(PROTECTED_PERSONS.name, subject, Difference.MISSING)


def _files(reading: Connection, vault: Vault, done: Comparison) -> None:
    """Check the seals of what became of files: the log has no entry for each, and one that is gone decides nothing."""
    for row in reading.execute(select(FILE_OUTCOMES)).all():
        done.rows += 1
        if _difference(partial(check_outcome, vault.rows, row)) is not None:
            done.note(FILE_OUTCOMES.name, row.file, Difference.CHANGED)
    for look, file, seal in reading.execute(select(FILE_LOOKS)):
        done.rows += 1
        if not is_bound(vault.rows, look, file, seal):
            done.note(FILE_LOOKS.name, look, Difference.CHANGED)


def _drafts(reading: Connection, vault: Vault, done: Comparison) -> None:
    """Open what people have begun to enter: nothing was decided by it, so that the log has no version of it."""
    for uid, broken in unsound(reading, vault):
        done.rows += 1
        if broken:
            done.note(DRAFTS.name, uid, Difference.CHANGED)


def _key_of(row: Row[Any]) -> tuple[str, str]:
    return row.terminal, row.name


def _difference(check: Callable[[], object]) -> Difference | None:
    try:
        check()
    except (RowSealBroken, RowOutdated) as error:
        return _HOW[type(error)]
    return None
