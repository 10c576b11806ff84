"""Whether a person may begin something: the right, and the gates that all new work passes.

The gates stand in one table, which `check` walks as well: what refuses work here is never called sound there. A missing
right is recorded in its own transaction. Reading, verifying and exporting the log, and changing settings are no new
work, so they go on when the disk is nearly full or the log was rolled back: they are what helps then.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from console.errors import PinToChange, RightMissing
from console.session import Session
from console.settings import check_private
from console.terminal import Terminal
from store.errors import ClockAhead, DiskLow
from store.log import Event, Result
from store.rights import Right

RESERVE_BYTES: Final = 64 * 2**20
"""The disk space that new work leaves free for log-off, export and the entries that these write."""

# What people need to find out what is wrong and to mend it.
_ALWAYS: Final = frozenset({Right.READ, Right.LOG, Right.EXPORT_LOG, Right.SETTINGS, Right.CLOCK})
_MEGABYTE: Final = 2**20


def admit(terminal: Terminal, session: Session, right: Right, *, even_halted: bool = False) -> None:
    """Let the person begin what `right` names; `even_halted` is for what helps a terminal out of its halt.

    Raises PinToChange and RightMissing, which are recorded; for new work also HomeExposed, DiskLow and the fault that
    halted the terminal.
    """
    # Screens and commands offer only what a person may do; this check holds even when they are wrong.
    try:
        session.require(right)
    except (PinToChange, RightMissing) as refusal:
        _record(terminal, session, right, refusal.code)
        raise
    if right not in _ALWAYS:
        for gate in GATES:
            if not (even_halted and gate.lifted) and right is not gate.mended_by:
                gate.pass_through(terminal)


def _log_holds(terminal: Terminal) -> None:
    if terminal.halted is not None and not isinstance(terminal.halted, ClockAhead):
        raise terminal.halted


def _clock_is_plausible(terminal: Terminal) -> None:
    if isinstance(terminal.halted, ClockAhead):
        raise terminal.halted


def _overlays_fit(terminal: Terminal) -> None:
    if terminal.tables_fault is not None:
        raise terminal.tables_fault


def _home_is_private(terminal: Terminal) -> None:
    check_private(terminal.home)


def free_bytes(terminal: Terminal) -> int:
    """Return how much room the disk of the terminal's directory has."""
    disk = os.statvfs(terminal.home)
    # `f_bavail`, not `f_bfree`: the blocks that are reserved for root are of no use to the terminal.
    return disk.f_bavail * disk.f_frsize


def keep_reserve(terminal: Terminal) -> None:
    """Raise DiskLow when the reserve of the disk has been reached. Long work asks again as it goes on."""
    free = free_bytes(terminal)
    if free < RESERVE_BYTES:
        raise DiskLow(free=free // _MEGABYTE)


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition of all new work.

    `name` is the part under which `check` tells of it, `pass_through` raises why no new work may begin. A gate that is
    `lifted` does not hold up what helps a terminal out of its halt, nor any gate the right by which it is `mended_by`.
    """

    name: str
    pass_through: Callable[[Terminal], None]
    lifted: bool = False
    mended_by: Right | None = None


GATES: Final = (
    Gate("home", _home_is_private),
    # `checkpoints` says at each opening and each signature whether the log was rolled back or broken, its keys were
    # lost, or this terminal was retired.
    Gate("log", _log_holds, lifted=True),
    Gate("own_clock", _clock_is_plausible, lifted=True),
    Gate("overlays", _overlays_fit, mended_by=Right.PROTECTIONS),
    Gate("disk", keep_reserve),
)
"""The gates in the order in which a person would mend what is wrong."""


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
