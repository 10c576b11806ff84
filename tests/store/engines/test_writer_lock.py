"""Writers of one machine go one at a time and in turn."""

import multiprocessing
import os
import threading
from multiprocessing.synchronize import Event
from pathlib import Path
from time import monotonic

import pytest

from store.database import Database
from store.engines import writer_lock
from store.engines.writer_lock import FairLock
from store.errors import DatabaseBusy, DatabaseFailed, DatabaseHeld, DatabaseTurnFault
from store.log import Event as LogEvent
from store.log import Log
from tests.clusters import SQLITE_FIRST

PROCESSES = multiprocessing.get_context("spawn")


def write_many(url: str, count: int) -> None:
    database, log = Database.open(url), Log("t-131041-01")
    for _ in range(count):
        with database.writing() as tx:
            log.append(tx, LogEvent.TERMINAL_STARTED, actor=None, session=None)
    database.close()


def hold(database: Path, held: Event, let_go: Event) -> None:
    with FairLock(database).entered():
        held.set()
        let_go.wait(60)


@SQLITE_FIRST
def test_processes_make_one_unbroken_chain(database: Database, log: Log, url: str) -> None:
    writers = [PROCESSES.Process(target=write_many, args=(url, 40)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    with database.reading() as reading:
        verification = log.verify(reading)
    assert (verification.ok, verification.entries) == (True, 120)


def test_writer_of_another_process_is_waited_for_until_the_deadline(home: Path) -> None:
    held, let_go = PROCESSES.Event(), PROCESSES.Event()
    holder = PROCESSES.Process(target=hold, args=(home / "store.sqlite", held, let_go))
    holder.start()
    assert held.wait(30)
    before = monotonic()
    with pytest.raises(DatabaseHeld) as busy, FairLock(home / "store.sqlite", patience=0.2).entered():
        pass
    assert busy.value.facts == {"seconds": "0", "process": str(holder.pid)}
    assert 0.2 <= monotonic() - before < 10
    let_go.set()
    holder.join(30)
    with FairLock(home / "store.sqlite", patience=10).entered():
        pass


def test_lock_of_a_killed_process_is_free(home: Path) -> None:
    held, never = PROCESSES.Event(), PROCESSES.Event()
    holder = PROCESSES.Process(target=hold, args=(home / "store.sqlite", held, never))
    holder.start()
    assert held.wait(30)
    holder.kill()
    holder.join(30)
    with FairLock(home / "store.sqlite", patience=10).entered():
        pass


def test_who_gave_up_waiting_leaves_the_lock_free(home: Path) -> None:
    path = home / "store.sqlite"
    with FairLock(path).entered(), pytest.raises(DatabaseTurnFault), FairLock(path, patience=0.05).entered():
        pass
    with FairLock(path, patience=10).entered():
        pass


def test_who_waits_longer_than_a_moment_learns_for_whom(home: Path) -> None:
    path, heard, waiting = home / "store.sqlite", list[str](), threading.Event()

    def hear(process: str) -> None:
        heard.append(process)
        waiting.set()

    def wait() -> None:
        lock = FairLock(path, patience=60, moment=0.0)
        lock.on_wait = hear
        with lock.entered():
            heard.append("in")

    with FairLock(path).entered():
        waiter = threading.Thread(target=wait)
        waiter.start()
        assert waiting.wait(30)
    waiter.join(30)
    assert heard == [str(os.getpid()), "in"]


def test_a_system_that_does_not_tell_who_holds_the_lock(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_lock, "_LOCKS", home / "nowhere")
    path = home / "store.sqlite"
    with FairLock(path).entered(), pytest.raises(DatabaseBusy) as busy, FairLock(path, patience=0.05).entered():
        pass
    assert busy.value.facts == {"seconds": "0"}


def test_who_waits_comes_before_who_comes_back(home: Path) -> None:
    """A greedy writer that comes back at once does not starve a patient one."""
    path, order, done = home / "store.sqlite", [], threading.Event()
    inside, waiting = threading.Event(), threading.Event()

    def greedy() -> None:
        while not done.is_set():
            with FairLock(path).entered():
                order.append("greedy")
                inside.set()
                waiting.wait(10)

    def patient() -> None:
        inside.wait(10)
        for _ in range(20):
            waiting.set()
            with FairLock(path).entered():
                order.append("patient")
        done.set()

    threads = [threading.Thread(target=work) for work in (greedy, patient)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert order.count("patient") == 20
    # Between two turns of the patient one the greedy one gets in only a few times.
    assert order.count("greedy") < 20 * 20


def begin_and_wait(url: str, begun: Event, never: Event) -> None:
    database, log = Database.open(url), Log("t-131041-01")
    with database.writing() as tx:
        log.append(tx, LogEvent.TERMINAL_STARTED, actor=None, session=None)
        begun.set()
        never.wait(60)


def test_work_of_a_killed_writer_is_gone_and_the_next_goes_on(database: Database, log: Log, url: str) -> None:
    write_many(url, 3)
    begun, never = PROCESSES.Event(), PROCESSES.Event()
    writer = PROCESSES.Process(target=begin_and_wait, args=(url, begun, never))
    writer.start()
    assert begun.wait(30)
    writer.kill()
    writer.join(30)
    write_many(url, 2)
    with database.reading() as reading:
        verification = log.verify(reading)
    assert (verification.ok, verification.entries) == (True, 5)


def test_lock_file_that_cannot_be_made(home: Path) -> None:
    (home / "store.sqlite-lock").mkdir()
    with pytest.raises(DatabaseFailed), FairLock(home / "store.sqlite").entered():
        pass
