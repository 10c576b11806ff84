"""Changing the terminal's key: every row key wrapped anew, counted, and the former key destroyed when none is left.

It can be interrupted at any moment and begun again: the former key is there until nothing needs it. Where only the
custodian can put the new key in its place (a credential), it waits in a file until it was found there.
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
    """Nothing is left under the former key: how many row keys there are, and how many this run wrapped anew.

    `to_install` is the file with the new key where the custodian has still to put it in its place.
    """

    total: int
    changed: int
    to_install: Path | None = None


def change_key(
    terminal: Terminal, session: Session, *, new_parts: PassphraseParts | None = None, report: Report | None = None
) -> Rekeyed:
    """Change the terminal's key, or end a change that was interrupted; wrap it under `new_parts` if some are given.

    `report` gets the phase `rekey`, counted in rows. Raises RightMissing, SealBroken (a row that no key opens: the
    former key stays), QueueShared, KeyFileFaults.
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
    for step in queue.portions(_PORTION):
        with terminal.database.writing() as tx:
            done = step(tx, terminal.vault)
        changed += done.changed
        meter.advance(done.rows)
    with terminal.database.writing() as tx:
        # Nobody else writes while it is our turn: what is counted here is all there is.
        left, to_install = queue.count_left(tx, terminal.vault), terminal.key_source.to_install
        # Once the rows are done, and once the key is where it belongs; not when somebody only asks again.
        if left == 0 and (changed or to_install is None):
            detail = {"count": changed}
            terminal.log.append(tx, Event.KEY_CHANGED, actor=session.person_id, session=session.id, detail=detail)
    if left:
        # Rows that other terminals added under the former key while we walked: once more.
        again = change_key(terminal, session, report=report)
        return Rekeyed(again.total, changed + again.changed, again.to_install)
    terminal.key_source.end_change()
    return Rekeyed(total, changed, to_install)


def move_key(home: Path, file: Path, parts: PassphraseParts | None) -> None:
    """Put the terminal's key, kept in `file`, where the settings say since they were changed.

    To be followed by a change of the key: then `file` is worth nothing. Raises SettingsErrors, KeyFileDamaged (the key
    of another terminal), other KeyFileFaults.
    """
    source = key_source(Settings.load(home), home, parts)
    key = read_kept_key(file, parts)
    if not belongs(key, source):
        raise KeyFileDamaged(file=file.name)
    source.install(key)


def _refuse_shared(terminal: Terminal) -> None:
    """Raise QueueShared while other terminals have the present key: what is wrapped anew they could not open."""
    with terminal.database.reading() as reading:
        others = [name for name in in_force(terminal.log.next_keys(reading)) if name != terminal.name]
    if others:
        raise QueueShared(terminals=", ".join(others))


def _begin(terminal: Terminal, session: Session) -> None:
    with terminal.database.writing() as tx:
        if not terminal.key_source.changing:
            terminal.log.append(tx, Event.KEY_CHANGING, actor=session.person_id, session=session.id)
        begin_key_change(terminal.key_source)
        terminal.vault.renew()
