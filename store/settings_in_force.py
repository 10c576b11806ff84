"""The settings that carry a protection, with the values that hold, terminal by terminal.

What the settings file says does not hold by itself: a value comes into force with an entry of the log, whose number is
kept beside it. Values are texts, spelt as in that entry. A row bears a seal, and is outdated when a later entry brought
another value: whoever administers the database can weaken no protection.

What a terminal lays over the dated tables decides what passes as lawful, so it is kept likewise: under `tables.` and
the name of the file, with the whole text for a value. An entry takes no text of people's, so it has the digest.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, delete, insert, select
from sqlmodel import Field, SQLModel

from store.errors import RowMissing, RowOutdated
from store.log.entries import ENTRIES
from store.log.events import Event
from store.log.latest import find
from store.schema import table
from store.sealing.row_seals import Plain, RowSeals

# The members of an entry stand in the order of their names, and their values hold no quotation mark.
_ENTRY: Final = re.compile(rb'"setting":"([^"]*)","to":"([^"]*)"\}.*"terminal":"([^"]*)","v":\d\}$')
_ENTRIES: Final = (
    select(ENTRIES.c.seq, ENTRIES.c.body)
    .where(ENTRIES.c.event.in_(sorted({Event.SETTINGS_TAKEN.value, Event.SETTINGS_CONFIRMED.value})))
    .order_by(ENTRIES.c.seq)
)


class SettingInForceRow(SQLModel, table=True):
    """The value of one setting at one of the terminals that share the queue."""

    __tablename__ = "setting_in_force"

    terminal: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: str
    # The number of the log's entry with which the value came into force.
    since: int
    # Who brought it into force; both are empty where the terminal took its file's value when it was made.
    officer: str | None
    second: str | None
    seal: bytes  # Binds all other columns to the keys of the queue.


SETTINGS_IN_FORCE: Final = table(SettingInForceRow)
TABLES: Final = (SETTINGS_IN_FORCE,)


TABLES_PREFIX: Final = "tables."
"""Begins the name under which something is laid over a table; the name of its file follows."""
PACKAGE: Final = "package"
"""Stands in an entry for nothing laid over a table, whose value is an empty text then."""


@dataclass(frozen=True, slots=True)
class SettingInForce:
    """A setting by its dotted name, its value as a text, and the entry and the people that brought it into force."""

    name: str
    value: str
    since: int
    officer: str | None = None
    second: str | None = None


class Logged(NamedTuple):
    """The last entry that brought a value into force: its number and the value."""

    seq: int
    value: str


def in_force(reading: Connection, seals: RowSeals, terminal: str) -> dict[str, SettingInForce]:
    """Return by name what is in force at `terminal`; what never came into force there is missing.

    Raises RowSealBroken, RowOutdated.
    """
    rows = reading.execute(select(SETTINGS_IN_FORCE).where(SETTINGS_IN_FORCE.c.terminal == terminal)).all()
    entries = logged(reading)
    for row in rows:
        check_setting(seals, row, entries)
    return {row.name: SettingInForce(row.name, row.value, row.since, row.officer, row.second) for row in rows}


def as_logged(name: str, value: str) -> str:
    """Return what the entry of a value has of it."""
    if not name.startswith(TABLES_PREFIX):
        return value
    return sha256(value.encode()).hexdigest() if value else PACKAGE


def laid_over(held: Mapping[str, SettingInForce]) -> dict[str, str]:
    """Return what lies over the tables among what is in force: texts by the names of files."""
    return {
        name.removeprefix(TABLES_PREFIX): setting.value
        for name, setting in held.items()
        if name.startswith(TABLES_PREFIX) and setting.value
    }


def refuse_missing(reading: Connection, terminal: str, held: Mapping[str, SettingInForce]) -> None:
    """Raise RowMissing where the log tells of something laid over a table and its row is gone."""
    # A setting whose row is gone is taken from the log again; the text of a table is in no entry.
    for (of, name), entry in logged(reading).items():
        gone = of == terminal and name.startswith(TABLES_PREFIX) and name not in held
        if gone and entry.value != PACKAGE:
            raise RowMissing(table=SETTINGS_IN_FORCE.name, row=f"{of} {name}")


def logged(reading: Connection) -> dict[tuple[str, str], Logged]:
    """Return, by terminal and setting, the last entry about each value that came into force."""
    found: dict[tuple[str, str], Logged] = {}
    for seq, body in reading.execute(_ENTRIES):
        entry = find(_ENTRY, body)
        if entry is not None:
            setting, value, terminal = (part.decode("ascii") for part in entry.groups())
            found[terminal, setting] = Logged(seq, value)
    return found


def check_setting(seals: RowSeals, row: Row[Any], entries: Mapping[tuple[str, str], Logged]) -> None:
    """Raise RowSealBroken or RowOutdated unless the terminal wrote the row and the log has no later value."""
    name = f"{row.terminal} {row.name}"
    seals.check(SETTINGS_IN_FORCE.name, name, sealed_values(row._mapping), row.seal)  # noqa: SLF001  # It is public; the underscore only keeps it apart from columns.
    # A value is written with its entry, so a later entry about it means that an older row was put back.
    entry = entries.get((row.terminal, row.name))
    if entry is not None and entry.seq > row.since:
        raise RowOutdated(table=SETTINGS_IN_FORCE.name, row=name)


def sealed_values(row: Mapping[Any, Any]) -> list[Plain]:
    """Return the values of a row that are sealed, in the order in which they are."""
    return [row[name] for name in ("terminal", "name", "value", "since", "officer", "second")]


def put(tx: Connection, seals: RowSeals, terminal: str, settings: Iterable[SettingInForce]) -> None:
    """Bring values into force at `terminal` in the place of the former ones; the caller has written their entries."""
    for setting in settings:
        own = (SETTINGS_IN_FORCE.c.terminal == terminal, SETTINGS_IN_FORCE.c.name == setting.name)
        tx.execute(delete(SETTINGS_IN_FORCE).where(*own))
        values = {"terminal": terminal, **asdict(setting)}
        seal = seals.seal(SETTINGS_IN_FORCE.name, sealed_values(values))
        tx.execute(insert(SETTINGS_IN_FORCE), {**values, "seal": seal})
