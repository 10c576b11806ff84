"""What to send after an event (異動): the message or the pair, with what the event settles already filled in.

The table of events is dated data; which items are then still to be asked for is no second table but
what the rules themselves want of the record so far.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from store.message import tables
from store.message.checks.checking import wanted_items
from store.message.codes import Category, Kind
from store.message.groups import Record


@dataclass(frozen=True, slots=True)
class Proposed:
    """One proposed message.

    `preset` is the record so far; `choices` the values among which the operator may change or choose
    a field; `asked` the fields that the rules want next, in order (ask `wanted_items` again as they
    are filled in); `optional` those that may be added.
    """

    kind: Kind
    preset: Record
    choices: Mapping[str, tuple[str, ...]]
    asked: tuple[str, ...]
    optional: tuple[str, ...]


# What the messages that one event gives have in common. The report of residence is deemed made by the report to the
# resident record, so both were made on the same day (入管法19条の7第3項 etc.); where somebody moved from is one place.
_COMMON: Final = frozenset(
    {
        "municipality",
        "occurred_at",
        "subject",
        "category",
        "card_number",
        "card_pending",
        "certificate_number",
        "previous_address",
        "reported_on",
    }
)
_OTHER_NAMES: Final[Mapping[str, str]] = MappingProxyType({"basis.reported_on": "reported_on"})


def common_item(field: str) -> str | None:
    """Return the one name under which the messages of an event share an item; None for an item of one message."""
    name = _OTHER_NAMES.get(field, field)
    return name if name in _COMMON or name.startswith("person.") else None


def propose(
    event: str, *, category: Category, municipality: str, day: date, card_presented: bool = True
) -> tuple[Proposed, ...]:
    """Propose the messages that an event gives for a person of a category; none when it is never notified.

    `card_presented`: whether the card was handed in with the report; if not, the report of residence
    follows later, alone. Raises KeyError for an event that the table does not have on that day.
    """
    entry = tables.events().at(event, day)
    if entry is None:
        raise KeyError(event)
    due = (message for message in entry.messages if _is_due(message, category, card_presented=card_presented))
    return tuple(_propose_one(message, category, municipality, day) for message in due)


def _is_due(message: Mapping[str, Any], category: Category, *, card_presented: bool) -> bool:
    """Say whether the message is due for that category, now."""
    if message.get("card_presented") and not card_presented:
        return False
    return "articles" not in message or category in message["articles"]


def _propose_one(message: Mapping[str, Any], category: Category, municipality: str, day: date) -> Proposed:
    kind = Kind(message["kind"])
    preset: Record = {"kind": str(kind), "municipality": municipality, **deepcopy(message.get("preset", {}))}
    if kind is not Kind.CERTIFICATE_DELIVERY:
        preset["person"] = {}
        preset["category"] = str(category)
    choices = _choices(message, category, preset, day)
    if "article" in choices and not message.get("choose_article"):
        preset["article"] = choices["article"][0]
    asked = wanted_items(preset, municipality=municipality, today=day)
    return Proposed(kind, preset, choices, asked, _optional(kind, category, choices.get("article", ()), day))


def _choices(
    message: Mapping[str, Any], category: Category, preset: Mapping[str, Any], day: date
) -> dict[str, tuple[str, ...]]:
    """Collect the fields of which the event leaves several values open."""
    choices: dict[str, tuple[str, ...]] = {}
    if "articles" in message:
        choices["article"] = tuple(message["articles"][category])
    cause = tables.causes().at(preset.get("basis", {}).get("cause", ""), day)
    if cause is not None and len(cause.actions) > 1:
        choices["action"] = cause.actions
    return choices


def _optional(kind: Kind, category: Category, articles: tuple[str, ...], day: date) -> tuple[str, ...]:
    """List what may be added to a message of that kind without anything wanting it."""
    if kind is Kind.CERTIFICATE_DELIVERY:
        return ()
    fields = ["person.name_kanji", "person.birth_date_note"]
    if category is Category.MID_LONG_TERM:
        fields.append("card_pending")
    entries = (tables.residence_articles().at(article, day) for article in articles)
    if any(entry is not None and entry.settled_on_first_residence for entry in entries):
        fields.append("had_residence")
    return tuple(fields)
