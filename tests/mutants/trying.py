"""Trying mutants: each is put into a copy of the tree, and the tests of its module run there."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final

from tests.mutants.operators import Mutant

_COPIED_NOT: Final = shutil.ignore_patterns(".*", "__pycache__", "node_modules")
# SQLite alone: the faults are the same on either engine, and a server for each mutant would take most of the time.
_CHOSEN: Final = ("-q", "-n0", "-x", "-k", "not postgresql")
# The plugins that the tests use, and no others: each run loads them anew.
_PLUGINS: Final = ("-p", "xdist", "-p", "pytest_asyncio.plugin", "-p", "no:cacheprovider")
_PATIENCE: Final = 3.0
_LEAST_SECONDS: Final = 30.0
_LONGEST_SECONDS: Final = 900.0


class Fate(StrEnum):
    """What became of a mutant."""

    FOUND = "found"
    SURVIVED = "survived"
    HUNG = "hung"  # Found as well: the tests did not end in time.


class TrialsUnfit(Exception):
    """The tests cannot judge mutants: they fail without a fault, or do not load the copy."""

    # pytest must not take this for a class of tests.
    __test__ = False


class Trials:
    """The trials of one module, the file `path` of the tree at `root`, by `tests` (paths from `root`)."""

    def __init__(self, root: Path, path: Path, tests: Sequence[str]) -> None:
        self._root = root
        self._file = root / path
        self._tests = tests
        self._source = self._file.read_bytes()
        self._seconds = _LONGEST_SECONDS

    @classmethod
    @contextmanager
    def beside(cls, root: Path, path: Path, tests: Sequence[str]) -> Iterator["Trials"]:
        """Yield trials in a copy of the tree at `root`, which itself is never touched."""
        with tempfile.TemporaryDirectory(prefix="renkei-mutants-") as name:
            copy = Path(name) / "tree"
            shutil.copytree(root, copy, ignore=_COPIED_NOT)
            yield cls(copy, path, tests)

    def prepare(self) -> None:
        """See that the tests pass without a fault and load the copy, and how long they take. Raises TrialsUnfit."""
        started = time.monotonic()
        if self._run(self._source) is not Fate.SURVIVED:
            raise TrialsUnfit(f"the tests of {self._file.name} fail without any fault")
        self._seconds = max(_PATIENCE * (time.monotonic() - started), _LEAST_SECONDS)
        # Where this survives, the tests load the module from somewhere else, and would let every mutant live.
        if self._run(b"raise SystemError\n" + self._source) is Fate.SURVIVED:
            raise TrialsUnfit(f"no test loads the copy of {self._file.name}")

    def run(self, mutant: Mutant) -> Fate:
        """Put the mutant in the module's place, and run the tests."""
        return self._run(mutant.apply(self._source))

    def _run(self, source: bytes) -> Fate:
        self._file.write_bytes(source)
        # Python takes a compiled file for fresh when time and size of its source are the same, as here they may be.
        Path(importlib.util.cache_from_source(self._file)).unlink(missing_ok=True)
        # Options for the outer run, such as its coverage, are not for this one, which loads only a few plugins.
        kept = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
        environment = {**kept, "PYTHONPATH": str(self._root), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        command = [sys.executable, "-m", "pytest", *_PLUGINS, *_CHOSEN, *self._tests]
        with subprocess.Popen(
            command,
            cwd=self._root,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as tests:
            try:
                return Fate.SURVIVED if tests.wait(self._seconds) == 0 else Fate.FOUND
            except subprocess.TimeoutExpired:
                return Fate.HUNG
            finally:
                _end(tests)


def _end(tests: "subprocess.Popen[bytes]") -> None:
    """End the tests with everything that they started, if they have not ended."""
    if tests.poll() is None:
        os.killpg(tests.pid, signal.SIGKILL)
