"""What to send after an event (異動): a message or a pair of messages, with the items that the event determines.

The table of events is dated data. There is no second table of the items to ask for: they are what the rules want in the
record so far.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from store.clock import day_in_japan
from store.message import tables
from store.message.checks.checking import wanted_items
from store.message.checks.items import FIELDS, ITEMS
from store.message.codes import Category, Kind
from store.message.groups import Record
from store.message.search import search_form


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposed message.

    `preset` is the record so far. `choices` holds, for some fields, the values among which the operator chooses.
    `asked` holds the fields that the rules want next, in order; `wanted_items` tells what they want after each answer.
    """

    kind: Kind
    preset: Record
    choices: Mapping[str, tuple[str, ...]]
    asked: tuple[str, ...]


def common_item(field: str) -> str | None:
    """Return the name under which the messages of an event share an item; None for an item of a single message."""
    item = FIELDS.get(field)
    if item is None:
        return None
    return item.same_as or (field if item.shared else None)


def propose(
    event: str, *, category: Category, municipality: str, now: datetime, card_presented: bool = True
) -> tuple[Proposed, ...]:
    """Propose the messages that an event causes for a person of a category; none when it is never notified.

    `card_presented` tells whether the card was handed in with the report. If it was not, the report of residence
    follows later, alone. Raises KeyError for an event that the table does not have on that day.
    """
    entry = tables.events().at(event, day_in_japan(now))
    if entry is None:
        raise KeyError(event)
    due = (message for message in entry.messages if _is_due(message, category, card_presented=card_presented))
    return tuple(_propose_message(message, category, municipality, now) for message in due)


def events_named(text: str, day: date) -> tuple[tables.CounterEvent, ...]:
    """Return the events of a day that somebody may mean by a part of a name or of what people call them besides."""
    wanted = search_form(text.strip())
    return tuple(event for event in tables.events().in_force(day) if wanted in _names_of(event))


def _names_of(event: tables.CounterEvent) -> str:
    # In the form of the search, so that neither width nor capitals matter. Nobody types a line end.
    return search_form("\n".join((event.ja, event.en, *event.aliases)))


def usual_category(event: tables.CounterEvent, day: date) -> str | None:
    """Return the category to which who has such an event usually belongs, or None where each is as likely."""
    for message in event.messages:
        cause = tables.causes().at(message.get("preset", {}).get("basis", {}).get("cause", ""), day)
        if cause is not None and cause.category is not None:
            return cause.category
    return None


def _is_due(message: Mapping[str, Any], category: Category, *, card_presented: bool) -> bool:
    """Tell whether the message is due now for that category."""
    if message.get("card_presented") and not card_presented:
        return False
    return "articles" not in message or category in message["articles"]


def _propose_message(message: Mapping[str, Any], category: Category, municipality: str, now: datetime) -> Proposed:
    kind = Kind(message["kind"])
    # A copy, because the table is cached and the record will be changed.
    given = deepcopy(message.get("preset", {}))
    preset: Record = {"kind": str(kind), "municipality": municipality, **given}
    # An empty group makes the rules ask for its items one by one, instead of for the group.
    if "person" in ITEMS[kind]:
        preset["person"] = {}
    if "category" in ITEMS[kind]:
        preset["category"] = str(category)
    choices = _choices(message, category, preset, day_in_japan(now))
    # The table has the usual article first: the operator sees it filled in and may change it.
    if "article" in choices and not message.get("choose_article"):
        preset["article"] = choices["article"][0]
    asked = wanted_items(preset, municipality=municipality, now=now)
    return Proposed(kind, preset, choices, asked)


def _choices(
    message: Mapping[str, Any], category: Category, preset: Mapping[str, Any], day: date
) -> dict[str, tuple[str, ...]]:
    """Collect the fields for which the event leaves several values open."""
    choices: dict[str, tuple[str, ...]] = {}
    if "articles" in message:
        choices["article"] = tuple(message["articles"][category])
    # Some causes allow an entry, a deletion or a correction: only the operator knows which of them was made. An event
    # that says what is corrected leaves nothing open.
    cause = tables.causes().at(preset.get("basis", {}).get("cause", ""), day)
    if cause is not None and len(cause.actions) > 1 and "corrected" not in preset:
        choices["action"] = cause.actions
    return choices
