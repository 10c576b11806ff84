"""Packages whose modules are imported when they are first used.

The jobs bring the database and its libraries: about half a second. Screens and commands name a job as
`jobs.messages.review.approve` and pay for it when it runs, so that the login screen and `--help` do not wait.
"""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType


def submodules(package: str) -> Callable[[str], ModuleType]:
    """Return what serves as the `__getattr__` (PEP 562) of `package`: it imports the submodule that is asked for."""

    def import_submodule(name: str) -> ModuleType:
        place = f"{package}.{name}"
        try:
            return import_module(place)
        except ModuleNotFoundError as error:
            if error.name != place:
                raise
            # What an `__getattr__` has to raise: `hasattr` and tools rely on it.
            raise AttributeError(f"module {package!r} has no attribute {name!r}") from None

    return import_submodule
