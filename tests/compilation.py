"""What the tests compile once: each module for all workers, each statement for all databases of a worker.

Half of what the collection took was writing `assert` anew in every test module, in every worker; an eighth of what the
tests of the jobs took was compiling the same statements for a database of their own.
"""

import importlib
import os
import sys
from collections.abc import Hashable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Engine

_MODULES: Final = "test_*.py"
_STATEMENTS: Final = 5000


def keep_bytecode() -> None:
    """Keep what is compiled beside its source, whatever the surroundings say: so does the program, being isolated."""
    sys.dont_write_bytecode = False


def import_by_turns(config: pytest.Config) -> None:
    """Import the test modules that are asked for, each worker beginning elsewhere.

    All import the same ones. If all began at the first, each would compile all; so it finds most of them done.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if not worker or workers < 2:
        return
    modules = [module for place in config.args for module in _modules_at(config.rootpath, place)]
    begin = len(modules) * int(worker.removeprefix("gw")) // workers
    for module in modules[begin:] + modules[:begin]:
        # What cannot be imported is the collection's to tell.
        with suppress(Exception):
            importlib.import_module(module)


def _modules_at(root: Path, place: str) -> list[str]:
    """Return the names of the test modules in a directory, or of the one in a file or of a test."""
    path = (root / place.partition("::")[0]).resolve()
    files = sorted(path.rglob(_MODULES)) if path.is_dir() else [path]
    return [".".join(file.relative_to(root).with_suffix("").parts) for file in files if file.is_relative_to(root)]


class _Statements(dict[Hashable, Any]):
    """Compiled statements by what they say, for all engines with the same dialect on the same driver.

    SQLAlchemy keeps them by the dialect as an object, of which each engine has its own.
    """

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_shared(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        if len(self) > _STATEMENTS:
            self.clear()
        super().__setitem__(_shared(key), compiled)


def _shared(key: tuple[Any, ...]) -> Hashable:
    dialect, *statement = key
    return (type(dialect), dialect.dbapi, *statement)


@contextmanager
def statements_compiled_once() -> Iterator[None]:
    """Let the engines that are made meanwhile share what they compile."""
    shared = _Statements()
    # What an engine makes for itself is thrown away; its constructor's signature is read, and stays as it is.
    common = property(lambda *_: shared, lambda *_: None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Engine, "_compiled_cache", common, raising=False)
        yield
