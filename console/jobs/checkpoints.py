"""The checkpoints of the log (証跡): made while the terminal works, shown to the peer, looked at on every start.

A log that was rolled back halts the terminal: nobody begins new work until two persons have looked into it and go on.
Reading, logging off and exporting the log still work.
"""

from time import monotonic
from typing import Final

from sqlalchemy import Connection

from console.jobs import timekeeping
from console.terminal import Terminal, Unsigned
from store.disk import disk_fault
from store.errors import (
    DatabaseFault,
    IntegrityFault,
    KeyFileFault,
    LadderBroken,
    LogBehind,
    LogBroken,
    StoreError,
    TerminalNotAdmitted,
)
from store.log import (
    Checkpoint,
    Event,
    Flaw,
    LogFilter,
    Occasion,
    Result,
    WitnessRow,
    checkpoints,
    in_force,
    newest,
    page,
)
from transport.errors import TransportError
from transport.evidence.witness import verify_witness
from transport.line.client import Line
from transport.line.peer import PeerEndpoint

# Entries wait until somebody looks, then for this long, and then until the next look: with looks every 20 seconds under
# 60 s in all.
_DUE_SECONDS: Final = 15.0


def make(terminal: Terminal, cause: Occasion) -> Checkpoint | None:
    """Sign the newest entry, unless that is signed already, and erase the key.

    What is wrong with keys or checkpoints halts new work and is recorded; it is not raised, since nobody may be kept
    from logging off by it.
    """
    try:
        with terminal.database.writing() as tx:
            made = terminal.log.checkpoint(tx, cause)
        if made is not None:
            terminal.log.erase_used(made)
    except (IntegrityFault, KeyFileFault, OSError) as error:
        _halt(terminal, error if isinstance(error, StoreError) else disk_fault(error) or LogBroken(first_bad="-"))
        return None
    return made


def make_due(terminal: Terminal) -> Checkpoint | None:
    """Make a checkpoint if entries have waited for one: to be called every 20 seconds of activity or so.

    How long they have waited is measured here, by the monotonic clock: their own times are what the clock said, and may
    lie years ahead or back.
    """
    with terminal.database.reading() as reading:
        last = checkpoints.latest(reading)
        waiting = newest(reading) > (last.seq if last else 0)
    if terminal.halted is not None or not waiting:
        terminal.unsigned = None
        return None
    seen, after = monotonic(), last.number if last else 0
    if terminal.unsigned is None or terminal.unsigned.after != after:
        terminal.unsigned = Unsigned(after, seen)
    if seen - terminal.unsigned.seen_at < _DUE_SECONDS:
        return None
    return make(terminal, Occasion.ACTIVITY)


def start(terminal: Terminal, *, from_witness: bool) -> StoreError | None:
    """Look at log and clock when a terminal is opened; return what halts new work, or None.

    Verified is what was written since the last checkpoint, or since the last one that the peer saw.
    """
    fault: StoreError | None
    try:
        with terminal.database.writing() as tx:
            flaw = terminal.log.standing(tx)
        if flaw is None:
            with terminal.database.reading() as reading:
                found = terminal.log.verify(reading, since=_known_good(reading, from_witness=from_witness))
            fault = None if found.ok else LogBroken(first_bad=found.first_bad or 0)
        else:
            fault = _behind(terminal, flaw)
    except KeyFileFault as error:
        _halt(terminal, error)
        return error
    if fault is not None:
        _halt(terminal, fault)
        return fault
    # Only a log that holds can say what time it was. What is wrong with the clock has an entry of its own.
    fault = timekeeping.look(terminal)
    terminal.halted = terminal.halted if fault is None else fault
    return fault


def show(terminal: Terminal, line: Line, endpoint: PeerEndpoint) -> None:
    """Show the peer the latest checkpoint and keep its word about it.

    Raises LogBehind when the peer has seen a later one, or another one under the same number; LineFault leaves.
    """
    with terminal.database.reading() as reading:
        last = checkpoints.latest(reading)
    if last is None:
        return
    raw = line.show_checkpoint(last.number, last.digest.hex())
    if raw is None:
        return
    try:
        told = verify_witness(
            raw, terminal=terminal.identity.name, municipality=endpoint.municipality, signers=endpoint.versions
        )
    except TransportError as error:
        _record(terminal, error.code)
        return
    word = WitnessRow(told.number, bytes.fromhex(told.checkpoint), endpoint.name, raw, told.witnessed_at)
    with terminal.database.writing() as tx:
        checkpoints.add_witness(tx, word)
        flaw = terminal.log.standing(tx)
    if flaw is not None:
        fault = _behind(terminal, flaw)
        _halt(terminal, fault)
        raise fault


def _known_good(reading: Connection, *, from_witness: bool) -> Checkpoint | None:
    last = checkpoints.latest(reading)
    if not from_witness or last is None:
        return last
    witness = checkpoints.last_witness(reading)
    seen = checkpoints.numbered(reading, witness.number) if witness else None
    resumed = _last_resumption(reading)
    known = [one for one in (seen, resumed) if one is not None]
    return max(known, key=lambda one: one.number) if known else None


def _last_resumption(reading: Connection) -> Checkpoint | None:
    rows = page(reading, limit=1, chosen=LogFilter(events=frozenset({Event.LOG_RESUMED})))
    return checkpoints.at_entry(reading, rows[0].seq) if rows else None


def _behind(terminal: Terminal, flaw: Flaw) -> StoreError:
    with terminal.database.reading() as reading:
        last, witness = checkpoints.latest(reading), checkpoints.last_witness(reading)
        working = in_force(terminal.log.next_keys(reading))
    if terminal.name not in working:
        return TerminalNotAdmitted(terminal=terminal.name)
    number = last.number if last else 0
    seen = max(terminal.log.highest_key - 1, witness.number if witness else 0)
    if flaw is Flaw.LADDER:
        return LadderBroken(number=number + 1)
    return LogBehind(number=number, seen=max(seen, number))


def _halt(terminal: Terminal, fault: StoreError) -> None:
    first = terminal.halted is None
    terminal.halted = fault
    if first:
        _record(terminal, fault.code)


def _record(terminal: Terminal, code: str) -> None:
    try:
        with terminal.database.writing() as tx:
            terminal.log.append(
                tx,
                Event.PROTECTION_FAILED,
                actor=None,
                session=None,
                result=Result.FAILED,
                detail={"protection": "log", "code": code},
            )
    except DatabaseFault:
        # The fault itself stands in the way of its record; whoever works next meets it and is told.
        return
