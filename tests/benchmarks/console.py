"""The console under a person's keys, in a real pseudo-terminal of 120×40: time and bytes from a key to the last byte.

Measured is the queue with 42,157 messages and with a million (RENKEI_CONSOLE_MESSAGES sets how many). Beside it, in the
same run: a bare Textual `DataTable` with 42,157 rows, and the start of programs that many use, each from the package
registry in an environment of its own. What cannot be installed is named and left out.
"""

import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from tests.benchmarks.painting import Burst, Painted
from tests.benchmarks.report import Report

if TYPE_CHECKING:
    from console.jobs.rehearsal.world import World
    from store.queue import MessageDraft

MESSAGES: Final = 42_157
MANY: Final = int(os.environ.get("RENKEI_CONSOLE_MESSAGES", "1000000"))
_COLUMNS, _ROWS = 120, 40
_AT_ONCE: Final = 5000
_CONTENTS: Final = 2000
_PERSON: Final = "ka-301"
# The label of the PIN field, on the login screens of both; the first words of home; a reference in a row of the list.
_LOGIN: Final = "暗証番号".encode()
_HOME: Final = "今日の仕事".encode()
_FIRST_ROWS: Final = b"B-0"
_DOWN, _PAGE_DOWN, _PAGE_UP, _END, _HOME_KEY, _ESCAPE = b"\x1b[B", b"\x1b[6~", b"\x1b[5~", b"\x1b[F", b"\x1b[H", b"\x1b"
_LISTS: Final = b"0"
"""The digit of the list of all that is to be done."""
_REPEATS: Final = 25
_IDLE_SECONDS: Final = 10
_MOST_FIRST_ROWS_MS: Final = 150
_MOST_KEY_MS: Final = 50
_MOST_MORE_MEGABYTES: Final = 20
_MOST_STEP_BYTES, _MOST_PAGE_BYTES, _MOST_IDLE_BYTES = 1000, 16_000, 100
# Each with what starts it. They are full-screen programs for developers, built on Textual as well.
_RIVALS: Final[Mapping[str, Sequence[str]]] = {
    "posting": ("posting", "--collection", "."),
    "harlequin": ("harlequin", "--no-download-tzdata"),
    "toolong": ("tl", "rows.log"),
}


def measure(runs: int) -> Report:
    """Measure the starts `runs` times by turns, and the keys on both queues once."""
    with tempfile.TemporaryDirectory(prefix="renkei-console-") as place:
        directory = Path(place)
        small, usual, large = (_world(directory / str(number), number) for number in (0, MESSAGES, MANY))
        commands, missing = _rivals(directory)
        commands = {"renkei": _command(small), "bare Textual app": _bare("bare.py"), **commands}
        seen: dict[str, list[float]] = {name: [] for name in commands}
        for run in range(runs + 1):
            for name, command in commands.items():
                with Painted(command, _COLUMNS, _ROWS) as program:
                    seconds = program.seconds_to_quiet()
                # The first start of each compiles modules and fills the disk cache.
                if run:
                    seen[name].append(seconds * 1000)
        figures = _bare_table() | _queue("usual", usual) | _queue("large", large)
        figures["more_megabytes"] = figures["large megabytes"] - figures["usual megabytes"]
    return Report("ms to the start", seen, _verdict(seen, figures, missing), figures)


def _verdict(seen: Mapping[str, Sequence[float]], figures: Mapping[str, float], missing: Sequence[str]) -> str:
    ratio = median(seen["renkei"]) / median(seen["bare Textual app"])
    lines = [f"start: {ratio:.2f} × the bare app (at most 1.0 is wanted)", *missing]
    for which, number in (("usual", MESSAGES), ("large", MANY)):
        of = {what.removeprefix(f"{which} "): figure for what, figure in figures.items()}
        first = f"first rows {of['first rows, ms']:.0f} ms after the key (at most {_MOST_FIRST_ROWS_MS})"
        idle = f"idle {of['idle, bytes/s']:.0f} bytes/s (at most {_MOST_IDLE_BYTES})"
        lines += [f"{number:,} messages: {first}; {idle}", *(f"  {what}: {_of_key(of, what)}" for what in _KEYS)]
    bare = {what.removeprefix("bare table "): figure for what, figure in figures.items()}
    lines.append(f"bare DataTable: rows {bare['first rows, ms']:.0f} ms after its start; line: {_of_key(bare, 'line')}")
    more = figures["more_megabytes"]
    lines.append(
        f"a key to paint: at most {_MOST_KEY_MS} ms; a line {_MOST_STEP_BYTES} bytes, a page {_MOST_PAGE_BYTES}"
    )
    lines.append(f"{MANY:,} messages add {more:.0f} MB of memory (at most {_MOST_MORE_MEGABYTES})")
    return "\n".join(lines)


def _of_key(figures: Mapping[str, float], what: str) -> str:
    usual, slowest, size = (figures[f"{what}, {unit}"] for unit in ("ms", "slowest ms", "bytes"))
    return f"{usual:.0f} ms, slowest of {_REPEATS} {slowest:.0f} ms, {size:.0f} bytes"


