"""The topics of the guide. Each is a text of people's in `console/words/guide`, one file a language.

The first line of a file is its title. Lines that begin with two blanks stand as they are, as commands do; other
paragraphs are filled anew. A line `@name` stands for the table of that name (`console.guide.tables`).
"""

from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from console.guide import records, tables
from console.guide.filling import filled
from console.words import Words

TABLES: Final[Mapping[str, Callable[[Words], Iterator[str]]]] = MappingProxyType(
    {
        "settings": tables.settings,
        "roles": tables.roles,
        "statuses": tables.statuses,
        "events": tables.events,
        "layouts": tables.layouts,
        "items": records.items,
        "examples": records.examples,
    }
)
_FIXED: Final = "  "
_TABLE: Final = "@"


def title(topic: str, words: Words) -> str:
    """Return the title of a topic."""
    return _text(topic, words).partition("\n")[0]


def lines(topic: str, words: Words) -> Iterator[str]:
    """Yield the lines of a topic, filled for a terminal of 80 columns."""
    former = ""
    for line in _shown(topic, words):
        # Text and table may both leave a line free between them.
        if line or former:
            yield line
        former = line


def _shown(topic: str, words: Words) -> Iterator[str]:
    for line in _text(topic, words).splitlines():
        if line.startswith(_TABLE):
            yield from TABLES[line.removeprefix(_TABLE)](words)
        elif line.startswith(_FIXED):
            yield line
        else:
            yield from filled(line)


def _text(topic: str, words: Words) -> str:
    return (files("console.words") / "guide" / f"{topic}.{words.language}.txt").read_text(encoding="utf-8")
