"""The program run for tests: in this process, or in a process of its own where that is the point."""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from unittest import mock

from console.commands import cli

PROGRAM: Final = Path(sys.executable).with_name("renkei")
_DEADLINE_SECONDS: Final = 120
#: What `init` needs where no settings file was prepared.
NEW_TERMINAL: Final = (
    *("--municipality-code", "131041", "--name", "新宿区"),
    *("--section", "戸籍住民課", "--terminal", "131041-01"),
)


@dataclass(frozen=True, slots=True)
class Ran:
    """How a call ended and what it printed."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        answer = json.loads(self.out)
        assert isinstance(answer, dict)
        assert self.out.count("\n") == 1
        return answer

    @property
    def error(self) -> dict[str, str]:
        """The error that the JSON object tells; nothing else is printed with it."""
        assert self.err == ""
        assert set(self.json) == {"error"}
        error: dict[str, str] = self.json["error"]
        assert error["cause"]
        assert error["remedy"]
        return error


def environment(**more: str) -> dict[str, str]:
    """Return what a script's surroundings usually hold, without what the test's own hold."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {**kept, "LANG": "C.UTF-8", **more}


def run(*arguments: str | Path, stdin: str = "") -> Ran:
    """Run `renkei` with `arguments` in this process: a second less a call than a process of its own."""
    streams = [io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8") for raw in (stdin.encode(), b"", b"")]
    with mock.patch.multiple(sys, stdin=streams[0], stdout=streams[1], stderr=streams[2]):
        status = cli([*map(str, arguments)])
    return _ran(status, *(_written(stream) for stream in streams[1:]))


def run_program(
    *arguments: str | Path,
    more: Mapping[str, str] | None = None,
    stdin: str = "",
    before: Callable[[], None] | None = None,
) -> Ran:
    """Run `renkei` with `arguments` as a script does; `before` is called in the new process, to lower its limits."""
    ended = subprocess.run(
        [str(PROGRAM), *map(str, arguments)],
        env=environment(**(more or {})),
        input=stdin.encode(),
        capture_output=True,
        timeout=_DEADLINE_SECONDS,
        check=False,
        preexec_fn=before,
    )
    return _ran(ended.returncode, ended.stdout, ended.stderr)


def _ran(status: int, out: bytes, err: bytes) -> Ran:
    ran = Ran(status, out.decode("utf-8"), err.decode("utf-8"))
    assert "Traceback" not in ran.out + ran.err
    return ran


def _written(stream: io.TextIOWrapper) -> bytes:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue()


@dataclass(frozen=True, slots=True)
class World:
    """A rehearsal world, for scripts to act in."""

    home: Path
    agency_home: Path
    pin_files: Mapping[str, Path]

    def run(self, person: str, *arguments: str | Path, stdin: str = "") -> Ran:
        """Run a command as `person` in this process, for JSON."""
        return run(*arguments, *self._common(person), stdin=stdin)

    def run_program(
        self, person: str, *arguments: str | Path, stdin: str = "", before: Callable[[], None] | None = None
    ) -> Ran:
        """Run a command as `person` in a process of its own, for JSON."""
        return run_program(*arguments, *self._common(person), stdin=stdin, before=before)

    def _common(self, person: str) -> tuple[str | Path, ...]:
        return ("--home", self.home, "--as", person, "--pin-file", self.pin_files[person], "--json")

    def states(self, direction: str = "out") -> list[str]:
        """Return the states of all messages, by number."""
        answer = self.run("ka-301", "queue", "--direction", direction, "--limit", "0").json
        return [message["state"] for message in sorted(answer["messages"], key=lambda message: message["id"])]

    def log_is_whole(self) -> bool:
        """Tell whether the log verifies."""
        return self.run("ka-301", "log", "verify").json["ok"] is True


def world_at(mapping: Mapping[str, Any]) -> World:
    """Return the world that `renkei demo --prepare --json` told of."""
    pin_files = {operator["id"]: Path(operator["pin_file"]) for operator in mapping["operators"]}
    return World(Path(mapping["home"]), Path(mapping["agency_home"]), pin_files)


@contextmanager
def serving(agency_home: Path, *, program: Path = PROGRAM) -> Iterator[subprocess.Popen[bytes]]:
    """Run the reference agency until the block ends; it must end by itself when its standard input is closed."""
    with subprocess.Popen(
        [program, "agency", "serve", "--home", agency_home, "--with-parent"],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as agency:
        assert agency.stdin is not None
        assert agency.stdout is not None
        try:
            assert set(json.loads(agency.stdout.readline())) == {"address", "port"}
            yield agency
        finally:
            agency.stdin.close()
            ended = agency.wait(timeout=_DEADLINE_SECONDS)
    assert ended in {0, -signal.SIGKILL}
