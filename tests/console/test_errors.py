"""The console's errors tell codes and facts, and each has its words in both languages."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from itertools import product

import console
from console.errors import ConsoleError
from console.words import Words

for _module in pkgutil.walk_packages(console.__path__, "console."):
    # Some errors stand with the module that finds them.
    if not _module.name.endswith("__main__"):
        importlib.import_module(_module.name)


def leaves(kind: type[ConsoleError] = ConsoleError) -> Iterator[type[ConsoleError]]:
    below = kind.__subclasses__()
    for branch in below:
        yield from leaves(branch)
    if not below:
        yield kind


LEAVES = sorted(leaves(), key=lambda leaf: leaf.__name__)


def test_every_leaf_has_cause_and_remedy() -> None:
    for leaf, language in product(LEAVES, ("ja", "en")):
        words = Words("ja" if language == "ja" else "en")
        # The facts that the docstring names are those that the texts may fill in.
        named = dict.fromkeys(re.findall(r"`(\w+)`", leaf.__doc__ or ""), "x")
        text = words.fault(leaf.code, named)
        assert text.cause, leaf
        assert text.remedy, leaf
        assert "{" not in text.cause + text.remedy
