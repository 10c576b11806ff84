"""Every text that people read, in Japanese and English, out of the catalogues beside this module.

A catalogue is a TOML file of one topic; each text in it is a table `{ja = "…", en = "…"}` under dotted keys. The first
part of a key names the file: `words("login.title")` is `[title]` or `title` in `login.toml`. Files are read when the
first text of their topic is asked for, so that the login screen pays for its own words alone.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

Language = Literal["ja", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("ja", "en")

_DIRECTORY: Final = Path(__file__).parent
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
# Up to two days are counted in hours: that is how long "at once" (直ちに) is argued about.
_HOURS_UP_TO = 2 * _DAY


@dataclass(frozen=True, slots=True)
class FaultText:
    """What is wrong and what to do about it, in one language."""

    cause: str
    remedy: str


class Words:
    """The catalogues in one language, which can be switched while the console runs."""

    def __init__(self, language: Language = "ja") -> None:
        self.language: Language = language

    def toggle(self) -> None:
        """Switch between Japanese and English."""
        self.language = "en" if self.language == "ja" else "ja"

    def __call__(self, key: str, /, **facts: object) -> str:
        """Return the text of `key` with `facts` filled in. Raises KeyError for an unknown key or a missing fact."""
        text = _text(_find(key), self.language, key)
        return text.format_map(facts) if facts else text

    def has(self, key: str) -> bool:
        """Tell whether there is a text under `key`."""
        try:
            return "ja" in _find(key)
        except (KeyError, TypeError):
            return False

    def name(self, topic: str, code: str) -> str:
        """Return the name of `code` in `topic` (a state, a kind, a role …), or the code itself when it has none."""
        key = f"{topic}.{code}"
        return self(key) if self.has(key) else code

    def fault(self, code: str, facts: Mapping[str, str] | None = None) -> FaultText:
        """Return cause and remedy of the error `code`; an unknown code is told as such, never raised."""
        return self._fault(_faults(), code, facts or {})

    def refusal(self, code: str) -> FaultText:
        """Return cause and remedy of the code for which something of ours was refused, or is held.

        Of an envelope that is the peer's word about ours; `fault` tells why this terminal refuses one of the peer's.
        """
        return self._fault({**_faults(), **_catalogue("refusals")}, code, {})

    def has_refusal(self, code: str) -> bool:
        """Tell whether `refusal` has words of its own for `code`, and not only those of `fault`."""
        return code in _catalogue("refusals")

    def finding(self, rule: str, facts: Mapping[str, str] | None = None) -> FaultText:
        """Return cause and remedy of a broken `rule` of the messages."""
        return self._fault(_catalogue("rules"), rule, facts or {})

    def time(self, moment: datetime) -> str:
        """Return `moment` in Japanese time, to the minute."""
        return f"{_in_japan(moment):%Y-%m-%d %H:%M}"

    def time_of_day(self, moment: datetime) -> str:
        """Return the time of day of `moment` in Japanese time, to the second."""
        return f"{_in_japan(moment):%H:%M:%S}"

    def exact_time(self, moment: datetime) -> str:
        """Return `moment` in Japanese time, to the second."""
        return f"{_in_japan(moment):%Y-%m-%d %H:%M:%S}"

    def span(self, seconds: float) -> str:
        """Return a length of time in its largest fitting unit, rounded down."""
        for least, unit, name in ((_HOURS_UP_TO, _DAY, "days"), (_HOUR, _HOUR, "hours"), (_MINUTE, _MINUTE, "minutes")):
            if seconds >= least:
                return self(f"common.{name}", count=int(seconds // unit))
        return self("common.seconds", count=max(0, int(seconds)))

    def _fault(self, texts: Mapping[str, Any], code: str, facts: Mapping[str, str]) -> FaultText:
        try:
            entry = texts[code]
        except KeyError:
            entry = _catalogue("common")["unknown_fault"]
            facts = {**facts, "code": code}
        known = _Facts(facts)
        cause = _text(entry["cause"], self.language, code).format_map(known)
        return FaultText(cause, _text(entry["remedy"], self.language, code).format_map(known))


class _Facts(dict[str, str]):
    """Facts of an error: one that is missing shows as a gap, since a text about trouble must not cause more."""

    def __missing__(self, key: str) -> str:
        return "?"


def catalogue_names() -> list[str]:
    """Return the names of all catalogues."""
    return sorted(path.stem for path in _DIRECTORY.glob("*.toml"))


def texts_of(name: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the dotted key and the languages of every text in the catalogue `name`."""
    yield from _walk(name, _catalogue(name))


def _walk(prefix: str, node: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    if any(isinstance(value, str) for value in node.values()):
        yield prefix, dict(node)
        return
    for key, value in node.items():
        yield from _walk(f"{prefix}.{key}", value)


@cache
def _catalogue(name: str) -> dict[str, Any]:
    path = _DIRECTORY / f"{name}.toml"
    # The name comes from a key in the program; a dotted or slashed name would be a mistake there.
    if not name.isidentifier() or not path.is_file():
        raise KeyError(name)
    with path.open("rb") as stream:
        return tomllib.load(stream)


@cache
def _faults() -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for path in sorted(_DIRECTORY.glob("errors_*.toml")):
        merged |= _catalogue(path.stem)
    return merged


def _find(key: str) -> dict[str, Any]:
    topic, *rest = key.split(".")
    node: Any = _catalogue(topic)
    for part in rest:
        node = node[part]
    return node  # type: ignore[no-any-return]  # TOML is untyped; _text looks for the language.


def _text(entry: Mapping[str, Any], language: Language, key: str) -> str:
    text = entry[language]
    if not isinstance(text, str):
        raise KeyError(key)
    return text


def _in_japan(moment: datetime) -> datetime:
    # Imported here because the login screen, which shows no moment, is painted before the store's modules are loaded.
    from store.clock import JAPAN

    return moment.astimezone(JAPAN)
