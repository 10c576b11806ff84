"""How large the database is after messages were sent and answered: bytes for each message, by table and its indexes.

Twice: with records as they are invented, and with records of about 1,500 bytes. What is counted are the pages of
SQLite's file (`dbstat`), free ones as well, so that the sum is the size of the file. RENKEI_SIZED_MESSAGES sets how
many messages are sent (10,000 by default).
"""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from tests.benchmarks.report import Report

MESSAGES: Final = int(os.environ.get("RENKEI_SIZED_MESSAGES", "10000"))
_MOST_PER_MESSAGE: Final = 6_000
_SHOWN: Final = 20
_FREE: Final = "free pages"


def measure(runs: int) -> Report:
    """Send and receive once with each sort of records; the sizes do not differ between `runs`."""
    del runs
    seen: dict[str, list[float]] = {}
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="renkei-size-", dir=os.environ.get("TMPDIR")) as name:
        for sort in ("as invented", "of 1,500 bytes"):
            command = [sys.executable, "-m", "tests.benchmarks.size", str(Path(name) / sort), sort]
            sizes: dict[str, int] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
            figures[sort] = sum(sizes.values()) / MESSAGES
            large = {table: size for table, size in sizes.items() if size >= _SHOWN * MESSAGES or table == _FREE}
            others = {"all others": sum(sizes.values()) - sum(large.values())}
            seen |= {f"{sort}, {table}": [size / MESSAGES] for table, size in (large | others).items()}
    verdict = "\n".join(
        f"{sort}: {each / 1000:.2f} kB a message, {each * MESSAGES / 1e6:.1f} MB for {MESSAGES:,} "
        f"(at most {_MOST_PER_MESSAGE / 1000:.0f} kB is wanted)"
        for sort, each in figures.items()
    )
    return Report("bytes/message", seen, verdict, figures)


def sizes(file: Path) -> Mapping[str, int]:
    """Return the bytes of each table with its indexes, the largest first, and of the free pages."""
    with closing(sqlite3.connect(file)) as database:
        query = (
            "SELECT s.tbl_name, sum(d.pgsize) FROM dbstat AS d JOIN sqlite_schema AS s ON s.name = d.name "
            "GROUP BY 1 ORDER BY 2 DESC"
        )
        found = dict(database.execute(query).fetchall())
        (free,), (page,) = (database.execute(f"PRAGMA {name}").fetchone() for name in ("freelist_count", "page_size"))
    return {**found, _FREE: free * page}


# ── In a process of its own ───────────────────────────────────────────────────────────────────────


def _exchange(home: Path, sort: str) -> Mapping[str, int]:
    """Import, approve, send and receive; return the sizes then."""
    from console.jobs import exchange
    from console.jobs.messages import intake, review
    from console.jobs.people import logon
    from console.jobs.rehearsal import world as rehearsal
    from console.terminal import Terminal
    from store import queue
    from tests.benchmarks.line import write

    world = rehearsal.prepare(home, outgoing=0, notices=0)
    file = world.home / "messages.jsonl"
    write(file, MESSAGES, enlarged=sort == "of 1,500 bytes")
    with Terminal.open(world.home) as terminal, rehearsal.start_agency(world):
        pins = {item.id: item.pin for item in terminal.settings.rehearsal}
        operator = logon.log_on(terminal, "op-101", pins["op-101"], origin="command")
        intake.take_in(terminal, operator, [file])
        approver = logon.log_on(terminal, "ap-201", pins["ap-201"], origin="command")
        with terminal.database.reading() as reading:
            numbers = queue.ids(reading, queue.QueueFilter())
        review.approve(terminal, approver, numbers, confirm_warnings=True)
        sent = exchange.send(terminal, operator)
        received = exchange.receive(terminal, operator)
        # A departure whose day lies ahead stays here.
        if not 0.99 * MESSAGES < sent.delivered == received.results:
            raise RuntimeError(f"{sent.delivered} of {MESSAGES} were delivered, {received.results} answered")
        # All that is in the write-ahead log goes into the file.
        terminal.database.scrub()
    return sizes(next((world.home / "database").glob("*.sqlite3")))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_exchange(Path(sys.argv[1]), sys.argv[2])))
