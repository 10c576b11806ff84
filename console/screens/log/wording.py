"""Words for what entries and conditions of the log hold: who, about what, details, and the days that a period means."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from console import jobs
from console.errors import SearchUnclear
from console.words import Words
from store import clock
from store.log import Event
from store.log.questions import MARK_LENGTH
from store.message.states import Direction

if TYPE_CHECKING:
    from console.jobs.log.viewing import NamedEntry
    from store.log.questions import Period

_ONE: Final = timedelta(days=1)
# Events of which nobody is the actor, since nobody was let in; whom it was tried for is the object.
_TRIED: Final = frozenset({Event.OPERATOR_REFUSED, Event.OPERATOR_LOCKED})
_MARK: Final = 4  # The signs of a keyed mark that people compare.
_PLACE: Final = MappingProxyType(
    {"role": "roles.short", "kind": "kinds.short", "question": "log.question", "origin": "log.origin"}
)


def id_in_words(about: str, words: Words) -> str:
    """Return the ID; one that nobody bears is in the log as a keyed mark only, never as it was typed."""
    if len(about) != MARK_LENGTH:
        return about
    return words("log.unknown_id", mark=about[:_MARK])


def actor_in_words(row: "NamedEntry", words: Words) -> str:
    """Return who did it, or for whom it was tried; what nobody did, the terminal did."""
    if row.event in _TRIED and row.object:
        return id_in_words(row.object, words)
    return row.actor or words("log.by_terminal")


def object_in_words(row: "NamedEntry", words: Words) -> str:
    """Return what it is about: a message by its number, how many it were, or where somebody logged on."""
    # The number first: it is what stands on paper and in the lists.
    if row.reference:
        return row.reference
    if row.object and row.object != row.actor and row.event not in _TRIED:
        return row.object
    if "origin" in row.detail:
        return words.name("log.origin", str(row.detail["origin"]))
    return words("log.how_many", count=f"{row.detail['count']:,}") if "count" in row.detail else ""


def detail_in_words(name: str, value: str | int, words: Words) -> str:
    """Return a detail of an entry with its name. Codes have their words; what has none stands as it is."""
    return f"{words.name('log.detail', name)} {_VALUES.get(name, _value)(name, str(value), words)}"


def _value(name: str, value: str, words: Words) -> str:
    # A person may have several roles.
    place = _PLACE.get(name)
    return value if place is None else "+".join(words.name(place, code) for code in value.split("+"))


def _cause(_name: str, value: str, words: Words) -> str:
    """Return the name of a cause; the cause of an error is a sentence of the catalogues."""
    if words.has(f"log.cause.{value}"):
        return words(f"log.cause.{value}")
    text = words.fault(value).cause
    # The entry has the code alone: a sentence that wants facts would have gaps.
    return value if "?" in text or value in text else text.rstrip("。.")


def _state(_name: str, value: str, words: Words) -> str:
    # The entry does not say which way the message went, and hardly a state has the same name in both.
    names = (words.name(f"states.{direction}", value) for direction in Direction)
    return next((name for name in names if name != value), value)


# Of a step the catalogue has the word on its key, which is what the person pressed.
def _step(_name: str, value: str, words: Words) -> str:
    return words(f"steps.{value}.key") if words.has(f"steps.{value}.key") else value


_VALUES: Final[Mapping[str, Callable[[str, str, Words], str]]] = MappingProxyType(
    {"cause": _cause, "code": _cause, "from": _state, "to": _state, "step": _step}
)


def period_in_words(typed: str, words: Words) -> str | None:
    """Return which days a period means, or None when it means none.

    On a Monday, yesterday is the last working day with all that follows it: that is told, since it is not what the
    word says.
    """
    try:
        period = jobs.log.periods.asked_for(typed)
    except SearchUnclear:
        return None
    return _days(period, words)


def _days(period: "Period", words: Words) -> str:
    assert period.since is not None
    assert period.until is not None
    # A period ends before `until`; people name its last day.
    first, last = period.since, period.until - _ONE
    if last == first:
        return _day(first, words)
    yesterday = clock.day_in_japan(clock.now()) - _ONE
    since_working = clock.day_in_japan(last) == yesterday and jobs.log.periods.is_yesterday(period)
    key = "log.days.since_working" if since_working else "log.days.from_to"
    return words(key, first=_day(first, words), last=_day(last, words))


def _day(moment: datetime, words: Words) -> str:
    weekday = words(f"today.weekday.{clock.day_in_japan(moment).weekday()}")
    return words("log.days.day", day=words.day(moment), weekday=weekday)
