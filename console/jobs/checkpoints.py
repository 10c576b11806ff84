"""The checkpoints of the log (証跡): made while the terminal works, shown to the peer, and examined at every start.

A log that was rolled back halts the terminal: nobody can begin new work until two persons have looked into it and
resume. Reading, logging off and exporting the log still work.
"""

from time import monotonic
from typing import Final

from sqlalchemy import Connection

from console.jobs import timekeeping
from console.terminal import Terminal, Unsigned
from store import clock
from store.disk import disk_fault
from store.errors import (
    ClockAhead,
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
    newest,
    page,
)
from transport.errors import WitnessBroken
from transport.evidence.witness import verify_witness
from transport.line.client import Line
from transport.line.peer import PeerEndpoint

# An entry waits until somebody looks, then for this long, and then until the next look. The renewal of the lease looks
# every 20 seconds, so together it is under 60 s. Signing each entry would cost a key made, synced to the disk and
# erased for each of them.
_DUE_SECONDS: Final = 15.0


def make(terminal: Terminal, cause: Occasion) -> Checkpoint | None:
    """Sign the newest entry, unless it has been signed already, and erase the key; return the checkpoint, if any.

    A fault of keys or checkpoints halts new work and is recorded. It is not raised, because it must not keep anybody
    from logging off.
    """
    try:
        with terminal.database.writing() as tx:
            made = terminal.log.checkpoint(tx, cause)
        if made is not None:
            # Only after the commit: a rollback would leave the next checkpoint without its key.
            terminal.log.erase_used(made)
    except (IntegrityFault, KeyFileFault, OSError) as error:
        _halt(terminal, error if isinstance(error, StoreError) else disk_fault(error) or LogBroken(first_bad="-"))
        return None
    return made


def make_due(terminal: Terminal) -> Checkpoint | None:
    """Make a checkpoint if entries have waited for one long enough; the renewal of the lease calls this regularly.

    How long they have waited is measured here, by the monotonic clock: their own times are what the clock said, and may
    lie years ahead or back.
    """
    # First in a reading block: most of the time nothing is due, and nobody else has to wait for this look.
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


def examine(terminal: Terminal, *, from_witness: bool) -> StoreError | None:
    """Return what the log or the clock has against new work, or None; nothing is recorded and nothing halts.

    Verifies what was written since the last checkpoint or, with `from_witness`, since the last one that the peer saw.
    """
    try:
        fault = _fault_of_log(terminal, from_witness=from_witness)
    except KeyFileFault as error:
        return error
    if fault is not None:
        return fault
    # Only a log that holds can say what time it was.
    with terminal.database.reading() as reading:
        return timekeeping.found_ahead(reading, clock.now())


def start(terminal: Terminal, *, from_witness: bool) -> StoreError | None:
    """Examine log and clock when a terminal is opened; record and return what halts new work, or None.

    `from_witness` as in `examine`.
    """
    fault = examine(terminal, from_witness=from_witness)
    if isinstance(fault, ClockAhead):
        # What is wrong with the clock has an entry of its own.
        timekeeping.record_ahead(terminal)
        terminal.halted = fault
    elif fault is not None:
        _halt(terminal, fault)
    return fault


def show(terminal: Terminal, line: Line, endpoint: PeerEndpoint) -> None:
    """Show the peer the latest checkpoint and keep its signed statement about it (PROTOCOL.md, 6.6).

    Raises LogBehind when the peer has seen a later checkpoint, or another one under the same number; any LineFault.
    """
    try:
        statement = _statement(terminal, line, endpoint)
    except WitnessBroken as error:
        # A statement that proves nothing is recorded and dropped: it must not keep messages from leaving at once.
        _record(terminal, error.code)
        return
    if statement is None:
        return
    with terminal.database.writing() as tx:
        # The statement is kept even when it accuses this log: it is the evidence that the log was rolled back.
        checkpoints.add_witness(tx, statement)
        flaw = terminal.log.standing(tx)
    if flaw is not None:
        fault = _behind(terminal, flaw)
        _halt(terminal, fault)
        raise fault


