"""Changing the terminal's key: every row key wrapped anew, counted, and the former key destroyed when none is left.

It can be interrupted at any moment and begun again: the former key lies beside the new one until nothing needs it.
"""

from dataclasses import dataclass
from typing import Final

from console.jobs.admission import admit
from console.jobs.progress import Meter, Report
from console.session import Session
from console.terminal import TERMINAL_KEY, Terminal
from store import queue
from store.log import Event
from store.rights import Right
from store.vault import begin_key_change, end_key_change, is_key_changing

_PORTION: Final = 2000


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """A change of the key that has ended: how many row keys there are, and how many this run wrapped anew."""

    total: int
    changed: int


def change_key(terminal: Terminal, session: Session, *, report: Report | None = None) -> Rekeyed:
    """Change the terminal's key, or end a change that was interrupted.

    `report` gets the phase `rekey`, counted in rows. Raises RightMissing, SealBroken (a row that no key opens: the
    former key stays), KeyFileFaults.
    """
    admit(terminal, session, Right.SETTINGS)
    key_file = terminal.home / TERMINAL_KEY
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
        left = queue.count_left(tx, terminal.vault)
        if left == 0:
            detail = {"count": changed}
            terminal.log.append(tx, Event.KEY_CHANGED, actor=session.person_id, session=session.id, detail=detail)
    if left:
        # Rows that other terminals added under the former key while we walked: once more.
        again = change_key(terminal, session, report=report)
        return Rekeyed(again.total, changed + again.changed)
    end_key_change(key_file)
    return Rekeyed(total, changed)


def _begin(terminal: Terminal, session: Session) -> None:
    key_file = terminal.home / TERMINAL_KEY
    with terminal.database.writing() as tx:
        if not is_key_changing(key_file):
            terminal.log.append(tx, Event.KEY_CHANGING, actor=session.person_id, session=session.id)
        begin_key_change(key_file)
        terminal.vault.renew()
