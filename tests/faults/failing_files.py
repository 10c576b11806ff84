"""Each write, sync, rename and new name of our own files fails once, in the real program: strace makes the call fail.

A command is run once under `strace`, which writes down the calls that touch the terminal's files. Then it is run again
for each of these calls, which that time ends with an error of the disk. It has to end with its one line and the exit
status of a disk that failed, or without an error where the call was not needed. What had been there is there
as before, what the command makes is there whole or not at all, and where it is not, the same command, run once more on
a sound disk, makes it.

`strace` does no part of a write. A file system that is too small does: `run_on_little_room`; and `failing` does, for
the database.
"""

import json
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any, Final

from console.jobs.log.export import check_medium
from console.terminal import Terminal
from store.log import Event
from store.people import persons
from store.sealing.sealedfile import read_pieces
from tests.console.jobs.site import CHIEF, CUSTODIAN, OPERATOR, PEOPLE, Site, entry, write_lines
from tests.faults.power import memory
from tests.faults.trials_account import disagreement, unfinished
from tests.running import NEW_TERMINAL, PROGRAM, environment

_CALLS: Final = (
    "write", "pwrite64", "fsync", "fdatasync", "ftruncate", "openat", "mkdir", "rename", "renameat", "renameat2",
    "link", "linkat", "unlink", "unlinkat", "rmdir", "chmod", "fchmod",
)  # fmt: skip
_CALL: Final = re.compile(r"^(\d+) +(\w+)\((.*)$")
_DISK: Final = 7
_SECONDS: Final = 60
#: Files of the database fail by hundreds in `failing`; here a call among so many does.
_STRIDE_OF_DATABASE: Final = 11


@dataclass(frozen=True, slots=True)
class Call:
    """The call of that name and number (from 1) in the program's first thread; what strace says of it."""

    name: str
    number: int
    line: str


@dataclass(frozen=True, slots=True)
class Ended:
    """How the program ended: status, what it printed, the code of its error, and whether the call was made to fail."""

    status: int
    code: str
    struck: bool


@dataclass(frozen=True, slots=True)
class World:
    """A terminal with a file to take in and one PIN file for each person, all under `place`."""

    place: Path

    @property
    def home(self) -> Path:
        """The terminal."""
        return self.place / "terminal"

    def arguments(self, command: Sequence[str], person: str | None) -> list[str]:
        """Return the arguments of a command, in which PLACE stands for the world's directory."""
        who = ["--as", person, "--pin-file", str(self.place / person)] if person else []
        home = [] if "--home" in command else ["--home", str(self.home)]
        return [*(item.replace("PLACE", str(self.place)) for item in command), *home, *who, "--json"]


@dataclass(frozen=True, slots=True)
class Job:
    """A command whose files are made to fail, and who runs it.

    `made` is what it makes outside the terminal, if anything; `whole` tells whether that is there, complete.
    """

    command: tuple[str, ...]
    person: str | None
    made: str | None = None
    whole: Callable[[World], bool] = bool


def _opens(world: World) -> bool:
    if not (world.place / "new").exists():
        return False
    with Terminal.open(world.place / "new") as terminal:
        return Site(world.place / "new", world.place, terminal).log_holds()


def _is_backup(world: World) -> bool:
    file = world.place / "copy"
    key = Terminal.open(world.home).vault.backup_key
    if not file.exists():
        return False
    with file.open("rb") as stream:
        return sum(map(len, read_pieces(stream, key))) > 0


def _is_exported(world: World) -> bool:
    return any((world.place / "medium").iterdir()) and check_medium(world.place / "medium").ok


def _is_registered(world: World) -> bool:
    file = world.place / "code"
    with Terminal.open(world.home) as terminal, terminal.database.reading() as reading:
        known = any(person.id == "op-102" for person in persons(reading, terminal.vault.rows))
    assert known == file.exists(), "a person with a PIN that nobody knows, or a PIN of nobody"
    return known


