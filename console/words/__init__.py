"""Every text that people read, in Japanese and English, from the catalogues beside this module.

A catalogue is a TOML file of one topic. Each text in it is a table `{ja = "…", en = "…"}` under a dotted key. The first
part of a key names the file: `words("login.title")` is `[title]` or `title` in `login.toml`. A file is read when the
first text of its topic is asked for, so that the login screen waits only for its own words.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

Language = Literal["ja", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("ja", "en")

_DIRECTORY: Final = Path(__file__).parent
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
# Up to two days are counted in hours: within that time it matters whether a message was sent "at once" (直ちに).
_HOURS_UP_TO = 2 * _DAY


@dataclass(frozen=True, slots=True)
class FaultText:
    """What is wrong, and what to do about it, in one language."""

    cause: str
    remedy: str


class Words:
    """The catalogues in one language, which a key switches while the console runs."""

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
        """Tell whether there is a text under `key`; a key of a whole table has none."""
        try:
            return "ja" in _find(key)
        except (KeyError, TypeError):
            return False

    def name(self, topic: str, code: str) -> str:
        """Return the name of `code` (a state, a kind, a role …) under `topic`, or the code itself if it has no name."""
        key = f"{topic}.{code}"
        return self(key) if self.has(key) else code

    def roles(self, codes: Iterable[str]) -> str:
        """Return the names of roles, in the order of `codes`."""
        return ", ".join(self(f"roles.{code}.name") for code in codes)

    def fault(self, code: str, facts: Mapping[str, str] | None = None) -> FaultText:
        """Return cause and remedy of the error `code`. An unknown code is named in the text; it raises nothing."""
        return self._fault(_faults(), code, facts or {})

    def refusal(self, code: str) -> FaultText:
        """Return cause and remedy of the `code` for which the peer refused something of ours, or for which it is held.

        The same code of an envelope means something else in `fault`: that this terminal refuses one of the peer's.
        """
        # Most codes mean the same on both sides, so only those that do not are written down again.
        return self._fault({**_faults(), **_catalogue("refusals")}, code, {})

    def has_refusal(self, code: str) -> bool:
        """Tell whether `refusal` has its own text for `code`, other than that of `fault`."""
        return code in _catalogue("refusals")

    def finding(self, rule: str, facts: Mapping[str, str] | None = None) -> FaultText:
        """Return cause and remedy of a `rule` of the messages that is broken."""
        return self._fault(_catalogue("rules"), rule, facts or {})

    def pair(self, key: str, /, **facts: object) -> FaultText:
        """Return `cause` and `remedy` under `key`, for what is no error and wants a person all the same."""
        return FaultText(self(f"{key}.cause", **facts), self(f"{key}.remedy", **facts))

    def time(self, moment: datetime) -> str:
        """Return `moment` in Japanese time, to the minute."""
        return f"{_in_japan(moment):%Y-%m-%d %H:%M}"

    def day(self, moment: datetime) -> str:
        """Return the day of `moment` in Japanese time, without the year."""
        day = _in_japan(moment)
        return self("common.day", month=day.month, day=day.day)

    def day_of_year(self, moment: datetime, now: datetime) -> str:
        """Return the day of `moment` in Japanese time; of another year than that of `now`, year and month."""
        day = _in_japan(moment)
        if day.year == _in_japan(now).year:
            return self.day(moment)
        return self("common.month", year=day.year, month=day.month)

    def time_of_day(self, moment: datetime) -> str:
        """Return the time of day of `moment` in Japanese time, to the second."""
        return f"{_in_japan(moment):%H:%M:%S}"

    def exact_time(self, moment: datetime) -> str:
        """Return `moment` in Japanese time, to the second."""
        return f"{_in_japan(moment):%Y-%m-%d %H:%M:%S}"

    def short_time(self, moment: datetime) -> str:
        """Return `moment` in Japanese time, to the second, without the year."""
        return f"{_in_japan(moment):%m-%d %H:%M:%S}"

    def span(self, seconds: float) -> str:
        """Return a length of time in the largest unit that fits, rounded down."""
        for least, unit, name in ((_HOURS_UP_TO, _DAY, "days"), (_HOUR, _HOUR, "hours"), (_MINUTE, _MINUTE, "minutes")):
            if seconds >= least:
                return self(f"common.{name}", count=int(seconds // unit))
        # A clock that was set back makes a negative length.
        return self("common.seconds", count=max(0, int(seconds)))

    def _fault(self, texts: Mapping[str, Any], code: str, facts: Mapping[str, str]) -> FaultText:
        try:
            entry = texts[code]
        except KeyError:
            # A peer of a later version may answer with a code that this one has no text for.
            entry = _catalogue("common")["unknown_fault"]
            facts = {**facts, "code": code}
        known = _Facts(facts)
        if "right" in facts:
            # A right is a code inside the program; people know it by what it allows.
            known["right"] = self.name("rights", facts["right"])
        if "roles" in facts:
            known["roles"] = self.roles(facts["roles"].split("+"))
        if "reason" in facts:
            # A name such as ECONNREFUSED is for the technical log; what has no text here is shown as it is.
            known["reason"] = self.name("reasons", facts["reason"])
        cause = _text(entry["cause"], self.language, code).format_map(known)
        return FaultText(cause, _text(entry["remedy"], self.language, code).format_map(known))


class _Facts(dict[str, str]):
    """Facts of an error. A missing one shows as a question mark: a text about a failure must not cause the next."""

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


# Read once: catalogues are part of the program and do not change while it runs.
@cache
def _catalogue(name: str) -> dict[str, Any]:
    path = _DIRECTORY / f"{name}.toml"
    # A name with dots or slashes could lead out of the directory; in a key it is a mistake.
    if not name.isidentifier() or not path.is_file():
        raise KeyError(name)
    with path.open("rb") as stream:
        return tomllib.load(stream)


@cache
def _faults() -> dict[str, Any]:
    # The codes of all rooms are unique (a test says so), so that one mapping holds them.
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
