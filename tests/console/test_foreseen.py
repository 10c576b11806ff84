"""Errors of all three rooms have one shape, and one function recognises them."""

import errno
import importlib
import pkgutil
import re
from collections.abc import Iterator
from itertools import pairwise

import pytest

import console
import store
import transport
from console.errors import RightMissing
from console.foreseen import ROOTS, Foreseen, exit_statuses, foreseen
from store.errors import DiskFull


def _everything_below(root: type[Foreseen]) -> Iterator[type[Foreseen]]:
    for kind in root.__subclasses__():
        yield kind
        yield from _everything_below(kind)


for _package in (console, store, transport):
    # Some errors stand with the module that raises them.
    for _module in pkgutil.walk_packages(_package.__path__, f"{_package.__name__}."):
        if not _module.name.endswith("__main__"):
            importlib.import_module(_module.name)
KINDS = [kind for root in ROOTS for kind in _everything_below(root)]
LEAVES = [kind for kind in KINDS if not kind.__subclasses__()]


def test_every_leaf_has_a_code_of_its_own_and_no_code_begins_another_of_its_room() -> None:
    codes = [leaf.code for leaf in LEAVES]
    assert len(codes) > 200
    assert len(set(codes)) == len(codes)
    for root in ROOTS:
        ours = sorted(leaf.code for leaf in LEAVES if issubclass(leaf, root))
        assert all(re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", code) for code in ours)
        if root.__module__ == "console.errors":
            assert not [pair for pair in pairwise(ours) if f"{pair[1]}_".startswith(f"{pair[0]}_")]


def test_a_code_is_the_name_of_its_class() -> None:
    for kind in KINDS:
        assert "".join(word.capitalize() for word in kind.code.split("_")) == kind.__name__


def test_a_branch_is_a_fault_and_a_leaf_is_a_fact() -> None:
    for kind in KINDS:
        assert kind.__name__.endswith("Fault") == bool(kind.__subclasses__()), kind


@pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.__name__)
def test_every_root_has_the_same_shape(root: type[Foreseen]) -> None:
    error = root(found=2, known="1")
    assert error.facts == {"found": "2", "known": "1"}
    assert str(error) == f"{root.code} (found=2, known=1)"
    assert str(root()) == root.code
    assert error.args == (root.code, error.facts)
    assert (root.exit_status, error.incident) == (1, None)


def test_ours_are_foreseen_and_a_disk_is_named() -> None:
    error = RightMissing(right="approve")
    assert foreseen(error) is error
    assert isinstance(foreseen(OSError(errno.ENOSPC, "No space left on device")), DiskFull)
    assert foreseen(OSError(errno.ENOENT, "No such file")) is None
    assert foreseen(ValueError("a code of somebody else's")) is None


def test_every_code_has_its_exit_status() -> None:
    assert {code: exit_statuses()[code] for code in ("right_missing", "log_broken", "line_timeout")} == {
        "right_missing": 3,
        "log_broken": 6,
        "line_timeout": 5,
    }
