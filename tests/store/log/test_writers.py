"""Several processes write one log at once and are killed: one unbroken chain, nothing lost that was durable."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.database import Database
from store.log import Log, Occasion, SigningKeys
from store.log.entries import ENTRIES

pytestmark = pytest.mark.long

WRITERS = 8
TURNS = 6
WRITER = Path(__file__).with_name("log_writer.py")
ROOT = Path(__file__).parents[3]


@pytest.fixture
def writers(database: Database, url: str, home: Path) -> Iterator[dict[str, "subprocess.Popen[str]"]]:
    assert database is not None
    SigningKeys.create(home / "keys")
    started = {}
    for number in range(WRITERS):
        command = [sys.executable, str(WRITER), url, str(home / "keys"), f"op-{number:03}"]
        started[f"op-{number:03}"] = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
    yield started
    for writer in started.values():
        writer.kill()
        writer.communicate()


def _turns(writer: "subprocess.Popen[str]", least: int) -> list[range]:
    """Read what a writer says until it has made `least` turns, kill it, and read the rest."""
    assert writer.stdout is not None
    lines = [writer.stdout.readline() for _ in range(least)]
    writer.send_signal(signal.SIGKILL)
    lines += writer.stdout.readlines()
    whole = [line.split() for line in lines if line.endswith("\n")]
    return [range(int(first), int(last) + 1) for first, last in whole]


def test_eight_writers_are_killed_and_the_chain_holds(
    database: Database, home: Path, writers: dict[str, "subprocess.Popen[str]"]
) -> None:
    turns_of = {name: _turns(writer, TURNS) for name, writer in writers.items()}
    log = Log("t-131041-01", SigningKeys(home / "keys"))
    with database.writing() as tx:
        made = log.checkpoint(tx, Occasion.ACTIVITY)
    if made is not None:
        log.erase_used(made)
    with database.reading() as reading:
        result = log.check_tables(reading, log.verify(reading))
        actors = dict(reading.execute(ENTRIES.select().with_only_columns(ENTRIES.c.seq, ENTRIES.c.actor)).all())
    with database.writing() as tx:
        result = log.complete(tx, result)
    assert result.ok, result
    assert result.entries == len(actors) == max(actors)
    assert all(len(turns) >= TURNS for turns in turns_of.values())
    assert all(actors[seq] == name for name, turns in turns_of.items() for numbers in turns for seq in numbers)
