"""Opening a terminal for work, by the console or by a command; the console records when it opens and closes it."""

import os
import re
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from console.jobs import checkpoints
from console.jobs.messages import leftovers
from console.jobs.peers import register
from console.jobs.people import logon
from console.jobs.people.logon import Origin
from console.jobs.terminal import overlays, protections
from console.settings import FILE_NAME
from console.terminal import Terminal
from store.database import OnWait
from store.errors import DatabaseFault
from store.log import Event, LogFilter, Occasion, Result, page
from store.sealing.sources import PassphraseParts

# A log entry takes no free text: the machine's name is cut down to letters that it admits.
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_.-]")
_LONGEST: Final = 64
_STARTS: Final = LogFilter(events=frozenset({Event.TERMINAL_STARTED}))
# Several terminals can share a log, so the last start on this machine may lie behind the starts of others.
_STARTS_LOOKED_AT: Final = 100


def open_terminal(
    home: Path, parts: PassphraseParts | None = None, *, origin: Origin, on_wait: OnWait | None = None
) -> Terminal:
    """Open the terminal at `home` for the console or for one command; see `Terminal.open` and `begin`.

    `on_wait` is called with the number of the process for which a writer waits longer than a moment. Raises what
    `Terminal.open` raises, and SettingFixed.
    """
    terminal = Terminal.open(home, parts)
    try:
        if on_wait is not None:
            # Before anything is written: opening may already have to wait.
            terminal.database.report_waiting(on_wait)
        register.refuse_other_municipality(terminal)
        begin(terminal, origin=origin)
    except BaseException:
        terminal.close()
        raise
    return terminal


def begin(terminal: Terminal, *, origin: Origin) -> None:
    """Look at the log, and close what a crash left open, before anybody logs on.

    The console stays open for hours, so it verifies the log from the last checkpoint that the peer saw, and records
    that it started. A command verifies only what is newer than the last checkpoint, and its session is its record.
    """
    # A log that was rolled back halts new work, but the terminal opens: people have to read and export what is left.
    checkpoints.start(terminal, from_witness=origin == "screen")
    logon.close_abandoned(terminal)
    protections.take_first(terminal)
    logon.record_refused_parts(terminal)
    _remove_leftovers(terminal)
    if origin == "screen":
        _record_start(terminal)


def _remove_leftovers(terminal: Terminal) -> None:
    # Nobody sees what is left, so that a full disk must not keep people from opening the terminal to make room.
    with suppress(DatabaseFault):
        if terminal.halted is None:
            leftovers.remove(terminal)


def end(terminal: Terminal, *, incident: str | None = None) -> None:
    """Record that the console is closed, with the number of the incident if it failed, and sign that."""
    with terminal.database.writing() as tx:
        if incident is not None:
            terminal.log.append(
                tx,
                Event.PROGRAM_FAILED,
                actor=None,
                session=None,
                result=Result.FAILED,
                detail={"incident": incident},
            )
        terminal.log.append(tx, Event.TERMINAL_STOPPED, actor=None, session=None)
    # No process remains that would sign these entries later.
    checkpoints.make(terminal, Occasion.STOP)


def _record_start(terminal: Terminal) -> None:
    """Record that the console is open, on which machine, and with which settings and tables (their digest).

    Settings that differ from those of the last start on the same machine are recorded as a change: nobody has to log on
    to edit their file, so nothing else would tell.
    """
    # Only a digest: the file holds free text, and the log takes none.
    files = [terminal.home / FILE_NAME, *overlays.files(terminal.home)]
    settings = sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()
    machine = _UNFIT.sub("-", os.uname().nodename)[:_LONGEST]
    facts = {"machine": machine, "content": settings}
    with terminal.database.writing() as tx:
        before = _settings_before(tx, terminal.name, machine)
        terminal.log.append(tx, Event.TERMINAL_STARTED, actor=None, session=None, detail=facts)
        if before not in {None, settings}:
            terminal.log.append(tx, Event.SETTINGS_CHANGED, actor=None, session=None, detail=facts)


def _settings_before(tx: Connection, terminal: str, machine: str) -> object:
    """Return the digest of the settings at this terminal's last start on `machine`; None when there is none of late."""
    starts = page(tx, limit=_STARTS_LOOKED_AT, chosen=_STARTS)
    here = (row for row in starts if (row.terminal, row.detail["machine"]) == (terminal, machine))
    return next((row.detail["content"] for row in here), None)
