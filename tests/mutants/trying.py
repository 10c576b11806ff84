"""Trying mutants: each is put into a copy of the tree, and the tests of its module that reach it run there."""

import ast
import importlib.util
import shutil
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final

from tests.mutants.judging import Choice, Verdict, judge
from tests.mutants.operators import Mutant
from tests.mutants.reach import place_of

_COPIED_NOT: Final = shutil.ignore_patterns(".*", "__pycache__", "node_modules")
_PATIENCE: Final = 2.0
_LEAST_SECONDS: Final = 30.0
_LONGEST_SECONDS: Final = 900.0


class Fate(StrEnum):
    """What became of a mutant."""

    FOUND = "found"
    HUNG = "hung"  # Found as well: the tests did not end in time.
    SURVIVED = "survived"
    UNREACHED = "unreached"  # Survived as well: no test comes there.
    EQUIVALENT = "equivalent"  # Survived, as the table of equivalents has foreseen.


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
        self._tree = ast.parse(self._source)
        self._sound = Verdict(passed=False)
        self._ranks: Mapping[str, int] = {}
        self._alone: dict[str, bool] = {}

    @classmethod
    @contextmanager
    def beside(cls, root: Path, path: Path, tests: Sequence[str]) -> Iterator["Trials"]:
        """Yield trials in a copy of the tree at `root`, which itself is never touched."""
        with tempfile.TemporaryDirectory(prefix="renkei-mutants-") as name:
            copy = Path(name) / "tree"
            shutil.copytree(root, copy, ignore=_COPIED_NOT)
            yield cls(copy, path, tests)

    def prepare(self) -> None:
        """See that the tests pass without a fault and load the copy, and what each reaches. Raises TrialsUnfit."""
        sound = judge(self._root, self._tests, Choice(), seconds=_LONGEST_SECONDS, recorded=self._file)
        if sound is None or not sound.passed:
            raise TrialsUnfit(f"the tests of {self._file.name} fail without any fault: {sound and sound.failed}")
        if not any(sound.lines.values()):
            raise TrialsUnfit(f"no test loads the copy of {self._file.name}")
        self._sound, self._ranks = sound, _ranked(sound.seconds)

    def run(self, mutant: Mutant) -> Fate:
        """Put the mutant in the module's place, and run the tests: those that reach it, and only then the others.

        The others come there as well, where tests share what the first of them has made. Raises TrialsUnfit.
        """
        place = place_of(mutant, self._tree)
        reaching = frozenset(test for test, lines in self._sound.lines.items() if lines & place.lines)
        if not reaching and not place.loading:
            return Fate.UNREACHED
        choices = [Choice(ranks=self._ranks)]
        if "" not in reaching and not place.loading:
            choices = [Choice(reaching, alone=True, ranks=self._ranks)]
            # Where there are no others, pytest would run none, and that is no success.
            if self._sound.seconds.keys() - reaching:
                choices.append(Choice(reaching, ranks=self._ranks))
        for choice in choices:
            fate = self._judged(mutant.apply(self._source), choice)
            if fate is not Fate.SURVIVED:
                break
        return fate

    def _judged(self, source: bytes, choice: Choice) -> Fate:
        verdict = self._judge(source, choice)
        if verdict is None:
            return Fate.HUNG
        if verdict.failed and not self._passes_alone(verdict.failed):
            raise TrialsUnfit(f"{verdict.failed} fails without any fault when it runs alone")
        return Fate.SURVIVED if verdict.passed or not self._fails_again(source, choice, verdict.failed) else Fate.FOUND

    def _fails_again(self, source: bytes, choice: Choice, test: str | None) -> bool:
        """Return whether a test that has failed does so once more: on a busy machine some fail by themselves."""
        # Alone first, which is quick. What it owes to the tests before it shows when all of them run again.
        tries = [choice]
        if test is not None and test in self._sound.seconds:
            tries.insert(0, Choice(frozenset({test}), alone=True))
        for again in tries:
            verdict = self._judge(source, again)
            if verdict is None or not verdict.passed:
                return True
        return False

    def _passes_alone(self, test: str) -> bool:
        """Return whether a test that has failed owes it to the fault: alone, without the fault, it passes."""
        if test not in self._sound.seconds:
            # The fault has changed the cases of the test.
            return True
        if test not in self._alone:
            verdict = self._judge(self._source, Choice(frozenset({test}), alone=True))
            self._alone[test] = verdict is not None and verdict.passed
        return self._alone[test]

    def _judge(self, source: bytes, choice: Choice) -> Verdict | None:
        self._file.write_bytes(source)
        # Python takes a compiled file for fresh when time and size of its source are the same, as here they may be.
        Path(importlib.util.cache_from_source(self._file)).unlink(missing_ok=True)
        names = choice.named if choice.alone else self._sound.seconds
        seconds = max(_PATIENCE * sum(self._sound.seconds[name] for name in names), _LEAST_SECONDS)
        files = sorted({_file_of(name) for name in choice.named}) if choice.alone else self._tests
        return judge(self._root, files, choice, seconds=seconds)


def _file_of(test: str) -> str:
    return test.partition("::")[0]


def _ranked(seconds: Mapping[str, float]) -> dict[str, int]:
    """Return the ranks of tests: the quickest first, but those of a file together, for they share what it makes."""
    files: dict[str, list[float]] = defaultdict(list)
    for test, taken in seconds.items():
        files[_file_of(test)].append(taken)
    means = {file: statistics.mean(taken) for file, taken in files.items()}
    ordered = sorted(seconds, key=lambda test: (means[_file_of(test)], _file_of(test), seconds[test]))
    return {test: rank for rank, test in enumerate(ordered)}
