"""The tables of the README that follow from what the program declares.

`python -m tests.project.readme_tables` writes them.
"""

import re
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from console.commands.failures import ExitStatus
from console.settings import declarations, default_of
from console.words import Words
from tests.readme import README

_JAPANESE, _ENGLISH = Words("ja"), Words("en")


def _settings() -> str:
    rows = ["| setting | meaning | wanted | default |", "|---|---|---|---|"]
    for name, entry in declarations():
        default = default_of(entry)
        wanted = entry.metadata["wanted"]
        meaning = _both(f"settings.{name}")
        rows.append(f"| `{name}` | {meaning} | {wanted} | {'' if default is None else f'`{default}`'} |")
    return "\n".join(rows) + "\n"


def _statuses() -> str:
    rows = ["| exit status | means |", "|---|---|"]
    rows += [f"| {int(status)} | {_both(f'statuses.{status.name.lower()}')} |" for status in ExitStatus]
    return "\n".join(rows) + "\n"


def _both(key: str) -> str:
    return f"{_JAPANESE(key)}. {_ENGLISH(key)}"


TABLES: Final[Mapping[str, Callable[[], str]]] = MappingProxyType(
    {"| setting | meaning |": _settings, "| exit status | means |": _statuses}
)
"""Each table by the beginning of its heading."""


def rewritten(text: str) -> str:
    """Return the text of the README with these tables as they have to be."""
    for heading, table in TABLES.items():
        found = re.search(rf"^{re.escape(heading)}.*\n(?:\|.*\n)+", text, re.MULTILINE)
        assert found is not None, heading
        text = text[: found.start()] + table() + text[found.end() :]
    return text


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"{README.name}\n")
