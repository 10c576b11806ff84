"""How long from exec to a painted login screen, in a real pseudo-terminal, beside a bare Textual app."""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

from tests.benchmarks.painting import Painted
from tests.benchmarks.report import Report

# The label of the PIN field: the last of the two, on both screens.
_PAINTED: Final = "暗証番号".encode()
_LIMIT: Final = 1.6


def measure(runs: int) -> Report:
    """Measure both `runs` times, in turn, so that what else the machine does falls on both."""
    with tempfile.TemporaryDirectory(prefix="renkei-start-") as directory:
        home = Path(directory) / "home"
        _prepare(home)
        commands = {
            "bare Textual app": [sys.executable, str(Path(__file__).with_name("bare.py"))],
            "renkei": [str(Path(sys.executable).with_name("renkei")), "--home", str(home)],
        }
        for command in commands.values():
            _seconds_to_painted(command)  # The first start compiles modules and fills the disk cache.
        seen: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(runs):
            for name, command in commands.items():
                seen[name].append(_seconds_to_painted(command) * 1000)
    ratio = median(seen["renkei"]) / median(seen["bare Textual app"])
    verdict = f"exec to painted login screen: {ratio:.2f} × the bare app (at most {_LIMIT} is wanted)"
    return Report("ms", seen, verdict, {"ratio": ratio, "limit": _LIMIT})


def _prepare(home: Path) -> None:
    from console.jobs.rehearsal.world import prepare

    prepare(home)


def _seconds_to_painted(command: Sequence[str]) -> float:
    with Painted(command, 80, 24) as program:
        return program.seconds_to(_PAINTED)
