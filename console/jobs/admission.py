"""Whether a person may begin something: the right, the free space on the disk, and the soundness of the log.

A refusal is recorded in its own transaction. Reading, verifying and exporting the log, and changing settings are no new
work, so they go on when the disk is nearly full or the log was rolled back: they are what helps then.
"""

import os
from typing import Final

from console.errors import PinToChange, RightMissing
from console.session import Session
from console.terminal import Terminal
from store.errors import DiskLow
from store.log import Event, Result
from store.rights import Right

RESERVE_BYTES: Final = 64 * 2**20
"""The disk space that new work leaves free for log-off, export and the entries that these write."""

# What people need to find out what is wrong and to mend it.
_ALWAYS: Final = frozenset({Right.READ, Right.LOG, Right.EXPORT_LOG, Right.SETTINGS, Right.CLOCK})
_MEGABYTE: Final = 2**20


def admit(terminal: Terminal, session: Session, right: Right, *, even_halted: bool = False) -> None:
    """Let the person begin what `right` names; `even_halted` is for what helps a terminal out of its halt.

    Raises PinToChange and RightMissing, which are recorded; for new work also DiskLow and the fault that halted the
    terminal.
    """
    # Screens and commands offer only what a person may do; this check holds even when they are wrong.
    try:
        session.require(right)
    except (PinToChange, RightMissing) as refusal:
        _record(terminal, session, right, refusal.code)
        raise
    if right not in _ALWAYS:
        _refuse_new_work(terminal, even_halted=even_halted)


def _refuse_new_work(terminal: Terminal, *, even_halted: bool) -> None:
    if terminal.halted is not None and not even_halted:
        raise terminal.halted
    keep_reserve(terminal)


def keep_reserve(terminal: Terminal) -> None:
    """Raise DiskLow when the reserve of the disk has been reached. Long work asks again as it goes on."""
    disk = os.statvfs(terminal.home)
    # `f_bavail`, not `f_bfree`: the blocks that are reserved for root are of no use to the terminal.
    free = disk.f_bavail * disk.f_frsize
    if free < RESERVE_BYTES:
        raise DiskLow(free=free // _MEGABYTE)


def _record(terminal: Terminal, session: Session, right: Right, code: str) -> None:
    with terminal.database.writing() as tx:
        terminal.log.append(
            tx,
            Event.ACCESS_DENIED,
            actor=session.person_id,
            session=session.id,
            result=Result.REFUSED,
            detail={"code": code, "step": right.value},
        )
