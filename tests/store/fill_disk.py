"""Fills the file system at argv[1] with log entries; prints what became of it. Run by test_database."""

import sys
from pathlib import Path

from store.database import Database
from store.errors import DiskFull
from store.log import Event, Log, newest


def main(home: Path) -> int:
    database, log = Database.create(f"sqlite:///{home / 'store.sqlite'}"), Log("t-1")
    kept = 0
    try:
        while True:
            with database.writing() as tx:
                for _ in range(50):
                    last = log.append(tx, Event.TERMINAL_STARTED, actor=None, session=None)
            kept = last
    except DiskFull as error:
        words, status = [error.code], error.exit_status
    with database.reading() as reading:
        words.append("kept" if newest(reading) == kept > 0 else f"lost {newest(reading)} {kept}")
        words.append("verified" if log.verify(reading).ok else "broken")
    sys.stdout.write(" ".join(words))
    return status


sys.exit(main(Path(sys.argv[1])))
