"""What the law says of the items of a message together, as the reference agency sees it.

`law.toml` is the agency's own table. Each check returns the first breach, with the name of the item at fault, or None.
The items are flat, by their dotted names, and of the right shape: `transport.agency.validation` has seen to that.
"""

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from transport import wire
from transport.agency.texts import Rejection

_FILE: Final = Path(__file__).parent / "law.toml"
# The linkage began on 2012-07-09 in Japan.
_FIRST_MOMENT: Final = datetime(2012, 7, 8, 15, tzinfo=UTC)
_PAPER_DATE: Final = re.compile(r"[0-9]{4}-(0[0-9]|1[0-2])-([0-2][0-9]|3[01])")
_NUMBER: Final = re.compile(r"[A-Z]{2}[0-9]{8}[A-Z]{2}")
_DAYS: Final = (
    "reported_on",
    "delivered_on",
    "settled_on",
    "moved_on",
    "noticed_on",
    "basis.reported_on",
    "basis.planned_departure",
    "category_lost.on",
)
_YES_NO: Final = ("card_pending", "had_residence", "name_pending")
_LISTS: Final = ("corrected", "changes")
_POINTERS: Final = ("cancels", "replaces", "supersedes")
_BASES: Final = {
    "report": ("article", "reported_on"),
    "ex_officio": ("paragraph", "cause", "date"),
}
_ONLY_IN: Final = {
    "report": ("paragraph", "cause", "date", "date_note"),
    "ex_officio": ("article", "reported_on", "planned_departure"),
}
# So many marks may lie on one character (PROTOCOL.md, 6.8).
_MOST_MARKS: Final = 16
# What a program writes for a character that it could not read, and what turns the direction of a text.
_REFUSED: Final = frozenset("\ufffd\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_STEERING: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Blanks, Default_Ignorable_Code_Point of Unicode, and the braille pattern without a dot: nothing is to be seen.
_NOTHING: Final = re.compile(
    "[\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]*"
)

Items = Mapping[str, Any]
Breaches = Iterator[Rejection]


def first_breach(kind: str, items: Items, now: datetime) -> Rejection | None:
    """Return the first breach of the law in a message of that kind, or None."""
    # What shows nothing comes last: an item that must not be there, or has another form, is not called missing.
    own: Sequence[Callable[[Items], Breaches]] = _OF_KIND.get(kind, ())
    checks = (_moment(now), _texts, _dates, _pointers, _card, *own, _empty)
    return next((breach for check in checks for breach in check(items)), None)


def _moment(now: datetime) -> Callable[[Items], Breaches]:
    def check(items: Items) -> Breaches:
        moment = datetime.fromisoformat(items["occurred_at"])
        if not _FIRST_MOMENT <= moment <= now + wire.CLOCK_TOLERANCE:
            yield _malformed("occurred_at")

    return check


def _texts(items: Items) -> Breaches:
    for name, value in items.items():
        if name in _LISTS:
            continue
        if name in _YES_NO:
            if not isinstance(value, bool):
                yield _malformed(name)
        elif not isinstance(value, str) or _steers(value):
            yield _malformed(name)
    nationality = items.get("person.nationality")
    if nationality is not None and nationality not in _law()["values"]["nationalities"].split():
        yield _malformed("person.nationality")


def _empty(items: Items) -> Breaches:
    for name, value in items.items():
        if isinstance(value, str) and _NOTHING.fullmatch(value):
            yield Rejection("item_missing", name)


def _steers(text: str) -> bool:
    if text.isascii() and text.isprintable():
        return False
    categories = [unicodedata.category(character) for character in text]
    if any(character in _REFUSED for character in text) or not _STEERING.isdisjoint(categories):
        return True
    return any(len(list(run)) > _MOST_MARKS for mark, run in groupby(categories, _is_mark) if mark)


def _is_mark(category: str) -> bool:
    return category.startswith("M")


def _dates(items: Items) -> Breaches:
    for name in _DAYS:
        if name in items and not _is_day(items[name]):
            yield _malformed(name)
    birth = items.get("person.birth_date")
    if birth is not None and _PAPER_DATE.fullmatch(birth) is None:
        yield _malformed("person.birth_date")


def _pointers(items: Items) -> Breaches:
    for name in _POINTERS:
        if name in items and items[name] == items["reference"]:
            yield _unlawful(name)
    if "cancels" in items and "replaces" in items:
        yield _unlawful("replaces")


def _card(items: Items) -> Breaches:
    if items.get("card_pending") is True and items.get("category") != "mid_long_term":
        yield _unlawful("card_pending")


def _name(items: Items) -> Breaches:
    pending = items.get("name_pending") is True
    if pending and items.get("basis.cause") != "birth":
        yield _unlawful("name_pending")
    if pending:
        yield from (_unlawful(name) for name in ("person.name", "person.name_kanji") if name in items)
    elif "person.name" not in items:
        yield Rejection("item_missing", "person.name")


def _basis(items: Items) -> Breaches:
    basis = items["basis.kind"]
    for name in _BASES[basis]:
        if f"basis.{name}" not in items:
            yield Rejection("item_missing", f"basis.{name}")
    for name in _ONLY_IN[basis]:
        if f"basis.{name}" in items:
            yield _unlawful(f"basis.{name}")
    yield from _report(items) if basis == "report" else _ex_officio(items)


def _report(items: Items) -> Breaches:
    report = _law()["reports"].get(items["basis.article"])
    if report is None:
        yield _malformed("basis.article")
        return
    if items["action"] != report["action"]:
        yield _unlawful("action")
    if items["category"] in report.get("not_for", ()):
        yield _unlawful("category")
    if items.get("card_pending") is True and not report.get("card_pending", True):
        yield _unlawful("card_pending")
    if ("basis.planned_departure" in items) != report.get("planned_departure", False):
        yield _unlawful("basis.planned_departure")
    yield from _corrected_alone(items, report)


def _ex_officio(items: Items) -> Breaches:
    cause = _law()["causes"].get(items["basis.cause"])
    if cause is None:
        yield _malformed("basis.cause")
        return
    if items["basis.paragraph"] not in cause["paragraphs"]:
        yield _unlawful("basis.paragraph")
    if items["action"] not in cause["actions"]:
        yield _unlawful("action")
    day = items["basis.date"]
    if not (_PAPER_DATE.fullmatch(day) if cause.get("partial") else _is_day(day)):
        yield _malformed("basis.date")
    if "basis.date_note" in items and not cause.get("note"):
        yield _unlawful("basis.date_note")
    yield from _corrected_alone(items, cause)


def _corrected_alone(items: Items, basis: Mapping[str, Any]) -> Breaches:
    allowed = basis.get("corrected")
    if allowed is not None and items.get("corrected", allowed) != allowed:
        yield _unlawful("corrected")


def _correction(items: Items) -> Breaches:
    corrected, table = items.get("corrected", []), _law()["corrected"]
    if not isinstance(corrected, list) or any(item not in table["items"] for item in corrected):
        yield _malformed("corrected")
        return
    if len(set(corrected)) < len(corrected) or bool(corrected) != (items["action"] == "correction"):
        yield _unlawful("corrected")
    for number, owner in table["owners"].items():
        if number in corrected and items["category"] != owner and "category" not in corrected:
            yield _unlawful("corrected")
    if ("previous_address" in items) != ("address" in corrected):
        yield _unlawful("previous_address")


def _residence(items: Items) -> Breaches:
    article = _law()["residence"].get(items["article"])
    if article is None:
        yield _malformed("article")
        return
    if items["category"] != article["category"]:
        yield _unlawful("article")
    if items.get("card_pending") is True and not article.get("card_pending", True):
        yield _unlawful("card_pending")
    deemed_by = items.get("deemed_by")
    if deemed_by is not None and deemed_by not in article["deemed_by"]:
        yield _unlawful("deemed_by")
    for name in ("settled_on", "moved_on", "previous_address"):
        if (name in items) != _carries(article.get(name), items):
            yield _unlawful(name)


def _carries(condition: Mapping[str, Any] | None, items: Items) -> bool:
    """Tell whether a report of residence carries an item; None where it never does."""
    if condition is None or items.get("deemed_by") in condition.get("unless", ()):
        return False
    return not (condition.get("had_residence") and items.get("had_residence") is True)


def _changes(items: Items) -> Breaches:
    changes = items["changes"]
    lost = items.get("category_lost.cause")
    if lost is not None and lost not in _law()["values"]["losses"]:
        yield _malformed("category_lost.cause")
    if not isinstance(changes, list) or not all(map(_is_change, changes)):
        yield _malformed("changes")
        return
    if not changes and lost is None:
        yield Rejection("item_missing", "changes")
    categories = {items["category"]}
    for change in changes:
        if change["item"] == "category":
            categories |= {change.get("before"), change.get("after")}
    for change in changes:
        if _law()["changes"][change["item"]] not in {"", *categories} or _is_beside(change, items):
            yield _unlawful("changes")


def _is_change(change: Any) -> bool:
    if not isinstance(change, dict) or change.get("item") not in _law()["changes"]:
        return False
    given = [change[name] for name in ("before", "after") if name in change]
    texts = all(isinstance(value, str) and not _steers(value) for value in given)
    numbers = change["item"] not in _law()["corrected"]["owners"] or all(map(_NUMBER.fullmatch, given))
    return bool(given) and texts and numbers and change.get("reason") in _law()["values"]["reasons"]


def _is_beside(change: Mapping[str, Any], items: Items) -> bool:
    """Tell whether a change leads to something else than the notice states of the person."""
    item = change["item"]
    if item == "category":
        return "category_lost.cause" not in items and change.get("after") != items["category"]
    if item in _law()["corrected"]["owners"]:
        return items.get("card_pending") is not True and change.get("after") != items.get(item)
    return f"person.{item}" in _IN_PERSON and change.get("after") != items.get(f"person.{item}")


_IN_PERSON: Final = frozenset(f"person.{name}" for name in ("name", "name_kanji", "birth_date", "sex", "nationality"))
_OF_KIND: Final[Mapping[str, Sequence[Callable[[Items], Breaches]]]] = {
    "resident_record": (_basis, _name, _correction),
    "residence_report": (_residence,),
    "agency_notice": (_changes,),
}


def _malformed(field: str) -> Rejection:
    return Rejection("item_malformed", field)


def _unlawful(field: str) -> Rejection:
    return Rejection("item_unlawful", field)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


@cache
def _law() -> dict[str, Any]:
    with _FILE.open("rb") as stream:
        return tomllib.load(stream)