def compare(terminal: Terminal, line: Line, endpoint: PeerEndpoint) -> None:
    """Ask the peer as `show` does, for a check: keep nothing, record nothing, halt nothing.

    Raises as `show`, and WitnessBroken.
    """
    statement = _statement(terminal, line, endpoint)
    if statement is None:
        return
    with terminal.database.writing() as tx:
        flaw = terminal.log.standing(tx, statement)
    if flaw is not None:
        raise _behind(terminal, flaw, statement)


def _statement(terminal: Terminal, line: Line, endpoint: PeerEndpoint) -> WitnessRow | None:
    """Return what the peer states about our log; None when it states nothing or there is nothing to show."""
    with terminal.database.reading() as reading:
        last = checkpoints.latest(reading)
    raw = None if last is None else line.show_checkpoint(last.number, last.digest.hex())
    if raw is None:
        return None
    witness = verify_witness(
        raw, terminal=terminal.identity.name, municipality=endpoint.municipality, signers=endpoint.versions
    )
    return WitnessRow(witness.number, bytes.fromhex(witness.checkpoint), endpoint.name, raw, witness.witnessed_at)


def _fault_of_log(terminal: Terminal, *, from_witness: bool) -> StoreError | None:
    # In a writing block, although nothing is written: after a mere snapshot another process could sign the next
    # checkpoint and erase the key that this one expects, which would look like a roll-back.
    with terminal.database.writing() as tx:
        flaw = terminal.log.standing(tx)
    if flaw is not None:
        return _behind(terminal, flaw)
    # Only the newest part: verifying a million entries takes seconds, and people wait for the start.
    with terminal.database.reading() as reading:
        verification = terminal.log.verify(reading, since=_known_good(reading, from_witness=from_witness))
    return None if verification.ok else LogBroken(first_bad=verification.first_bad or 0)


def _known_good(reading: Connection, *, from_witness: bool) -> Checkpoint | None:
    """Return the checkpoint from which the log is verified; None to verify all of it."""
    last = checkpoints.latest(reading)
    if not from_witness or last is None:
        return last
    witness = checkpoints.last_witness(reading)
    seen = checkpoints.numbered(reading, witness.number) if witness else None
    # Two persons have looked into what lies before a resumption. It would halt the terminal again at each start.
    resumed = _last_resumption(reading)
    known = [checkpoint for checkpoint in (seen, resumed) if checkpoint is not None]
    return max(known, key=lambda checkpoint: checkpoint.number) if known else None


def _last_resumption(reading: Connection) -> Checkpoint | None:
    rows = page(reading, limit=1, chosen=LogFilter(events=frozenset({Event.LOG_RESUMED})))
    return checkpoints.at_entry(reading, rows[0].seq) if rows else None


def _behind(terminal: Terminal, flaw: Flaw, statement: WitnessRow | None = None) -> StoreError:
    """Return the error for `flaw`; `statement` is a word of the peer that is not kept."""
    with terminal.database.reading() as reading:
        last, witness = checkpoints.latest(reading), statement or checkpoints.last_witness(reading)
        admitted = terminal.log.admits(reading)
    # Asked first: a machine that was retired must not be told to go on, which would be refused.
    if not admitted:
        return TerminalNotAdmitted(terminal=terminal.name)
    number = last.number if last else 0
    # The keys lie outside the database: the highest one still there tells how far the log had come before it was set
    # back. So does the peer's latest statement.
    seen = max(terminal.log.highest_key - 1, witness.number if witness else 0)
    if flaw is Flaw.LADDER:
        return LadderBroken(number=number + 1)
    return LogBehind(number=number, seen=max(seen, number))


def _halt(terminal: Terminal, fault: StoreError) -> None:
    # Recorded once for each opening, although every look at the log meets the same fault again.
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
        # The same fault may prevent its own record. The next person who works meets it and is told.
        return
