"""The settings that carry a protection, with the values that hold, terminal by terminal.

What the settings file says does not hold by itself: a value comes into force with an entry of the log, whose number is
kept beside it. Values are texts, spelt as in that entry.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import Connection, delete, insert, select
from sqlmodel import Field, SQLModel

from store.schema import table


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


SETTINGS_IN_FORCE: Final = table(SettingInForceRow)
TABLES: Final = (SETTINGS_IN_FORCE,)


@dataclass(frozen=True, slots=True)
class SettingInForce:
    """A setting by its dotted name, its value as a text, and the entry and the people that brought it into force."""

    name: str
    value: str
    since: int
    officer: str | None = None
    second: str | None = None


def in_force(reading: Connection, terminal: str) -> dict[str, SettingInForce]:
    """Return by name what is in force at `terminal`; what never came into force there is missing."""
    columns = [SETTINGS_IN_FORCE.c[name] for name in SettingInForce.__slots__]
    rows = reading.execute(select(*columns).where(SETTINGS_IN_FORCE.c.terminal == terminal))
    return {row.name: SettingInForce(*row) for row in rows}


def put(tx: Connection, terminal: str, settings: Iterable[SettingInForce]) -> None:
    """Bring values into force at `terminal` in the place of the former ones; the caller has written their entries."""
    for setting in settings:
        own = (SETTINGS_IN_FORCE.c.terminal == terminal, SETTINGS_IN_FORCE.c.name == setting.name)
        tx.execute(delete(SETTINGS_IN_FORCE).where(*own))
        tx.execute(insert(SETTINGS_IN_FORCE), {"terminal": terminal, **asdict(setting)})
