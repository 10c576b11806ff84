"""What seals and proofs of rows cost: of an import, of a sending, and of a verification of the log with its tables.

Each import and sending is a process of its own, by turns with seals and proofs and without. Compared is processor time,
on which the rest of the machine weighs little: of an import that of the terminal with its reader process, of a sending
that of both sides, which share the machine here, and that of the terminal alone beside it. RENKEI_SEALED_MESSAGES sets
how many messages are verified (1,000,000 by default), each with the five entries of its life.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from tests.benchmarks.report import Report

if TYPE_CHECKING:
    from store.queue import MessageRow

MESSAGES: Final = int(os.environ.get("RENKEI_SEALED_MESSAGES", "1000000"))
_WORKED_ON: Final = 10_000
_AT_ONCE: Final = 20_000
_MOST_SHARE: Final = 0.05
_MOST_TIMES: Final = 2.0
_MOST_MEGABYTES: Final = 200
_START: Final = datetime(2026, 1, 1, tzinfo=UTC)
_MODES: Final = ("with", "without")


def measure(runs: int) -> Report:
    """Import and send `runs` times in each of the two ways, and verify a large database once."""
    seen: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="renkei-seals-") as name:
        directory = Path(name)
        for run in range(runs):
            # What goes first changes from run to run: whatever else the machine does weighs on both.
            for mode in _MODES if run % 2 else reversed(_MODES):
                for what, seconds in _child("work", directory / f"{run}-{mode}", mode).items():
                    seen.setdefault(f"{what}, {mode}", []).append(1e6 * seconds / _WORKED_ON)
        place = directory / "large"
        _child("fill", place)
        verified = _child("verify", place)
    shares = {what: _share(seen, what) for what in ("import", "send", "send, both sides")}
    times = verified["with_tables_seconds"] / verified["log_seconds"]
    verdict = (
        f"seals and proofs are {shares['import']:.1%} of an import and {shares['send, both sides']:.1%} of a sending "
        f"(at most {_MOST_SHARE:.0%} is wanted), {shares['send']:.1%} of the terminal's part in it\n"
        f"log verify --tables over {MESSAGES:,} messages and {verified['entries']:,.0f} entries: "
        f"{verified['with_tables_seconds']:.1f} s, {times:.2f} times log verify alone (at most {_MOST_TIMES}), "
        f"{verified['megabytes']:.0f} MB (at most {_MOST_MEGABYTES})"
    )
    figures = {f"{what}_share": share for what, share in shares.items()} | verified | {"times": times}
    return Report("µs/message", seen, verdict, figures)


def _share(seen: dict[str, list[float]], what: str) -> float:
    return median(seen[f"{what}, with"]) / median(seen[f"{what}, without"]) - 1


def _child(what: str, *arguments: object) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.seals", what, *map(str, arguments)]
    answer: dict[str, float] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return answer


# ── In a process of its own ───────────────────────────────────────────────────────────────────────


def _work(home: Path, mode: str) -> dict[str, float]:
    """Import, approve and send messages; return the processor time of import and sending, in seconds.

    What the agency and the crypto worker took is counted as a whole: they do nothing but this sending.
    """
    from console.jobs import exchange
    from console.jobs.messages import intake, review
    from console.jobs.people import logon
    from console.jobs.rehearsal import world as rehearsal
    from console.terminal import Terminal
    from store import queue
    from tests.benchmarks.line import write

    world = rehearsal.prepare(home, outgoing=0, notices=0)
    file = world.home / "messages.jsonl"
    write(file, _WORKED_ON)
    with _sealing(mode), Terminal.open(world.home) as terminal, rehearsal.start_agency(world):
        pins = {item.id: item.pin for item in terminal.settings.rehearsal}
        operator = logon.log_on(terminal, "op-101", pins["op-101"], origin="command")
        imported = _timed(lambda: intake.take_in(terminal, operator, [file]))
        # Only the reader process has come and gone by now.
        reading_process = _ended_processes()
        approver = logon.log_on(terminal, "ap-201", pins["ap-201"], origin="command")
        with terminal.database.reading() as reading:
            numbers = queue.ids(reading, queue.QueueFilter())
        review.approve(terminal, approver, numbers, confirm_warnings=True)
        done: list[Any] = []
        sent = _timed(lambda: done.append(exchange.send(terminal, operator)))
        # A departure whose day lies ahead stays here.
        assert done[0].delivered == done[0].sent > 0.9 * _WORKED_ON, (done[0].delivered, done[0].sent)
    others = _ended_processes() - reading_process
    return {"import": imported + reading_process, "send": sent, "send, both sides": sent + others}


def _ended_processes() -> float:
    """Return the processor time of the processes that were started here and have ended, in seconds."""
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def _sealing(mode: str) -> Iterator[None]:
    """Let nothing be sealed or proved meanwhile, in the mode `without`."""
    import pytest

    from store import queue
    from store.queue import transitions
    from store.sealing.row_seals import RowSeals

    with pytest.MonkeyPatch.context() as patch:
        if mode == "without":
            patch.setattr(RowSeals, "seal", lambda *_: b"")
            patch.setattr(RowSeals, "check", lambda *_: None)
            patch.setattr("store.queue.sealed_rows.sealed", lambda _seals, row: row)
            patch.setattr(queue, "fit_to_leave", lambda _conn, _vault, rows, **_: queue.Sound(rows))
            patch.setattr(transitions, "sound", lambda _conn, _vault, rows: queue.Sound(rows))
        yield


def _timed(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _fill(place: Path) -> dict[str, float]:
    """Make a database of delivered and accepted messages, each with the entries of its life and a seal."""
    from sqlalchemy import insert

    from store.database import Database
    from store.log import EntryDraft, Event, Log, Occasion, SigningKeys
    from store.log.entries import ENTRIES
    from store.queue import sealed_rows
    from store.queue.state_counts import TALLIES
    from store.queue.tables import ALL_MESSAGES
    from store.sealing.sources.file import KeyFile
    from store.sealing.vault import Vault

    place.mkdir(mode=0o700)
    database = Database.create(f"sqlite:///{place}/store.sqlite")
    vault = Vault.create(KeyFile(place / "vault"), terminal_id="t-131041-01")
    log = Log("t-131041-01", SigningKeys.create(place / "keys"))
    life = (Event.MESSAGE_IMPORTED, Event.MESSAGE_APPROVED, Event.MESSAGE_SENDING, Event.MESSAGE_DELIVERED)
    with database.writing() as tx:
        # Made anew from sorted rows at the end they are the same, and take a fraction of the time.
        for index in (*ENTRIES.indexes, *ALL_MESSAGES.indexes):
            index.drop(tx)
        tx.execute(insert(TALLIES), {"direction": "out", "state": "accepted", "number": MESSAGES})
    rows = iter(_rows())
    while some := [sealed_rows.sealed(vault.rows, row) for row in islice(rows, _AT_ONCE)]:
        with database.writing() as tx:
            sealed_rows.insert(tx, some)
            # As on a day of work: one portion goes through each step before the next begins.
            for version, event in enumerate((*life, Event.MESSAGE_ACCEPTED), start=1):
                detail: dict[str, str | int] = {"revision": 1, "version": version}
                log.append_many(
                    tx,
                    [EntryDraft(event, "op-101", "0f" * 16, row.uid, detail=detail) for row in some],
                    now=_START + timedelta(minutes=some[0].id // _AT_ONCE),
                )
            signed = log.checkpoint(tx, Occasion.ACTIVITY)
        if signed is not None:
            log.erase_used(signed)
    with database.writing() as tx:
        for index in (*ENTRIES.indexes, *ALL_MESSAGES.indexes):
            index.create(tx)
    database.close()
    return {}


def _rows() -> Iterator["MessageRow"]:
    from store.message.states import Direction, OutState
    from store.queue import MessageRow

    first = MessageRow(
        id=0,
        uid="",
        direction=Direction.OUT,
        kind="resident_record",
        reference="",
        state=OutState.ACCEPTED,
        effective_at=_START,
        taken_at=_START,
        due_on=None,
        pointer=None,
        target=None,
        hold=None,
        subject=None,
        author="op-101",
        authors="op-101",
        approver=None,
        revision=1,
        digest=bytes(32),
        approved_revision=None,
        approved_digest=None,
        warnings=0,
        state_since=_START,
        version=5,
        changed_by=None,
    )
    for number in range(1, MESSAGES + 1):
        uid = f"019{number:013x}8{number:015x}"
        yield first._replace(id=number, uid=uid, reference=f"R-{number:08}", subject=uid)


def _verify(place: Path) -> dict[str, float]:
    """Verify the log alone, and with the tables; return the seconds of each and the greatest memory, in MB."""
    from store.comparison import compare
    from store.database import Database
    from store.log import Log, SigningKeys
    from store.people import Pepper
    from store.sealing.sources.file import KeyFile
    from store.sealing.vault import Vault

    database = Database.open(f"sqlite:///{place}/store.sqlite")
    vault = Vault.open(KeyFile(place / "vault"), terminal_id="t-131041-01")
    log = Log("t-131041-01", SigningKeys(place / "keys"))
    with database.reading() as reading:
        began = time.perf_counter()
        verification = log.verify(reading)
        verified = time.perf_counter()
        found = compare(reading, vault, Pepper(bytes(32), "t-131041-01"))
        compared = time.perf_counter()
    assert verification.ok
    assert (found.ok, found.rows) == (True, MESSAGES), replace(found, named=found.named[:3])
    return {
        "entries": float(verification.entries),
        "log_seconds": verified - began,
        "with_tables_seconds": compared - began,
        "megabytes": getrusage(RUSAGE_SELF).ru_maxrss / 1024,
    }


_PARTS: Final[dict[str, Callable[..., dict[str, float]]]] = {
    "work": lambda home, mode: _work(Path(home), mode),
    "fill": lambda place: _fill(Path(place)),
    "verify": lambda place: _verify(Path(place)),
}

if __name__ == "__main__":
    print(json.dumps(_PARTS[sys.argv[1]](*sys.argv[2:])))  # noqa: T201  # The figures are what the process is for.