def _is_logged(world: World) -> bool:
    if not (world.home / "keys" / "line.2").exists():
        return False
    with Terminal.open(world.home) as terminal:
        site = Site(world.home, world.place, terminal)
        assert len(terminal.keys.generations()) == 2
        return len(site.entries(Event.KEYS_PREPARED)) == 1


JOBS: Final[dict[str, Job]] = {
    "init": Job(("init", "--home", "PLACE/new", *NEW_TERMINAL), None, "new", _opens),
    "backup": Job(("backup", "PLACE/copy"), CUSTODIAN, "copy", _is_backup),
    "restore": Job(
        ("restore", "PLACE/kept", "--key", "PLACE/terminal.key", "--home", "PLACE/new"), None, "new", _opens
    ),
    "export": Job(("log", "export", "PLACE/medium", "--label", "A-1", "--same-disk"), CHIEF, "medium", _is_exported),
    "rekey": Job(("rekey",), CUSTODIAN),
    "keys": Job(("keys", "renew"), CUSTODIAN, "terminal/keys/line.2", _is_logged),
    "add": Job(
        (
            *("operator", "add", "op-102", "--name", "鈴木 陽子", "--staff-number", "20418", "--role", "operator"),
            *("--second", CUSTODIAN, "--second-pin-file", f"PLACE/{CUSTODIAN}", "--code-file", "PLACE/code"),
        ),
        CHIEF,
        "code",
        _is_registered,
    ),
    "import": Job(("import", "PLACE/file.jsonl"), OPERATOR),
}


def make_world(made: Path, place: Path) -> World:
    """Copy the terminal at `made` to `place`, with what the jobs need beside it."""
    place.mkdir()
    shutil.copytree(made, place / "terminal")
    (place / "medium").mkdir()
    for person, (_, pin) in PEOPLE.items():
        (place / person).write_text(pin + "\n")
        (place / person).chmod(0o600)
    write_lines(place / "file.jsonl", [entry(1), entry(2)])
    shutil.copy(place / "terminal" / "keys" / "terminal.key", place / "terminal.key")
    world = World(place)
    assert run(world, JOBS["backup"]).status == 0
    (place / "copy").rename(place / "kept")
    return world


def can_trace() -> bool:
    """Tell whether strace is there and may make calls fail."""
    if shutil.which("strace") is None:
        return False
    tried = subprocess.run(
        ["strace", "-qq", "-o", "/dev/null", "-e", "inject=fsync:error=EIO", "true"], capture_output=True, check=False
    )
    return tried.returncode == 0


def calls_of(world: World, job: Job) -> list[Call]:
    """Run the job on a copy of the world; return its calls that change files there."""
    # Once before: Python keeps what it compiled, in calls that would count.
    with _copy(world) as copy:
        assert run(copy, job).status == 0
    with _copy(world) as copy:
        ended, lines = _traced(copy, job)
        assert ended.status == 0, ended
    seen: Counter[str] = Counter()
    found: list[Call] = []
    first: str | None = None
    for line in lines:
        read = _CALL.match(line)
        if read is None or (first := first or read[1]) != read[1]:
            continue
        name, text = read[2], read[3]
        seen[name] += 1
        if _changes(name, text, copy.place):
            found.append(Call(name, seen[name], text[:160]))
    return found


def chosen(calls: Sequence[Call]) -> list[Call]:
    """Return all calls on our own files, and a few of those on the database's."""
    database = [call for call in calls if "sqlite3" in call.line]
    return [call for call in calls if call not in database] + database[::_STRIDE_OF_DATABASE]


def fail(world: World, job: Job, call: Call, error: str) -> Ended:
    """Let that call of the job fail on a copy of the world; return how the program ended.

    Raises AssertionError for whatever was lost, half done, or said wrongly.
    """
    with _copy(world) as copy:
        before = _newest(copy)
        ended, _ = _traced(copy, job, f"inject={call.name}:error={error}:when={call.number}")
        assert ended.struck, (call, "another call was made to fail")
        assert ended.status in {0, _DISK}, (call, ended)
        _look(copy, before, job, ended, call)
        if ended.status and not (job.made is not None and job.whole(copy)):
            again = run(copy, job)
            assert again.status == 0, (call, again)
        return ended


