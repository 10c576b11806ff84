"""`python -m tests.mutants [MODULE...]`: put small faults into the critical modules, and see which no test finds.

A survivor is a line that could be changed unseen: it wants a test, unless the change is none in effect. Tools for this
exist and do not fit here. mutmut leaves all methods of dataclasses alone, which is most of what these modules are, and
runs the tests in the process that holds all mutants; cosmic-ray changes the tree in place.
"""

import argparse
import random
import sys
from collections import Counter
from typing import Final

from tests.mutants.critical import CRITICAL
from tests.mutants.operators import mutants
from tests.mutants.trying import Fate, Trials, TrialsUnfit
from tests.project.sources import ROOT, module_name, product_files
from tests.project.test_mirror import mirrors_of

_EACH: Final = 20


def main() -> int:
    """Read what is wanted and do it; return 1 when a module could not be tried."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="such as store.people.attempts; else the critical")
    parser.add_argument("--count", type=int, default=_EACH, help="how many mutants of each module; 0 for all")
    parser.add_argument("--seed", type=int, default=1, help="which ones: the same seed chooses the same")
    chosen = parser.parse_args()
    unknown = set(chosen.modules) - {module_name(file) for file in product_files()}
    if unknown:
        parser.error(f"no such module: {', '.join(sorted(unknown))}")
    tried = [_try(module, chosen.count, chosen.seed) for module in chosen.modules or CRITICAL]
    return 0 if all(tried) else 1


def _try(module: str, count: int, seed: int) -> bool:
    """Try mutants of one module, and print what became of each; return whether its tests can judge them."""
    file = next(file for file in product_files() if module_name(file) == module)
    path = file.relative_to(ROOT)
    # The module's own tests first: they are the quickest, and the first that fails ends the run.
    tests = [*(test.relative_to(ROOT).as_posix() for test in mirrors_of(file)), *CRITICAL.get(module, ())]
    # Without any named, pytest would run all tests there are for each mutant.
    if not tests:
        _tell(f"{module}: no test mirrors it, and the table names none")
        return False
    found = mutants(file.read_bytes())
    if 0 < count < len(found):
        chance = random.Random(f"{seed} {module}")
        found = sorted(chance.sample(found, count), key=lambda mutant: mutant.start)
    fates: Counter[Fate] = Counter()
    with Trials.beside(ROOT, path, tests) as trials:
        try:
            trials.prepare()
        except TrialsUnfit as unfit:
            _tell(f"{module}: {unfit}")
            return False
        for mutant in found:
            fate = trials.run(mutant)
            fates[fate] += 1
            _tell(f"{fate:8} {path}:{mutant.line}  {mutant.change}")
    _tell(f"{module}: {len(found) - fates[Fate.SURVIVED]} found, {fates[Fate.SURVIVED]} survived")
    return True


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
