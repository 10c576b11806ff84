"""`python -m tests.mutants [MODULE...]`: put small faults into the critical modules, and see which no test finds.

A survivor is a line that could be changed unseen: it wants a test, unless the change is none in effect
(`equivalents.toml`). Tools for this exist and do not fit here. mutmut leaves all methods of dataclasses alone, which is
most of what these modules are, and runs the tests in the process that holds all mutants; cosmic-ray changes the tree in
place.
"""

import argparse
import random
import signal
import sys
from collections import Counter
from typing import Final

from tests.mutants.critical import CRITICAL
from tests.mutants.equivalents import equivalents, fitting
from tests.mutants.operators import Mutant, mutants
from tests.mutants.trying import Fate, Trials, TrialsUnfit
from tests.project.sources import ROOT, module_name, product_files
from tests.project.test_mirror import mirrors_of

_EACH: Final = 25
_FOUND: Final = frozenset({Fate.FOUND, Fate.HUNG})


def main() -> int:
    """Read what is wanted and do it; return 1 when a module could not be tried or the table of equivalents is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="such as store.people.attempts; else the critical")
    parser.add_argument(
        "--count", type=int, default=_EACH, help="how many mutants of each module, besides equivalents; 0 for all"
    )
    parser.add_argument("--seed", type=int, default=1, help="which ones: the same seed chooses the same")
    chosen = parser.parse_args()
    unknown = set(chosen.modules) - {module_name(file) for file in product_files()}
    if unknown:
        parser.error(f"no such module: {', '.join(sorted(unknown))}")
    tried = [ModuleTrial(module, chosen.count, chosen.seed) for module in chosen.modules or CRITICAL]
    sound = [trial.run() for trial in tried]
    _tell(f"all: {_summary(sum((trial.fates for trial in tried), Counter()))}")
    return 0 if all(sound) else 1


class ModuleTrial:
    """Mutants of one module: which are tried, and what became of them."""

    def __init__(self, module: str, count: int, seed: int) -> None:
        self._module = module
        self._count = count
        self._chance = random.Random(f"{seed} {module}")
        self._file = next(file for file in product_files() if module_name(file) == module)
        self._source = self._file.read_bytes()
        self._foreseen = equivalents().get(module, ())
        self.fates: Counter[Fate] = Counter()

    def run(self) -> bool:
        """Try the mutants and print what became of each; return whether tests and table can judge them."""
        # The module's own tests first: they are the quickest.
        own = (test.relative_to(ROOT).as_posix() for test in mirrors_of(self._file))
        tests = [*own, *CRITICAL.get(self._module, ())]
        # Without any named, pytest would run all tests there are for each mutant.
        if not tests:
            _tell(f"{self._module}: no test mirrors it, and the table names none")
            return False
        try:
            with Trials.beside(ROOT, self._file.relative_to(ROOT), tests) as trials:
                trials.prepare()
                right = self.try_all(trials)
        except TrialsUnfit as unfit:
            _tell(f"{self._module}: {unfit}")
            return False
        _tell(f"{self._module}: {_summary(self.fates)}")
        return self._table_fits() and right

    def try_all(self, trials: Trials) -> bool:
        """Try mutants by chance, `count` besides what the table foresees; return whether it foresees right."""
        found = mutants(self._source)
        right = True
        for mutant in self._chance.sample(found, len(found)):
            if 0 < self._count <= self.fates.total() - self.fates[Fate.EQUIVALENT]:
                break
            right &= self._try(trials, mutant)
        return right

    def _try(self, trials: Trials, mutant: Mutant) -> bool:
        """Try a mutant, and return whether the table of equivalents is right about it."""
        fate = trials.run(mutant)
        foreseen = fitting(mutant, self._source, self._foreseen)
        if foreseen and fate not in _FOUND:
            fate = Fate.EQUIVALENT
        self.fates[fate] += 1
        wrong = foreseen is not None and fate in _FOUND
        more = " (equivalent, says the table)" if wrong else ""
        _tell(f"{fate:10} {self._file.relative_to(ROOT)}:{mutant.line}  {mutant.change}{more}")
        return not wrong

    def _table_fits(self) -> bool:
        """Tell of entries of the table that fit no mutant any more; return whether there are none."""
        found = mutants(self._source)
        gone = [entry for entry in self._foreseen if not any(entry.fits(mutant, self._source) for mutant in found)]
        for entry in gone:
            _tell(f"{self._module}: no mutant fits the equivalent {entry.change} in: {entry.line}")
        return not gone


def _summary(fates: Counter[Fate]) -> str:
    found = sum(fates[fate] for fate in _FOUND)
    survived = fates[Fate.SURVIVED] + fates[Fate.UNREACHED]
    share = f" ({100 * found / (found + survived):.1f} % found)" if found + survived else ""
    return f"{found} found, {survived} survived, {fates[Fate.EQUIVALENT]} equivalent{share}"


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    # Whoever is ended still removes the copies of the tree.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(main())
