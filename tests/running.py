"""The real program, run as a process of its own, as a script would."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

PROGRAM: Final = Path(sys.executable).with_name("renkei")
_DEADLINE_SECONDS: Final = 120


@dataclass(frozen=True, slots=True)
class Ran:
    """How a call ended and what it printed."""

    status: int
    out: str
    err: str

    @property
    def told(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        told = json.loads(self.out)
        assert isinstance(told, dict)
        assert self.out.count("\n") == 1
        return told

    @property
    def error(self) -> dict[str, str]:
        """The error that the JSON object tells; nothing else is printed with it."""
        assert self.err == ""
        assert set(self.told) == {"error"}
        error: dict[str, str] = self.told["error"]
        assert error["cause"]
        assert error["remedy"]
        return error


def environment(**more: str) -> dict[str, str]:
    """Return what a script's surroundings usually hold, without what the test's own hold."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {**kept, "LANG": "C.UTF-8", **more}


def run(
    *arguments: str | Path,
    more: Mapping[str, str] | None = None,
    stdin: str = "",
    before: Callable[[], None] | None = None,
) -> Ran:
    """Run `renkei` with `arguments`; `before` is called in the new process, to lower its limits."""
    ended = subprocess.run(
        [str(PROGRAM), *map(str, arguments)],
        env=environment(**(more or {})),
        input=stdin.encode(),
        capture_output=True,
        timeout=_DEADLINE_SECONDS,
        check=False,
        preexec_fn=before,
    )
    ran = Ran(ended.returncode, ended.stdout.decode("utf-8"), ended.stderr.decode("utf-8"))
    assert "Traceback" not in ran.out + ran.err
    return ran
