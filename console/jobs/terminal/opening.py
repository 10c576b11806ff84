"""The console's work on a terminal: begun and ended, each with an entry of its own."""

import os
import re
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection

from console.jobs import checkpoints
from console.jobs.people import logon
from console.settings import FILE_NAME
from console.terminal import Terminal
from store.log import Event, LogFilter, Occasion, Result, page

_UNFIT: Final = re.compile(r"[^A-Za-z0-9_.-]")
_LONGEST: Final = 64
_STARTS: Final = LogFilter(events=frozenset({Event.TERMINAL_STARTED}))
_STARTS_LOOKED_AT: Final = 100


def begin(terminal: Terminal) -> None:
    """Look at the log from what the peer saw on, close what a crash left open, and record that the console is open.

    The entry names the machine and the digest of the settings; settings that are others than at the machine's start
    before are recorded as a change, since whoever edits their file is not logged on.
    """
    checkpoints.start(terminal, from_witness=True)
    logon.close_abandoned(terminal)
    logon.record_refused_parts(terminal)
    settings = sha256((terminal.home / FILE_NAME).read_bytes()).hexdigest()
    machine = _UNFIT.sub("-", os.uname().nodename)[:_LONGEST]
    facts = {"machine": machine, "content": settings}
    with terminal.database.writing() as tx:
        before = _settings_before(tx, terminal.name, machine)
        terminal.log.append(tx, Event.TERMINAL_STARTED, actor=None, session=None, detail=facts)
        if before not in {None, settings}:
            terminal.log.append(tx, Event.SETTINGS_CHANGED, actor=None, session=None, detail=facts)


def end(terminal: Terminal, *, incident: str | None = None) -> None:
    """Record that the console is closed, by which incident if it failed, and sign that."""
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
    checkpoints.make(terminal, Occasion.STOP)


def _settings_before(tx: Connection, terminal: str, machine: str) -> object:
    """Return the digest of the settings at the terminal's last start here; None when that is long ago, or never was."""
    starts = page(tx, limit=_STARTS_LOOKED_AT, chosen=_STARTS)
    here = (row for row in starts if (row.terminal, row.detail["machine"]) == (terminal, machine))
    return next((row.detail["content"] for row in here), None)
