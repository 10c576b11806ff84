"""The gates that the jobs of a terminal pass, walked for `check` without doing any of their work."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Final

from console.configuration.handins import refuse_unfit
from console.errors import ContentSealBroken, HomeUnwritable, RecoveryAwaited
from console.jobs import checkpoints, exchange
from console.jobs.admission import GATES, Gate, free_bytes
from console.jobs.exchange.clocks import MOST_SECONDS, WARNED_SECONDS
from console.jobs.exchange.rebuilding import awaited, is_due
from console.jobs.log import tables
from console.jobs.terminal import layouts, overlays
from console.jobs.terminal.findings import Check, attempt, refused
from console.terminal import Terminal
from console.words import Words
from console.words.visible import visible
from store import clock, queue
from store.comparison import Difference
from store.disk import try_write
from store.errors import IntegrityFault, LogBroken, RowMissing, RowOutdated, RowSealBroken
from store.log import checkpoints as kept
from store.log import page
from store.message.states import OutState
from transport.errors import WitnessBroken

_MEGABYTE: Final = 2**20
_APPROVED: Final = queue.QueueFilter(states=frozenset({OutState.APPROVED}))
_PORTION: Final = 1000


def gates(terminal: Terminal, words: Words) -> Iterator[Check]:
    """Yield each gate of new work with what there is to say of its part, then the contents that are to leave.

    `terminal` is examined as at an opening, and nothing is recorded.
    """
    # From where the peer saw the log last, as the console does when it opens; a command looks at less.
    terminal.halted = checkpoints.examine(terminal, from_witness=True)
    for gate in GATES:
        yield attempt(gate.name, words, partial(_pass_through, gate, terminal, words))
    yield attempt("contents", words, partial(_contents, terminal, words))
    yield attempt("tables", words, partial(_tables, terminal, words))


def _pass_through(gate: Gate, terminal: Terminal, words: Words) -> Check:
    gate.pass_through(terminal)
    return PARTS[gate.name](terminal, words)


def _home(_terminal: Terminal, words: Words) -> Check:
    return Check("home", ok=True, detail=words("check.found.home"))


def _log(terminal: Terminal, words: Words) -> Check:
    # The whole chain, not only what is new: a person who asks for a check is ready to wait.
    with terminal.database.reading() as reading:
        verification = terminal.log.verify(reading)
    with terminal.database.writing() as tx:
        verification = terminal.log.complete(tx, verification)
    if verification.ok:
        return Check("log", ok=True, detail=words("check.found.log", entries=verification.entries))
    return refused("log", words, LogBroken(first_bad=verification.first_bad or 0))


def _own_clock(terminal: Terminal, words: Words) -> Check:
    """Hold the clock against the last entry and the peer's last word: behind them, it is wrong as well."""
    now = clock.now()
    with terminal.database.reading() as reading:
        entry, witness = page(reading, limit=1), kept.last_witness(reading)
    known = (entry[0].at if entry else None, witness.at if witness else None)
    behind = any(at is not None and (at - now).total_seconds() > MOST_SECONDS for at in known)
    entered, witnessed = ("-" if at is None else words.time(at) for at in known)
    detail = words("check.found.own_clock", now=words.time(now), entry=entered, witness=witnessed)
    return Check("own_clock", ok=not behind, detail=detail, remedy=words("check.remedy.own_clock") if behind else None)


def _overlays(terminal: Terminal, words: Words) -> Check:
    """Name the tables that the terminal amends, with the digest of each and since when it holds."""
    try:
        known = overlays.known(terminal)
    except IntegrityFault:
        # Which row it is that nothing proves, the comparison of the tables tells.
        return Check(
            "overlays", ok=False, detail=words("check.found.overlays_unread"), remedy=words("check.remedy.tables")
        )
    faulty = next((table for table in known if table.fault is not None), None)
    if faulty is not None and faulty.fault is not None:
        # What was in force before holds, so nothing is refused; but nothing new comes into force.
        text = words.fault(faulty.fault.code, faulty.fault.facts)
        return Check("overlays", ok=False, detail=text.cause, remedy=text.remedy)
    # Pending is no refusal, but somebody meant to change what passes as lawful and it does not hold yet.
    between, pending = words("check.between"), [table.name for table in known if table.pending]
    held = [_overlaid(terminal, table, words) for table in known if table.in_force]
    detail = between.join(held) or words("check.found.no_overlays")
    if not pending:
        return Check("overlays", ok=True, detail=detail)
    detail = f"{words('check.found.pending', settings=between.join(pending))} {detail}"
    return Check("overlays", ok=False, detail=detail, remedy=words("check.remedy.pending"))


def _overlaid(terminal: Terminal, table: overlays.OverlaidTable, words: Words) -> str:
    with terminal.database.reading() as reading:
        begun = page(reading, before=(table.since or 0) + 1, limit=1)
    since = words.time(begun[0].at) if begun and begun[0].seq == table.since else "-"
    return words("check.found.overlay", table=table.name, digest=overlays.digest(table.in_force), since=since)


