"""Tests judge the source in hand, each time in a process forked from one that has loaded pytest and the libraries.

Nothing of the project is loaded before the fork, so a fault acts from the first line of its module on.
"""

import math
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

import coverage
import pytest

# The plugins that the tests use, and no others.
_PLUGINS: Final = ("xdist", "pytest_asyncio.plugin")
_LIBRARIES: Final = (
    *(
        "alembic.command",
        "argon2",
        "coverage",
        "cryptography.hazmat.primitives.hpke",
        "cryptography.x509",
        "hypothesis",
    ),
    *("nacl.signing", "pexpect", "psycopg", "pytest", "sqlalchemy.dialects.sqlite", "sqlmodel", "textual.app"),
)
# SQLite alone: the faults are the same on either engine, and a server for each mutant would take most of the time.
_OPTIONS: Final = ("-q", "-n0", "-x", "-k", "not postgresql", "--assert=plain", "-p", "no:cacheprovider")
_SHARE: Final = 4
_FORKING: Final = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload([*_PLUGINS, *_LIBRARIES])


@dataclass(frozen=True, slots=True)
class Choice:
    """Which tests run, and in which order: by `ranks`, those that are not in it first.

    Those in `named` alone, or all but those. The names are pytest's (`tests/a/test_b.py::test_c[d]`).
    """

    named: frozenset[str] = frozenset()
    alone: bool = False
    ranks: Mapping[str, int] = field(default_factory=dict)

    def of(self, tests: Sequence[pytest.Item]) -> list[pytest.Item]:
        """Return what is chosen of tests."""
        chosen = (test for test in tests if (test.nodeid in self.named) == self.alone)
        return sorted(chosen, key=lambda test: self.ranks.get(test.nodeid, -1))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What tests said: whether all passed, else the first that failed, or None where they could not even begin.

    `seconds` are by test. So are `lines`, where they were recorded; under the empty name stand those that were reached
    while the tests were loaded.
    """

    passed: bool
    failed: str | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    lines: Mapping[str, frozenset[int]] = field(default_factory=dict)


def judge(
    tree: Path, tests: Sequence[str], choice: Choice, *, seconds: float, recorded: Path | None = None
) -> Verdict | None:
    """Let the tests in some files of a tree judge it as it stands; None when they have not ended in time.

    `seconds` of the processor are theirs, and on the wall four times as many: the machine may have other work. Of the
    file `recorded` it is noted which test reaches which line.
    """
    ours, theirs = _FORKING.Pipe(duplex=False)
    process = _FORKING.Process(target=_hear, args=(theirs, tree, tests, choice, seconds, recorded))
    process.start()
    theirs.close()
    with ours:
        try:
            return Verdict(*ours.recv()) if ours.poll(_SHARE * seconds) else None
        except EOFError:
            # The fault has ended the whole process.
            return Verdict(passed=False)
        finally:
            _end(process)


def _end(process: BaseProcess) -> None:
    """End a judging process with everything that its tests started and left."""
    assert process.pid is not None, "it was started"
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    # By itself as well: it may have had no time yet to become a group.
    process.kill()
    process.join()


def _hear(
    verdict: Connection, tree: Path, tests: Sequence[str], choice: Choice, seconds: float, recorded: Path | None
) -> None:
    """Run the tests and send what a `Verdict` is made of, as plain values: the tree's classes are not the caller's."""
    os.setsid()
    # A fault may go round in a circle for ever, and nobody wait for it any more.
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(seconds),) * 2)
    _settle(tree)
    # In memory, and by none of the project's own settings.
    record = coverage.Coverage(data_file=None, config_file=False, include=[str(recorded)]) if recorded else None
    court = _Court(choice, record)
    options = [*_OPTIONS, *(part for plugin in _PLUGINS for part in ("-p", plugin))]
    with record.collect() if record else nullcontext():
        status = pytest.main([*options, f"--basetemp={tree.parent / 'made'}", *tests], plugins=[court])
    reached = record.get_data().contexts_by_lineno(str(recorded)) if record else {}
    verdict.send((status == pytest.ExitCode.OK, court.failed, court.seconds, _by_test(reached)))
    # At once: a fault may have left threads that would be waited for.
    os._exit(0)


def _settle(tree: Path) -> None:
    """Be in a tree as if pytest had been started there, and print nothing."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]
    os.chdir(tree)
    # All who come after are spared the compiling.
    sys.dont_write_bytecode = False
    sys.path.insert(0, str(tree))
    os.environ |= {"PYTHONPATH": str(tree), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    # Options for the outer run, such as its coverage, are not for this one.
    os.environ.pop("PYTEST_ADDOPTS", None)
    with Path(os.devnull).open("wb") as nowhere:
        for stream in (1, 2):
            os.dup2(nowhere.fileno(), stream)


def _by_test(reached: Mapping[int, Sequence[str]]) -> dict[str, frozenset[int]]:
    """Turn tests by line into lines by test."""
    tests = {test for by in reached.values() for test in by}
    return {test: frozenset(line for line, by in reached.items() if test in by) for test in tests}


class _Court:
    """A plugin of pytest that lets the chosen tests run, and notes what becomes of them."""

    def __init__(self, choice: Choice, record: coverage.Coverage | None) -> None:
        self._choice = choice
        self._record = record
        self.failed: str | None = None
        self.seconds: dict[str, float] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = self._choice.of(items)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        if self._record:
            self._record.switch_context(item.nodeid)
        started = time.perf_counter()
        ended = yield
        self.seconds[item.nodeid] = time.perf_counter() - started
        return ended

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and self.failed is None:
            self.failed = report.nodeid
