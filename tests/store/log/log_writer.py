"""A process that appends to a log until it is killed, and says each number once it is durable: URL, keys, name."""

import sys
from pathlib import Path

from store.database import Database
from store.log import EntryDraft, Event, Log, Occasion, SigningKeys

_SIGN_EVERY = 5


def main(url: str, keys: str, name: str) -> None:
    database, log = Database.open(url), Log("t-131041-01", SigningKeys(Path(keys)))
    for turn in range(10_000):
        with database.writing() as tx:
            done = log.append_many(
                tx, [EntryDraft(Event.MESSAGE_READ, name, detail={"position": turn})] * (turn % 3 + 1)
            )
            made = log.checkpoint(tx, Occasion.ACTIVITY) if turn % _SIGN_EVERY == 0 else None
        if made is not None:
            log.erase_used(made)
        sys.stdout.write(f"{done[0]} {done[-1]}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