def _disk(terminal: Terminal, words: Words) -> Check:
    database = terminal.settings.database_file(terminal.home)
    for directory in {terminal.home, database.parent if database is not None else terminal.home}:
        try:
            try_write(directory)
        except PermissionError:
            raise HomeUnwritable(path=str(directory)) from None
    return Check("disk", ok=True, detail=words("check.found.disk", free=free_bytes(terminal) // _MEGABYTE))


PARTS: Final[Mapping[str, Callable[[Terminal, Words], Check]]] = MappingProxyType(
    {"home": _home, "log": _log, "own_clock": _own_clock, "overlays": _overlays, "disk": _disk}
)
"""What is looked at beyond a gate that lets work through, by the name of the gate."""


def _contents(terminal: Terminal, words: Words) -> Check:
    """Open the contents of everything that the next sending would take."""
    with terminal.database.reading() as reading:
        numbers = queue.ids(reading, _APPROVED)
        for start in range(0, len(numbers), _PORTION):
            broken = queue.sound_contents_of(reading, terminal.vault, numbers[start : start + _PORTION]).broken
            if broken:
                return refused("contents", words, ContentSealBroken())
    return Check("contents", ok=True, detail=words("check.found.contents", count=len(numbers)))


def _tables(terminal: Terminal, words: Words) -> Check:
    """Compare what is new since the last full comparison with the log; a timer makes a full one each night."""
    found = tables.compare_new(terminal)
    if found.ok:
        return Check("tables", ok=True, detail=words("check.found.tables", rows=found.rows))
    first = found.named[0]
    facts = {"differences": found.differences, "table": first.table, "row": visible(first.row)}
    detail, remedy = words("check.found.tables_differ", **facts), words("check.remedy.tables")
    return Check("tables", ok=False, detail=detail, remedy=remedy, code=_CODES[first.how])


_CODES: Final = {
    Difference.INVENTED: RowSealBroken.code,
    Difference.CHANGED: RowSealBroken.code,
    Difference.OUTDATED: RowOutdated.code,
    Difference.MISSING: RowMissing.code,
}
"""The errors for which a job is refused that would decide on such a row."""


def handins(terminal: Terminal, words: Words) -> Iterator[Check]:
    """Yield whether imports would take in what systems hand in, or why not from the first place where they would not.

    A terminal without such places has no such part.
    """
    if terminal.settings.handin:
        yield attempt("handin", words, partial(_handed_in, terminal, words))


def _handed_in(terminal: Terminal, words: Words) -> Check:
    places, waiting = terminal.settings.handin, 0
    for place in places:
        refuse_unfit(place)
        # Also where nothing lies yet: what the place names is missing for the first file that comes.
        if place.layout:
            layouts.chosen(terminal, place.layout)
        for file in islice(sorted(Path(place.directory).iterdir()), _PORTION):
            if file.is_file():
                layouts.of_file(terminal, file, None)
                waiting += 1
    return Check("handin", ok=True, detail=words("check.found.handin", places=len(places), files=waiting))


def line(terminal: Terminal, words: Words) -> Iterator[Check]:
    """Yield what the next exchange would meet at the line."""
    trial = exchange.try_line(terminal)
    for part, error in trial.parts.items():
        if isinstance(error, WitnessBroken):
            # An exchange drops such a statement and goes on.
            text = words.fault(error.code, error.facts)
            yield Check(part, ok=False, detail=text.cause, remedy=text.remedy)
        elif error is not None:
            yield refused(part, words, error)
        elif part == "clock":
            yield _clock(trial.offset or 0.0, words)
        else:
            yield Check(part, ok=True, detail=words(f"check.found.{part}", name=trial.peer_name))


def _clock(offset: float, words: Words) -> Check:
    """Compare the peer's clock with ours: receipts and envelopes are dated."""
    near = abs(offset) <= WARNED_SECONDS
    remedy = None if near else words("check.remedy.clock")
    return Check("clock", ok=near, detail=words("check.found.clock", seconds=f"{offset:+.1f}"), remedy=remedy)


def recovery(terminal: Terminal, words: Words) -> Iterator[Check]:
    """After the database was set back: yield whether everybody has asked the peer what was sent, and what is lost."""
    with terminal.database.reading() as reading:
        due, others, lost = is_due(reading, terminal.name), awaited(reading, terminal), queue.count_lost(reading)
    # First what a sending is refused for: what is due here, the next exchange does by itself.
    if others:
        yield refused("recovery", words, RecoveryAwaited(terminals=", ".join(others)))
    elif due:
        detail, remedy = words("check.found.recovery_due"), words("check.remedy.recovery_due")
        yield Check("recovery", ok=False, detail=detail, remedy=remedy)
    elif lost:
        yield Check("recovery", ok=True, detail=words("check.found.recovery", count=lost))
