"""Which lines and branches of the product the tests reach: `PYTEST_PLUGINS=tests.covering pytest -n auto`.

Every worker of a run notes what it reached below `.coverage/`; what a test starts as a program of its own is not seen.
SlipCover notes a line once and then lets it run as before: all tests took an eighth more of processor time. A tracer,
which Python 3.11 asks at every line, took as long again in the room of the messages, too much for every run.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import slipcover
from slipcover.importer import wrap_spec_from_file_location

ROOT: Final = Path(__file__).parents[1]
ROOMS: Final = ("store", "transport", "console")
NOTED: Final = ROOT / ".coverage"
_WORKER: Final = os.environ.get("PYTEST_XDIST_WORKER")
# The bodies of protocols, and what only mypy reads.
_NEVER_RUN: Final = ("if TYPE_CHECKING:", r"\.\.\.$")


def _instrument() -> slipcover.Slipcover:
    """Instrument the product's modules as they are imported, migrations too, which Alembic loads by their files."""
    directories = [str(ROOT / room) for room in ROOMS]
    instrumented = slipcover.Slipcover(branch=True, source=directories, exclude_also=_NEVER_RUN)
    files = slipcover.FileMatcher(sources=directories)
    slipcover.ImportManager(instrumented, files).__enter__()
    wrap_spec_from_file_location(instrumented, files)
    return instrumented


# At once: pytest imports this before the first conftest, which imports the product. Only workers run tests.
_INSTRUMENTED: Final = _instrument() if _WORKER else None


def pytest_collection() -> None:
    """Keep this from the programs that tests start."""
    if _WORKER:
        del os.environ["PYTEST_PLUGINS"]


def pytest_sessionfinish() -> None:
    """Note what this worker reached, beside what others did and an earlier run."""
    if _INSTRUMENTED is not None:
        NOTED.mkdir(exist_ok=True)
        measured = json.dumps(_INSTRUMENTED.get_coverage())
        (NOTED / f"{_WORKER}-{os.getpid()}.json").write_text(measured, encoding="utf-8")


def read() -> Mapping[str, Any] | None:
    """Return what all workers reached together, by file; None where nothing was measured."""
    noted = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(NOTED.glob("*.json"))]
    for other in noted[1:]:
        slipcover.merge_coverage(noted[0], other)
    files: Mapping[str, Any] | None = noted[0]["files"] if noted else None
    return files


def share(files: Mapping[str, Any], room: str) -> float:
    """Return how many of a hundred lines and branches of a room were reached."""
    reached = missed = 0
    for name, file in files.items():
        if Path(name).is_relative_to(room):
            reached += len(file["executed_lines"]) + len(file["executed_branches"])
            missed += len(file["missing_lines"]) + len(file["missing_branches"])
    return 100 * reached / (reached + missed)