def fail_each(world: World, job: Job, seed: int, stride: int) -> Counter[str]:
    """Let each `stride`-th of the job's calls fail, by turns with one error and the other; return what was said."""
    part = chosen(calls_of(world, job))[seed % stride :: stride]
    return Counter(
        fail(world, job, call, error).code for call, error in zip(part, cycle(("EIO", "ENOSPC")), strict=False)
    )


def run(world: World, job: Job) -> Ended:
    """Run a job on a sound disk."""
    return _ended(_run([str(PROGRAM), *world.arguments(job.command, job.person)]), struck=False)


def run_on_little_room(world: World, job: Job) -> Ended | None:
    """Run a job whose medium is a file system of two pages; None where nobody may mount one."""
    mount = [
        "unshare",
        "-rm",
        "sh",
        "-c",
        'mount -t tmpfs -o size=8k none "$0" && exec "$@"',
        str(world.place / "medium"),
    ]
    if subprocess.run([*mount, "true"], capture_output=True, check=False).returncode != 0:
        return None
    command = [str(PROGRAM), *world.arguments(job.command, job.person)]
    return _ended(
        _run(
            [
                *mount,
                *command,
            ]
        ),
        struck=True,
    )


def _traced(world: World, job: Job, *inject: str) -> tuple[Ended, list[str]]:
    answer = world.place / "calls"
    options = ["-f", "-qq", "-y", "-e", "signal=none", "-e", f"trace={','.join(_CALLS)}", "-o", str(answer)]
    for item in inject:
        options += ["-e", item]
    done = _run(["strace", *options, str(PROGRAM), *world.arguments(job.command, job.person)])
    lines = answer.read_text(errors="replace").splitlines()
    answer.unlink()
    return _ended(done, struck=any("(INJECTED)" in line and str(world.place) in line for line in lines)), lines


def _run(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def _ended(done: "subprocess.CompletedProcess[str]", *, struck: bool) -> Ended:
    assert "Traceback" not in done.stdout + done.stderr, done
    assert (done.stdout.count("\n"), done.stderr) == (1, ""), done
    answer: dict[str, Any] = json.loads(done.stdout)
    return Ended(done.returncode, answer["error"]["code"] if "error" in answer else "done", struck)


def _changes(name: str, text: str, place: Path) -> bool:
    return str(place) in text and (name != "openat" or "O_CREAT" in text)


def _newest(world: World) -> tuple[int, bytes]:
    with Terminal.open(world.home) as terminal:
        site = Site(world.home, world.place, terminal)
        ((seq, digest),) = site.raw("SELECT seq, hash FROM log_entry ORDER BY seq DESC LIMIT 1")
        return seq, digest


def _look(world: World, before: tuple[int, bytes], job: Job, ended: Ended, call: Call) -> None:
    with Terminal.open(world.home) as terminal:
        site = Site(world.home, world.place, terminal)
        assert site.raw("PRAGMA integrity_check") == [("ok",)], call
        seq, digest = before
        assert site.raw("SELECT hash FROM log_entry WHERE seq = ?", seq) == [(digest,)], call
        assert site.log_holds(), call
        assert (answer := disagreement(terminal)) is None, (call, answer)
    if job.made is not None:
        anything = job.made != "medium" or any((world.place / "medium").iterdir())
        there = (world.place / job.made).exists() and anything
        assert job.whole(world) == there, (call, "half done")
    if not call.name.startswith(("unlink", "rmdir")):
        assert unfinished(world.place) == [], (call, unfinished(world.place))


@contextmanager
def _copy(world: World) -> Iterator[World]:
    with tempfile.TemporaryDirectory(prefix="renkei-files-", dir=memory()) as name:
        shutil.copytree(world.place, Path(name) / "world")
        yield World(Path(name) / "world")