# ── What is measured ──────────────────────────────────────────────────────────────────────────────

# What is pressed, and what takes it back, whose answer is measured as well where it is of the same kind.
_KEYS: Final[Mapping[str, tuple[bytes, bytes]]] = {
    "line": (_DOWN, b""),
    "page": (_PAGE_DOWN, _PAGE_UP),
    "end": (_END, _HOME_KEY),
    "filter": (b"f", _ESCAPE),
    "sort": (b"s", b""),
    "digit": (b"2", _LISTS),
}


def _queue(which: str, world: "World") -> dict[str, float]:
    """Log on, open the list, and press each key; return the figures by what they are of."""
    figures: dict[str, float] = {}
    pin = next(person.pin_file for person in world.operators if person.id == _PERSON).read_bytes().strip()
    with Painted(_command(world), _COLUMNS, _ROWS) as program:
        program.seconds_to(_LOGIN)
        program.press(_PERSON.encode() + b"\r")
        program.press(pin + b"\r", _HOME)
        figures["first rows, ms"] = 1000 * program.press(_LISTS, _FIRST_ROWS).seconds
        for what, (key, back) in _KEYS.items():
            bursts: list[Burst] = []
            for _ in range(_REPEATS):
                bursts.append(program.press(key))
                if back:
                    program.press(back)
            figures |= _of_bursts(what, bursts)
        figures["idle, bytes/s"] = program.bytes_in(_IDLE_SECONDS) / _IDLE_SECONDS
        figures["megabytes"] = program.megabytes()
    return {f"{which} {what}": figure for what, figure in figures.items()}


def _of_bursts(what: str, bursts: Sequence[Burst]) -> dict[str, float]:
    times = [1000 * burst.seconds for burst in bursts]
    return {
        f"{what}, ms": median(times),
        f"{what}, slowest ms": max(times),
        f"{what}, bytes": max(burst.size for burst in bursts),
    }


def _bare_table() -> dict[str, float]:
    with Painted([*_bare("bare_table.py"), str(MESSAGES)], _COLUMNS, _ROWS) as program:
        figures = {"first rows, ms": 1000 * program.seconds_to(_FIRST_ROWS)}
        program.press(_DOWN)
        figures |= _of_bursts("line", [program.press(_DOWN) for _ in range(_REPEATS)])
    return {f"bare table {what}": figure for what, figure in figures.items()}


def _bare(program: str) -> list[str]:
    return [sys.executable, str(Path(__file__).with_name(program))]


def _command(world: "World") -> list[str]:
    return [str(Path(sys.executable).with_name("renkei")), "--home", str(world.home), "--language", "ja"]


def _rivals(directory: Path) -> tuple[dict[str, list[str]], list[str]]:
    """Install the other programs; return what starts those that could be, and a line for each of the others."""
    commands, missing = {}, []
    (directory / "rows.log").write_text("".join(f"B-{row:07d} NGUYEN VAN {row}\n" for row in range(MESSAGES)))
    for name, (program, *arguments) in _RIVALS.items():
        place = directory / name
        venv.create(place, with_pip=True)
        install = [str(place / "bin" / "pip"), "install", "--quiet", name]
        try:
            subprocess.run(install, check=True, capture_output=True)
        except subprocess.CalledProcessError:
            missing.append(f"{name}: not measured, it cannot be installed here")
            continue
        inside = [str(directory / value) if value == "rows.log" else value for value in arguments]
        commands[name] = ["env", "-C", str(directory), str(place / "bin" / program), *inside]
    return commands, missing


# ── The worlds ────────────────────────────────────────────────────────────────────────────────────


def _world(home: Path, messages: int) -> "World":
    """Make a rehearsal world with so many messages in review, sealed as any other and straight in the store."""
    from console.jobs.rehearsal import world as rehearsal
    from console.terminal import Terminal
    from store import queue

    world = rehearsal.prepare(home, notices=0)
    drafts = _drafts(messages)
    with Terminal.open(world.home) as terminal:
        while some := list(islice(drafts, _AT_ONCE)):
            with terminal.database.writing() as tx:
                queue.add_messages(tx, terminal.vault, some, now=datetime.now(UTC))
    return world


def _drafts(messages: int) -> Iterator["MessageDraft"]:
    """Yield messages that share a few contents: the list shows names of theirs, and nothing of this is ever sent."""
    from console.jobs.rehearsal.sample_records import Inventor
    from store.message.canonical import encode
    from store.message.states import Direction
    from store.queue import MessageDraft

    began = datetime.now(UTC) - timedelta(days=30)
    inventor = Inventor(seed=MESSAGES, now=datetime.now(UTC), municipality="131041")
    contents = [encode(record) for record in inventor.outgoing(min(messages, _CONTENTS))]
    for number in range(messages):
        yield MessageDraft(
            direction=Direction.OUT,
            kind="resident_record",
            reference=f"B-{number:07d}",
            effective_at=began + timedelta(seconds=number),
            content=contents[number % len(contents)],
            author="op-101",
            subject=f"{number:032x}",
        )
