"""Changing the terminal's key: every row key is rewrapped, and the former key is destroyed when no row needs it.

A change can be interrupted at any moment and started again, because the former key stays until nothing needs it. Where
only the custodian can install the new key (a credential), it waits in a file until it is found in its place.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from console.errors import QueueShared
from console.jobs.admission import admit
from console.jobs.progress import Meter, Report
from console.keysource import key_source, read_kept_key
from console.session import Session
from console.settings import Settings
from console.terminal import Terminal
from store import queue
from store.errors import KeyFileDamaged
from store.log import Event, in_force
from store.rights import Right
from store.sealing.sources import PassphraseParts
from store.sealing.vault import begin_key_change, belongs

_PORTION: Final = 2000


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """A finished change: how many row keys there are, and how many of them this run rewrapped.

    `to_install` is the file with the new key where the custodian still has to put it in its place.
    """

    total: int
    changed: int
    to_install: Path | None = None


def change_key(
    terminal: Terminal, session: Session, *, new_parts: PassphraseParts | None = None, report: Report | None = None
) -> Rekeyed:
    """Change the terminal's key, or complete a change that was interrupted; wrap it under `new_parts` if given.

    `report` gets the phase `rekey`, counted in rows. Raises RightMissing, SealBroken (no key opens a row; the former
    key stays), QueueShared, KeyFileFaults.
    """
    admit(terminal, session, Right.SETTINGS)
    _refuse_shared(terminal)
    if new_parts is not None:
        terminal.key_source.set_new_parts(new_parts)
    _begin(terminal, session)
    with terminal.database.reading() as reading:
        total = queue.count_sealed(reading)
    meter, changed = Meter(report), 0
    meter.begin("rekey", total)
    # One short transaction for each portion, so that other writers get their turn in between. No place in the queue has
    # to be remembered: a run that was interrupted finds the rows that are done by their keys.
    for step in queue.portions(_PORTION):
        with terminal.database.writing() as tx:
            done = step(tx, terminal.vault)
        changed += done.changed
        meter.advance(done.rows)
    with terminal.database.writing() as tx:
        # Nobody else can write during this block, so this count is final.
        left, to_install = queue.count_left(tx, terminal.vault), terminal.key_source.to_install
        # One entry when the rows are done, and one when the key is in its place; none when somebody only asks again.
        if left == 0 and (changed or to_install is None):
            detail = {"count": changed}
            terminal.log.append(tx, Event.KEY_CHANGED, actor=session.person_id, session=session.id, detail=detail)
    if left:
        # Rows were added under the former key behind the walk, so it is walked once more.
        again = change_key(terminal, session, report=report)
        return Rekeyed(again.total, changed + again.changed, again.to_install)
    # Only after the commit that counted no row under the former key: from here on nothing brings it back.
    terminal.key_source.end_change()
    return Rekeyed(total, changed, to_install)


def move_key(home: Path, file: Path, parts: PassphraseParts | None) -> None:
    """Put the terminal's key, kept in `file`, where the changed settings say.

    A change of the key should follow, which makes `file` worthless. Raises SettingsFaults, KeyFileDamaged (the key of
    another terminal), other KeyFileFaults.
    """
    source = key_source(Settings.load(home), home, parts)
    key = read_kept_key(file, parts)
    if not belongs(key, source):
        raise KeyFileDamaged(file=file.name)
    source.install(key)


def _refuse_shared(terminal: Terminal) -> None:
    """Raise QueueShared while other terminals have the present key: they could not open what is rewrapped."""
    with terminal.database.reading() as reading:
        others = [name for name in in_force(terminal.log.next_keys(reading)) if name != terminal.name]
    if others:
        raise QueueShared(terminals=", ".join(others))


def _begin(terminal: Terminal, session: Session) -> None:
    # The key is changed while nobody else can write: whatever is sealed in a writing block of another process is then
    # sealed under a key that still exists when that block ends.
    with terminal.database.writing() as tx:
        if not terminal.key_source.changing:
            terminal.log.append(tx, Event.KEY_CHANGING, actor=session.person_id, session=session.id)
        begin_key_change(terminal.key_source)
        terminal.vault.renew()
