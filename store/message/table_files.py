"""The files of the tables in `store/data`, and what a terminal lays over them.

A terminal amends a table with a file of the same name and form. A code that the file names means what the file says,
and every other code what the package says, so that a later version of the package still brings its own changes. One set
of such files holds for the whole process, as it was when the terminal was opened or somebody logged on last.
"""

from collections.abc import Callable, Mapping
from functools import cache, update_wrapper
from pathlib import Path
from types import MappingProxyType
from typing import Final, Generic, TypeVar

from store.message.errors import TableUnreadable

_DIRECTORY: Final = Path(__file__).parent.parent / "data"
_SUFFIXES: Final = frozenset({".toml", ".tsv", ".txt"})

T = TypeVar("T")


class _Overlay:
    """What is laid over the package's files now. It is replaced as a whole, and never changed."""

    def __init__(self) -> None:
        self.texts: Mapping[str, str] = MappingProxyType({})


_overlay: Final = _Overlay()


class Kept(Generic[T]):
    """What a function makes of the tables, made anew only after something else was laid over them."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        update_wrapper(self, make)
        self._made: tuple[Mapping[str, str], T] | None = None

    def __call__(self) -> T:
        """Return it, made from what is laid over the tables now."""
        made, texts = self._made, _overlay.texts
        # Looked at before it is made: what another thread lays over meanwhile is noticed at the next call.
        if made is None or made[0] is not texts:
            self._made = made = (texts, self._make())
        return made[1]


# The package does not change while the program runs.
@cache
def names() -> frozenset[str]:
    """Return the names of all tables, as files: `nationalities.toml`."""
    return frozenset(path.name for path in _DIRECTORY.iterdir() if path.suffix in _SUFFIXES)


def package_text(name: str) -> str:
    """Return the file of the package. Raises TableUnreadable."""
    try:
        return (_DIRECTORY / name).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise TableUnreadable(table=name, line="?") from error


def laid_over() -> Mapping[str, str]:
    """Return what is laid over the tables now: texts by the names of files."""
    return _overlay.texts


def lay_over(texts: Mapping[str, str]) -> None:
    """Lay these texts over the tables, in the place of what was; `store.message.overlays` has checked them."""
    # The same again leaves everything as it is: each log-on comes here, and reading all tables anew takes time.
    if texts != _overlay.texts:
        _overlay.texts = MappingProxyType(dict(texts))


def layers(name: str) -> list[str]:
    """Return the texts of a table: that of the package, then what is laid over it. Raises TableUnreadable."""
    # In this order, so that whoever merges them lets the terminal have the last word.
    return [package_text(name), *(text for file, text in _overlay.texts.items() if file == name)]
