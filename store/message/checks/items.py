"""The items of all kinds, collected from their declarations."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final, Literal

from store.message.codes import Kind
from store.message.declarations.items import Item, Items
from store.message.kinds import CLASSES

ITEMS: Final[Mapping[Kind, Items]] = MappingProxyType({kind: CLASSES[kind].items for kind in Kind})
"""The items of each kind."""

FIELDS: Final[Mapping[str, Item]] = MappingProxyType({item.field: item for items in ITEMS.values() for item in items})
"""Every item of any kind by its dotted name. Kinds that share a field declare it as the same item."""

NAMES: Final = frozenset(name for items in ITEMS.values() for name in items.names())
"""The names that the records of any kind have at their top level, to tell an item of another kind from a mistake."""


def ordered_fields(kind: Kind) -> tuple[str, ...]:
    """Return the items of a kind in the order of the law, each followed by those that only say more about it."""
    # The columns of files have an order of their own, in which the items that are always there come first. An item
    # whose predecessor this kind does not have keeps its place in that order.
    ordered: list[str] = []
    for item in ITEMS[kind]:
        place = ordered.index(item.after) + 1 if item.after in ordered else len(ordered)
        ordered.insert(place, item.field)
    return tuple(ordered)


def name_of(field: str, code: str, day: date, language: Literal["ja", "en"]) -> str | None:
    """Return what `code` in a field is called on a day, for the fields whose codes are dated; else None."""
    item = FIELDS.get(field)
    table = None if item is None else item.value.table
    entry = None if table is None else table().at(code, day)
    return None if entry is None else entry.name(language)


def aliases_of(field: str, code: str, day: date) -> tuple[str, ...]:
    """Return what people call a code besides, for the fields whose dated table says so."""
    item = FIELDS.get(field)
    table = None if item is None else item.value.table
    entry = None if table is None else table().at(code, day)
    return getattr(entry, "aliases", ())
