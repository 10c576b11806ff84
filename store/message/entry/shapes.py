"""What the values of items look like to somebody who types them, and the codes among which one is chosen.

The declarations decide which values are right; this module only says which kind of answer each item takes.
"""

from datetime import date

from store.message.checks.items import FIELDS
from store.message.declarations.items import Shape

__all__ = ["Shape", "codes_of", "shape_of"]


def shape_of(field: str) -> Shape:
    """Return which kind of answer an item takes, by its dotted name."""
    item = FIELDS.get(field)
    return Shape.TEXT if item is None else item.value.shape


def codes_of(field: str, day: date) -> tuple[str, ...]:
    """Return the codes among which an item is chosen on a day; none for an item that is typed."""
    item = FIELDS.get(field)
    return () if item is None else item.value.codes_on(day)
