"""The texts of the reference agency: its problems and refusals, from `texts.toml`."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from transport.problems import Bilingual, Problem, Retry

_FILE: Final = Path(__file__).parent / "texts.toml"


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a message is not accepted: a code of a refusal and the name of the item at fault."""

    code: str
    field: str = "-"


@cache
def _texts() -> dict[str, Any]:
    with _FILE.open("rb") as stream:
        return tomllib.load(stream)


def problem(code: str, incident: str, field: str = "-") -> Problem:
    """Return the problem `code`, with the name of the `field` at fault in its texts. Raises KeyError if unknown."""
    entry = _texts()["problems"][code]
    return Problem(
        code=code,
        status=entry["status"],
        retry=Retry(entry["retry"]),
        cause=_bilingual(entry["cause"], field),
        remedy=_bilingual(entry["remedy"], field),
        incident=incident,
    )


def refusal(code: str, field: str) -> tuple[Bilingual, Bilingual]:
    """Return cause and remedy of the refusal `code`. Raises KeyError for an unknown code."""
    entry = _texts()["refusals"][code]
    return _bilingual(entry["cause"], field), _bilingual(entry["remedy"], field)


def refusals() -> frozenset[str]:
    """Return the codes of all refusals."""
    return frozenset(_texts()["refusals"])


def problems() -> frozenset[str]:
    """Return the codes of all problems."""
    return frozenset(_texts()["problems"])


def _bilingual(entry: dict[str, str], field: str) -> Bilingual:
    # str.replace, not str.format: a field name with braces in it must not be taken for a placeholder.
    return Bilingual(entry["ja"].replace("{field}", field), entry["en"].replace("{field}", field))
