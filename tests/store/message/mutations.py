"""Random damage to good records and files, and the answer of the rules and readers.

`python -m tests.store.message.mutations COUNT [SEED]` does a long run. It prints the number of mutations, how many were
refused, and the time of the slowest. Any error that is not declared ends the run.
"""

import copy
import io
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from store.errors import FileFault
from store.message.canonical import encode
from store.message.files.reading import read_records
from store.message.files.writing import write_records
from tests.store.message.lawful import draw, events
from tests.store.message.specimens import GOOD, REMOVED, Record, changed, good, judge

SLOWEST_SECONDS = 0.1

_VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    10**40,
    1.5,
    float("inf"),
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202e",
    "\ue000",
    "\U0010ffff",
    "0000-00-00",
    "9999-99-99",
    "9999-12-31T23:59:59-14:00",
    "A" * 5_000,
    "邊" * 5_000,
    [],
    [[]],
    ["name"] * 50,
    {},
    {"kind": {}},
    {"name": []},
    REMOVED,
]
_BYTES = [
    b"\x00",
    b"\xff",
    b'"',
    b",",
    b"\n",
    b"\r",
    b"\\",
    b"{",
    b"[" * 2_000,
    b"\xed\xa0\x80",
    b"9" * 5_000,
    b"\xef\xbb\xbf",
]


def _paths(record: Record, prefix: str = "") -> list[str]:
    paths = []
    for name, value in record.items():
        paths.append(prefix + name)
        if isinstance(value, dict):
            paths += _paths(value, f"{prefix}{name}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            paths += [path for place, item in enumerate(value) for path in _paths(item, f"{prefix}{name}.{place}.")]
    return paths


@cache
def originals(rounds: int = 1) -> Sequence[Record]:
    """Return the records that are damaged: each form that the rules know, and the messages of each event.

    Those are drawn `rounds` times, with what the law leaves open beside them.
    """
    dice = random.Random(rounds)
    drawn = [record for _ in range(rounds) for event in events() for record in draw(event, dice)]
    return [*GOOD.values(), *drawn]


def mutate_record(dice: random.Random, records: Sequence[Record]) -> Record:
    """Return one of the records with one to three items replaced by other values."""
    record = copy.deepcopy(dice.choice(records))
    for _ in range(dice.randint(1, 3)):
        path = dice.choice(_paths(record) or ["kind"])
        value = dice.choice(_VALUES)
        if dice.random() < 1 / 3:
            donor = good(dice.choice(list(GOOD)))
            value = donor[dice.choice(list(donor))]
        record = changed(record, {path: value})
        if dice.random() < 1 / 10:
            record[dice.choice(["", "alias_x", "氏名", "\x1b", "kind "])] = value if value is not REMOVED else 1
    return record


def mutate_bytes(data: bytes, dice: random.Random) -> bytes:
    """Return the bytes with some of them removed, doubled, flipped or inserted."""
    for _ in range(dice.randint(1, 4)):
        start = dice.randrange(len(data) + 1)
        end = min(len(data), start + dice.randint(0, 20))
        middle = dice.choice(
            [
                b"",
                data[start:end] * 2,
                dice.choice(_BYTES),
                bytes(byte ^ 1 << dice.randrange(8) for byte in data[start:end]),
            ]
        )
        data = data[:start] + middle + data[end:]
    return data


def sample_file(name: str) -> bytes:
    """Return a small good file."""
    stream = io.BytesIO()
    write_records(stream, name, [good(specimen) for specimen in ("arrival", "move_within", "notice")])
    return stream.getvalue()


def take_record(record: object) -> bool:
    """Check a record, and write it if it is good; tell whether it was good."""
    checked = judge(record)
    if checked.message is None:
        return False
    assert judge(json.loads(encode(checked.message.to_record()))).message == checked.message
    return True


def take_file(data: bytes, name: str) -> bool:
    """Read a file and check its records; tell whether all were good."""
    try:
        items = list(read_records(io.BytesIO(data), name))
    except FileFault:
        return False
    taken = [item.record is not None and take_record(item.record) for item in items]
    return all(taken)


def _mutation(dice: random.Random, records: Sequence[Record], files: dict[str, bytes]) -> Callable[[], bool]:
    if dice.random() < 1 / 2:
        record = mutate_record(dice, records)
        return lambda: take_record(record)
    name = dice.choice(list(files))
    data = mutate_bytes(files[name], dice)
    return lambda: take_file(data, name)


def run(count: int, seed: int) -> tuple[int, float]:
    """Do `count` mutations; return the number of refused ones and the time of the slowest in seconds."""
    dice = random.Random(seed)
    files = {name: sample_file(name) for name in ("a.jsonl", "a.csv")}
    # A long run has many messages of each event.
    records = originals(1 + count // 10_000)
    refused, slowest = 0, 0.0
    for _ in range(count):
        take = _mutation(dice, records, files)
        started = time.process_time()
        refused += not take()
        slowest = max(slowest, time.process_time() - started)
    return refused, slowest


if __name__ == "__main__":
    total = int(sys.argv[1])
    refused_count, slowest_seconds = run(total, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    sys.stdout.write(f"{total} mutations, {refused_count} refused, slowest {slowest_seconds * 1000:.1f} ms\n")
