"""The items of each kind: where each stands, what its value must look like, and which are always there.

Items that depend on others (a number by category, a date by article) are optional here; whether they
must or must not be there is judged in `store.message.checks.conditions`.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from store.message.checks import values
from store.message.checks.findings import Findings
from store.message.checks.values import CheckValue, is_not_sent, one_of
from store.message.codes import Action, BasisKind, Category, ChangeReason, Kind, LossCause, NoticeItem, Sex

_LONGEST_SHOWN = 40


class Items:
    """A group of items by name: a record as a whole, or one nested in it."""

    __slots__ = ("_checks", "_required", "prefix")

    def __init__(self, prefix: str, required: Mapping[str, CheckValue], optional: Mapping[str, CheckValue]) -> None:
        self.prefix = prefix
        self._required = tuple((name, prefix + name) for name in required)
        self._checks = {name: (prefix + name, check) for name, check in {**required, **optional}.items()}

    def __contains__(self, name: object) -> bool:
        """Tell whether the group has an item of that name."""
        return name in self._checks

    def fields(self) -> Iterator[str]:
        """Yield the dotted names of the items, those of nested groups in the place of the group."""
        for field, check in self._checks.values():
            if isinstance(check, Items):
                yield from check.fields()
            else:
                yield field

    def __call__(self, value: object, field: str, notes: Findings) -> None:
        """Check a nested group as the value of an item."""
        if isinstance(value, dict):
            self.check(value, notes)
        else:
            notes.add(field, "group_expected")

    def check(self, group: Mapping[object, object], notes: Findings) -> None:
        """Check every item of the group, those nobody knows, and those that are missing."""
        for name, value in group.items():
            known = self._checks.get(name)  # type: ignore[call-overload]  # Any key may come out of a file.
            if known is None:
                _note_stranger(name, self.prefix, notes)
            else:
                known[1](value, known[0], notes)
        for name, field in self._required:
            if name not in group:
                notes.add(field, "item_missing")


def _note_stranger(name: object, prefix: str, notes: Findings) -> None:
    """Tell an item that the group does not have: sent never, by other kinds only, or known to nobody."""
    shown = prefix + _shown(name)
    if isinstance(name, str) and is_not_sent(name):
        notes.add(shown, "item_not_sent")
    elif any(name in items for items in ITEMS.values()) and not prefix:
        notes.add(shown, "item_not_for_kind")
    else:
        notes.add(shown, "item_unknown")


def _shown(name: object) -> str:
    """Make a name that came out of a file fit to be shown: short, and without characters that steer a screen."""
    text = name if isinstance(name, str) else type(name).__name__
    return "".join(character if character.isprintable() else "\ufffd" for character in text[:_LONGEST_SHOWN]) or "?"


def _checked_before(_value: object, _field: str, _notes: Findings) -> None:
    """Pass over an item that is checked before all others because they depend on it."""


def _checked_after(_value: object, _field: str, _notes: Findings) -> None:
    """Pass over an item that a rule over several items checks."""


_HEAD: Final[Mapping[str, CheckValue]] = {
    "kind": _checked_before,
    "reference": values.check_key,
    "municipality": values.check_municipality,
    "occurred_at": _checked_before,
}
_POINTERS: Final[Mapping[str, CheckValue]] = {"cancels": values.check_key, "replaces": values.check_key}
_OUTGOING_HEAD: Final[Mapping[str, CheckValue]] = {**_HEAD, "subject": values.check_key}

PERSON: Final = Items(
    "person.",
    required={
        "name": values.check_text,
        "birth_date": values.check_paper_date,
        "sex": one_of(Sex),
        "nationality": values.check_nationality,
        "address": values.check_text,
    },
    optional={"name_kanji": values.check_text, "birth_date_note": values.check_text},
)

BASIS: Final = Items(
    "basis.",
    required={"kind": one_of(BasisKind)},
    optional={
        "article": values.check_report_article,
        "reported_on": values.check_day,
        "planned_departure": values.check_day,
        "paragraph": values.check_paragraph,
        "cause": values.check_cause,
        "date": _checked_after,
    },
)

CATEGORY_LOST: Final = Items(
    "category_lost.", required={"cause": one_of(LossCause), "on": values.check_day}, optional={}
)

CHANGE_REQUIRED: Final[Mapping[str, CheckValue]] = {"item": one_of(NoticeItem), "reason": one_of(ChangeReason)}
CHANGE_OPTIONAL: Final[Mapping[str, CheckValue]] = {"before": _checked_after, "after": _checked_after}
"""One element of `changes`; the fields of its items depend on its place in the list."""

_NUMBERS: Final[Mapping[str, CheckValue]] = {
    "card_number": values.check_number,
    "certificate_number": values.check_number,
}

ITEMS: Final[Mapping[Kind, Items]] = MappingProxyType(
    {
        Kind.RESIDENT_RECORD: Items(
            "",
            required={
                **_OUTGOING_HEAD,
                "person": PERSON,
                "category": one_of(Category),
                "action": one_of(Action),
                "basis": BASIS,
            },
            optional={
                **_POINTERS,
                **_NUMBERS,
                "card_pending": values.check_yes_no,
                "corrected": values.check_corrected,
                "previous_address": values.check_text,
            },
        ),
        Kind.RESIDENCE_REPORT: Items(
            "",
            required={
                **_OUTGOING_HEAD,
                "person": PERSON,
                "category": one_of(Category),
                "reported_on": values.check_day,
                "article": values.check_residence_article,
            },
            optional={
                **_POINTERS,
                **_NUMBERS,
                "card_pending": values.check_yes_no,
                "deemed_by": values.check_word,
                "settled_on": values.check_day,
                "had_residence": values.check_yes_no,
                "moved_on": values.check_day,
                "previous_address": values.check_text,
            },
        ),
        Kind.CERTIFICATE_DELIVERY: Items(
            "",
            required={
                **_OUTGOING_HEAD,
                "certificate_number": values.check_number,
                "delivered_on": values.check_day,
            },
            optional=_POINTERS,
        ),
        Kind.AGENCY_NOTICE: Items(
            "",
            required={
                **_HEAD,
                "noticed_on": values.check_day,
                "person": PERSON,
                "category": one_of(Category),
            },
            optional={
                **_POINTERS,
                **_NUMBERS,
                "changes": _checked_after,
                "category_lost": CATEGORY_LOST,
                "supersedes": values.check_key,
            },
        ),
    }
)


# What the tables of the law have beside another item, although it is not always there.
_FOLLOWS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "card_number": "category",
        "certificate_number": "card_number",
        "card_pending": "card_number",
        "corrected": "action",
        "previous_address": "corrected",
    }
)


def ordered_fields(kind: Kind) -> tuple[str, ...]:
    """Return the items of a kind in the order of the law, each followed by those that only say more about it."""
    ordered: list[str] = []
    for field in ITEMS[kind].fields():
        base = _FOLLOWS.get(field)
        at = next((at for at, one in enumerate(ordered) if one == base or field.startswith(f"{one}_")), None)
        ordered.insert(len(ordered) if at is None else at + 1, field)
    return tuple(ordered)
