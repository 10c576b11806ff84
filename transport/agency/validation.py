"""Whether the reference agency accepts a message: first its shape, then what the law says of its items together.

`shapes.toml` lists the items of each kind. It is the agency's own copy on purpose: two programs that share a mistake
would agree on it. A verdict names only the first fault, as a real agency's would.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from transport import wire
from transport.agency.legality import first_breach
from transport.agency.texts import Rejection

NOTICE_KIND: Final = "agency_notice"
_FILE: Final = Path(__file__).parent / "shapes.toml"
_REFERENCE: Final = re.compile(wire.REFERENCE)
_NUMBER: Final = re.compile(r"[A-Z]{2}[0-9]{8}[A-Z]{2}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBERS: Final = ("card_number", "certificate_number")
_DAYS: Final = (
    "reported_on",
    "delivered_on",
    "settled_on",
    "moved_on",
    "noticed_on",
    "basis.reported_on",
    "basis.date",
)
# An earlier message is pointed at by its reference.
_REFERENCES: Final = ("reference", "cancels", "replaces", "supersedes")
_PATTERNS: Final = {
    **dict.fromkeys(_REFERENCES, _REFERENCE),
    **dict.fromkeys(_NUMBERS, _NUMBER),
    **dict.fromkeys(_DAYS, _DAY),
}
# Items that must never leave the municipality, or that belong to another kind. A refusal may repeat these names.
_KNOWN_INTRUDERS: Final = frozenset({"subject", "person", "basis", *_NUMBERS, *_DAYS})
# The number that belongs to a category; the other categories have none (入管法施行令, 入管特例法施行令).
_NUMBER_OF: Final = {"mid_long_term": "card_number", "special_permanent": "certificate_number"}


class Validated(NamedTuple):
    """The verdict on a content. `kind` and `reference` are None when the content does not show them."""

    kind: str | None
    reference: str | None
    refusal: Rejection | None


def validate(content: bytes, municipality: str, now: datetime) -> Validated:
    """Validate the content of a message from a terminal of `municipality`. Never raises, whatever the content is."""
    # Kind and reference come first: they go into the result even when the rest is wrong, so that people can find the
    # message.
    try:
        record = wire.decode(content, "content")
    except wire.WireError:
        return Validated(None, None, Rejection("content_unreadable"))
    kind, reference = record.get("kind"), record.get("reference")
    if not isinstance(kind, str) or kind not in _message_kinds():
        return Validated(None, None, Rejection("kind_unknown"))
    if not _matches(_REFERENCE, reference):
        # A reference of another form is not repeated: it might be anything.
        missing = record.get("reference", "") == ""
        return Validated(kind, None, Rejection("item_missing" if missing else "item_malformed", "reference"))
    return Validated(kind, reference, _first_fault(kind, record, municipality, now))


def fault_of_notice(notice: Mapping[str, Any], now: datetime) -> str | None:
    """Return the name of the first item at fault in an agency notice that is about to be posted, or None."""
    if notice.get("kind") != NOTICE_KIND:
        return "kind"
    items = dict(_flatten(notice))
    municipality = items.get("municipality")
    if not isinstance(municipality, str) or re.fullmatch(r"[0-9]{6}", municipality) is None:
        return "municipality"
    fault = _first_fault(NOTICE_KIND, notice, municipality, now)
    return fault.field if fault else None


def _first_fault(kind: str, record: Mapping[str, Any], municipality: str, now: datetime) -> Rejection | None:
    # The later checks rely on the earlier ones: once the items are right, those that are required can be read.
    items = dict(_flatten(record))
    return (
        _wrong_items(kind, record, items)
        or _wrong_values(items)
        or (Rejection("municipality_foreign", "municipality") if items["municipality"] != municipality else None)
        or (_wrong_number(items) if kind in _message_kinds() else None)
        or first_breach(kind, items, now)
    )


def _wrong_items(kind: str, record: Mapping[str, Any], items: Mapping[str, Any]) -> Rejection | None:
    always, admitted = _names(kind)
    for name in always:
        if items.get(name, "") == "":
            return Rejection("item_malformed" if _is_misshapen(record, name) else "item_missing", name)
    for name, value in items.items():
        if name not in admitted:
            # An unknown name might be anything, even the name of a person: it is not repeated.
            return Rejection("item_unknown", name if name in _KNOWN_INTRUDERS else "-")
        if value is None or isinstance(value, dict):
            return Rejection("item_malformed", name)
    return None


def _is_misshapen(record: Mapping[str, Any], name: str) -> bool:
    """Tell whether an item that was not found is there in another form: a text for a group, or a group for a text."""
    outer, dot, _ = name.partition(".")
    return record.get(outer, "") != "" and isinstance(record[outer], dict) != bool(dot)


def _wrong_values(items: Mapping[str, Any]) -> Rejection | None:
    if not _is_moment(items["occurred_at"]):
        return Rejection("item_malformed", "occurred_at")
    for name, value in items.items():
        admitted, pattern = _admitted().get(name), _PATTERNS.get(name)
        if (admitted is not None and value not in admitted) or (pattern is not None and not _matches(pattern, value)):
            return Rejection("item_malformed", name)
    return None


def _wrong_number(items: Mapping[str, Any]) -> Rejection | None:
    if "category" not in items:
        return None
    wanted = _NUMBER_OF.get(items["category"])
    # The residence card may be delivered later (後日交付). Only then may its number be missing.
    pending = wanted == "card_number" and items.get("card_pending") is True
    for name in _NUMBERS:
        if (name in items) != (name == wanted) and not (name == wanted and pending):
            return Rejection("number_missing", name)
    return None


def _flatten(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield dotted names and values. No item has more than two levels; a third one stays whole and is malformed."""
    for name, value in record.items():
        if isinstance(value, dict):
            for inner, item in value.items():
                yield f"{name}.{inner}", item
        else:
            yield name, value


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_moment(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


@cache
def _message_kinds() -> frozenset[str]:
    """Return the kinds that a municipality sends: all of the table but the notices, which only the agency sends."""
    return frozenset(_shapes()["kinds"]) - {NOTICE_KIND}


@cache
def _names(kind: str) -> tuple[list[str], frozenset[str]]:
    """Return the required items of messages of the kind, and all items that are admitted."""
    common, own = _shapes()["common"], _shapes()["kinds"][kind]
    always = [*common["always"], *own["always"]]
    return always, frozenset([*always, *common["may"], *own["may"]])


@cache
def _admitted() -> Mapping[str, list[str]]:
    admitted: Mapping[str, list[str]] = _shapes()["values"]
    return admitted


@cache
def _shapes() -> dict[str, Any]:
    with _FILE.open("rb") as stream:
        return tomllib.load(stream)
