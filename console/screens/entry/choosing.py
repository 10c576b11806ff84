"""The value that a choice gives: one code, several of a list, yes or no, or what the rules propose for an item."""

from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from store.message import tables

if TYPE_CHECKING:
    from console.jobs.entry.draft import Draft
    from console.jobs.entry.items import DraftItem

_ADDRESSES: Final = frozenset({"person.address", "previous_address"})
# What is said of the value that a rule proposes.
_SAID: Final = MappingProxyType({"name_small_letters": "entry.capitals", "character_not_seiji": "entry.seiji"})
_YES_NO: Final = MappingProxyType({"true": True, "false": False})


def codes_for(draft: "Draft", item: "DraftItem") -> tuple[str, ...]:
    """Return the codes among which an item is chosen.

    Yes and no are no codes of a table, but they are chosen like those.
    """
    return tuple(_YES_NO) if item.shape == "yes_no" else draft.codes(item)


def code_of(value: object) -> str | None:
    """Return the code of a value in a list of codes."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else None


def plain(code: str) -> object:
    """Return the value that a code stands for."""
    return _YES_NO.get(code, code)


def with_code(draft: "Draft", item: "DraftItem", code: str | None) -> object:
    """Return the value of an item after a code was chosen, or taken back (None)."""
    if item.shape != "codes" or code is None:
        return None if code is None else plain(code)
    # A code that is there is taken out, another one is put in. The order is that of the list, not of the keys.
    before = list(item.value or ())
    return [listed for listed in draft.codes(item) if (listed in before) != (listed == code)]


def proposal(item: "DraftItem", municipality: str, day: date) -> tuple[str, str] | None:
    """Return what is proposed for an item, with the key of what is said of it; None where nothing is.

    A rule proposes what the law puts in a value's place. An address that is still empty begins with the municipality.
    """
    # The first rule that knows better decides: pressed again, the key takes the next proposal.
    for finding in item.findings:
        if finding.mend is not None:
            return finding.mend(str(item.value)), _SAID[finding.rule]
    ours = tables.municipalities().at(municipality, day)
    if item.field not in _ADDRESSES or item.value is not None or ours is None:
        return None
    return f"{ours.prefecture}{ours.ja}", "entry.begun"
