"""Settings that carry a protection: what is in force, what the file would change, and two persons who let it.

A value in the file that differs from the value in force is pending. The former value goes on holding until an officer
and a second person bring the file's values into force, all of them together; each has its entry, with old and new. What
lies over the dated tables comes into force with them (`console.jobs.terminal.overlays`), and so do the layouts by their
digests (`console.jobs.terminal.layouts`).
"""

from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from console import protections
from console.jobs.admission import admit
from console.jobs.people.logon import SecondPerson, vouch
from console.jobs.terminal import layouts, overlays
from console.protections import Value
from console.session import Session
from console.settings import spelt
from console.terminal import Terminal
from store import settings_in_force
from store.errors import RowOutdated, RowSealBroken
from store.log import Event, LogFilter, page
from store.rights import Right
from store.settings_in_force import SettingInForce

# The values of a terminal come into force one by one, and seldom; of several terminals each has its own.
_LOOKED_AT: Final = 1000


@dataclass(frozen=True, slots=True)
class Protection:
    """One of these settings: its value in the file, in force and by default.

    `since` is the number of the entry with which the value in force began, None before the terminal took any; `officer`
    and `second` are those who decided it, None where the terminal took its file's value when it was made.
    """

    name: str
    given: Value
    in_force: Value
    default: Value
    since: int | None
    officer: str | None
    second: str | None

    @property
    def pending(self) -> bool:
        """Whether the file says something that is not in force."""
        return self.given != self.in_force

    @property
    def weaker(self) -> bool:
        """Whether it protects less than the default does."""
        return protections.is_weaker(self.name, self.in_force, self.default)


@dataclass(frozen=True, slots=True)
class ChangedProtection:
    """A value that came into force, and the former one, as the log has them: of a table or a layout a digest."""

    name: str
    former: Value | str
    value: Value | str


def show(terminal: Terminal, session: Session) -> list[Protection]:
    """Return the settings that carry a protection. Raises RightMissing."""
    admit(terminal, session, Right.AGREE_PROTECTIONS)
    return known(terminal)


def known(terminal: Terminal) -> list[Protection]:
    """Return the settings that carry a protection, for whoever asked for the right or needs none."""
    given, in_force = protections.values_of(terminal.given), protections.values_of(terminal.settings)
    with terminal.database.reading() as reading:
        held = settings_in_force.in_force(reading, terminal.vault.rows, terminal.name)
    return [
        Protection(
            name,
            given[name],
            in_force[name],
            protections.default_of(name),
            held[name].since if name in held else None,
            held[name].officer if name in held else None,
            held[name].second if name in held else None,
        )
        for name in protections.names()
    ]


def confirm(terminal: Terminal, session: Session, *, second: SecondPerson) -> list[ChangedProtection]:
    """Bring what the files say into force, as an officer and a second person; return what changed.

    That is the settings file, what lies over the dated tables, and the layouts. Raises RightMissing, TableFault or
    LayoutFault for what is wrong (nothing comes into force then), and what `vouch` raises for the second person.
    """
    admit(terminal, session, Right.PROTECTIONS)
    # Read before the turn, and before the second person is asked for the PIN.
    texts, digests = overlays.sound(terminal.home), layouts.sound(terminal)
    vouch(terminal, session, second, Right.AGREE_PROTECTIONS)
    with terminal.database.writing() as tx:
        # Read here: another console may have brought the same change into force meanwhile.
        held = settings_in_force.in_force(tx, terminal.vault.rows, terminal.name)
        names = protections.names()
        in_force = {name: protections.read(name, held[name].value) for name in names if name in held}
        changed = [
            ChangedProtection(name, in_force[name], value)
            for name, value in protections.values_of(terminal.given).items()
            if name in in_force and in_force[name] != value
        ]
        changed += [ChangedProtection(*change) for change in layouts.changes(digests, held)]
        # All in one transaction: nobody sees a setting in force beside a table that is not.
        new = [_record(terminal, tx, session, second, each) for each in changed]
        for name, former, text in overlays.changes(texts, held):
            change = ChangedProtection(name, overlays.digest(former), overlays.digest(text))
            changed.append(change)
            new.append(replace(_record(terminal, tx, session, second, change), value=text))
        settings_in_force.put(tx, terminal.vault.rows, terminal.name, new)
    terminal.take_settings()
    terminal.take_tables()
    return changed


def take_first(terminal: Terminal) -> None:
    """Take what the file says for values in force where there are none: at a new terminal, and after an upgrade.

    Where the log knows of a value that the table lost, that one holds, so that nobody weakens a protection by removing
    a row.
    """
    given = protections.values_of(terminal.given)
    if isinstance(terminal.halted, RowSealBroken | RowOutdated):
        # Nothing is taken over rows that somebody else has written: people have to look at them first.
        return
    with terminal.database.reading() as reading:
        complete = settings_in_force.in_force(reading, terminal.vault.rows, terminal.name).keys() >= given.keys()
    if complete:
        return
    with terminal.database.writing() as tx:
        held = settings_in_force.in_force(tx, terminal.vault.rows, terminal.name)
        missing = {name: spelt(value) for name, value in given.items() if name not in held}
        logged = _logged(tx, terminal.name)
        values = {name: logged.get(name, text) for name, text in missing.items()}
        settings_in_force.put(
            tx, terminal.vault.rows, terminal.name, [_take(terminal, tx, name, text) for name, text in values.items()]
        )
    terminal.take_settings()


def _record(
    terminal: Terminal, tx: Connection, session: Session, second: SecondPerson, change: ChangedProtection
) -> SettingInForce:
    former, value = (spelt_out(each) for each in (change.former, change.value))
    seq = terminal.log.append(
        tx,
        Event.SETTINGS_CONFIRMED,
        actor=session.person_id,
        session=session.id,
        object=second.person_id,
        detail={
            "setting": change.name,
            "from": former,
            "to": value,
            "second": second.person_id,
        },
    )
    return SettingInForce(change.name, value, seq, session.person_id, second.person_id)


def spelt_out(value: Value | str) -> str:
    """Return a value as the log has it: of a table or a layout it is a text already."""
    return value if isinstance(value, str) else spelt(value)


def _take(terminal: Terminal, tx: Connection, name: str, value: str) -> SettingInForce:
    detail = {"setting": name, "to": value}
    seq = terminal.log.append(tx, Event.SETTINGS_TAKEN, actor=None, session=None, detail=detail)
    return SettingInForce(name, value, seq)


def _logged(tx: Connection, terminal: str) -> dict[str, str]:
    """Return the last value of each setting that the log has for `terminal`."""
    chosen = LogFilter(events=frozenset({Event.SETTINGS_TAKEN, Event.SETTINGS_CONFIRMED}))
    rows = [row for row in page(tx, limit=_LOOKED_AT, chosen=chosen) if row.terminal == terminal]
    # The newest come first, and are the last to be put in.
    return {str(row.detail["setting"]): str(row.detail["to"]) for row in reversed(rows)}
