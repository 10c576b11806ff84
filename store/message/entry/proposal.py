"""What to send after an event (異動): the message or the pair, with what the event settles already filled in.

The table of events is dated data; which items are then still to be asked for is no second table but
what the rules themselves want of the record so far.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from typing import Any

from store.message import tables
from store.message.checks.checking import wanted_items
from store.message.checks.items import FIELDS, ITEMS
from store.message.codes import Category, Kind
from store.message.groups import Record


@dataclass(frozen=True, slots=True)
class Proposed:
    """One proposed message.

    `preset` is the record so far; `choices` the values among which the operator may change or choose
    a field; `asked` the fields that the rules want next, in order (ask `wanted_items` again as they
    are filled in).
    """

    kind: Kind
    preset: Record
    choices: Mapping[str, tuple[str, ...]]
    asked: tuple[str, ...]


def common_item(field: str) -> str | None:
    """Return the one name under which the messages of an event share an item; None for an item of one message."""
    item = FIELDS.get(field)
    if item is None:
        return None
    return item.same_as or (field if item.shared else None)


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
    if "person" in ITEMS[kind]:
        preset["person"] = {}
    if "category" in ITEMS[kind]:
        preset["category"] = str(category)
    choices = _choices(message, category, preset, day)
    if "article" in choices and not message.get("choose_article"):
        preset["article"] = choices["article"][0]
    asked = wanted_items(preset, municipality=municipality, today=day)
    return Proposed(kind, preset, choices, asked)


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
