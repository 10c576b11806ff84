"""Packages that import their modules when these are first used.

Importing the jobs imports the database and its libraries, which takes about half a second. Screens and commands name a
job as `jobs.messages.review.approve` and pay for it when it runs, so the login screen and `--help` do not wait.
"""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType


def submodules(package: str) -> Callable[[str], ModuleType]:
    """Return a `__getattr__` (PEP 562) for `package` that imports the submodule it is asked for."""

    def import_submodule(name: str) -> ModuleType:
        place = f"{package}.{name}"
        try:
            # The import also sets the submodule on the package, so this runs once for each name.
            return import_module(place)
        except ModuleNotFoundError as error:
            # A module that exists but misses one of its libraries is another fault, and must stay visible.
            if error.name != place:
                raise
            # `hasattr` and tools rely on this error from a `__getattr__`.
            raise AttributeError(f"module {package!r} has no attribute {name!r}") from None

    return import_submodule
