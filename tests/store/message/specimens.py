"""Invented records without faults, one for each form that the rules know, and functions that change and check them."""

import copy
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from store.message.checks.checking import Checked, check

MUNICIPALITY: Final = "131041"
NOW: Final = datetime(2026, 11, 23, 3, tzinfo=UTC)
TODAY: Final = date(2026, 11, 23)
"""The day of `NOW` in Japan."""
REMOVED: Final = object()

Record = dict[str, Any]

PERSON: Final[Record] = {
    "name": "HOSSAIN RAFIQ",
    "birth_date": "1990-02-28",
    "sex": "male",
    "nationality": "BGD",
    "address": "東京都新宿区架空町一丁目2番3号",
}


def _head(kind: str, number: int) -> Record:
    return {
        "kind": kind,
        "reference": f"X-{number:04}",
        "municipality": MUNICIPALITY,
        "occurred_at": "2026-11-20T09:30:00+09:00",
    }


def _outgoing(kind: str, number: int, **items: object) -> Record:
    return {**_head(kind, number), "subject": f"00000{number:05}", **copy.deepcopy(items)}


def _record(number: int, action: str, basis: Record, **items: object) -> Record:
    return _outgoing(
        "resident_record",
        number,
        **{
            "person": PERSON,
            "category": "mid_long_term",
            "card_number": "AB12345678CD",
            "action": action,
            "basis": basis,
            **items,
        },
    )


def _reported(article: str, **items: object) -> Record:
    return {"kind": "report", "article": article, "reported_on": "2026-11-19", **items}


def _ex_officio(paragraph: str, cause: str, day: str = "2026-11-20") -> Record:
    return {"kind": "ex_officio", "paragraph": paragraph, "cause": cause, "date": day}


def _report(number: int, article: str, **items: object) -> Record:
    return _outgoing(
        "residence_report",
        number,
        **{
            "person": PERSON,
            "category": "mid_long_term",
            "card_number": "AB12345678CD",
            "reported_on": "2026-11-19",
            "article": article,
            **items,
        },
    )


def _notice(number: int, changes: list[Record], **items: object) -> Record:
    return {
        **_head("agency_notice", number),
        "noticed_on": "2026-11-19",
        "person": copy.deepcopy(PERSON),
        "category": "mid_long_term",
        "card_number": "AB12345678CD",
        "changes": changes,
        **items,
    }


_SPECIAL: Final[Mapping[str, str]] = {"category": "special_permanent", "certificate_number": "EF87654321GH"}


def _special(record: Record) -> Record:
    del record["card_number"]
    return {**record, **_SPECIAL}


def _of_category(record: Record, category: str) -> Record:
    del record["card_number"]
    return {**record, "category": category}


_KANJI: Final = "邊\U000e0100\U0002000b"
_BORN: Final = "2026-11-02"


def _newborn(record: Record) -> Record:
    record["person"]["birth_date"] = _BORN
    return _of_category(record, "transitional")


GOOD: Final[Mapping[str, Record]] = {
    "arrival": _record(1, "entry", _reported("juki-30-46")),
    "became": _record(2, "entry", _reported("juki-30-47")),
    "move_in": _special(_record(3, "entry", _reported("juki-22"))),
    "move_within": _record(
        4,
        "correction",
        _reported("juki-23"),
        corrected=["address"],
        previous_address="東京都新宿区仮設町9番9号",
    ),
    "move_out": _record(5, "deletion", _reported("juki-24", planned_departure="2026-12-01")),
    "birth": _newborn(_record(6, "entry", _ex_officio("12-2", "birth", _BORN))),
    "death": _record(7, "deletion", _ex_officio("12-2", "death", "2026-10-00")),
    "naturalised": _special(_record(8, "deletion", _ex_officio("12-2", "naturalisation"))),
    "vanished": _record(9, "deletion", _ex_officio("12-2", "disappearance_30_1", "2024-00-00")),
    "renumbered": _record(
        10,
        "correction",
        _ex_officio("12-2", "address_renumbering"),
        corrected=["address"],
        previous_address="東京都新宿区旧町77番地",
    ),
    "renamed": _record(11, "correction", _ex_officio("12-3", "error"), corrected=["name", "birth_date"]),
    "special_renamed": _special(_record(16, "correction", _ex_officio("12-3", "error"), corrected=["name"])),
    "family": _record(17, "correction", _ex_officio("12-2", "family_register"), corrected=["name"]),
    "omitted_death": _record(
        18, "deletion", {**_ex_officio("12-3", "death", "2026-10-10"), "date_note": "10日頃から20日頃までの間"}
    ),
    "unreported": _of_category(_record(12, "deletion", _ex_officio("12-1", "unreported")), "provisional_stay"),
    "pending": {
        **_of_category(_record(13, "entry", _reported("juki-30-46")), "mid_long_term"),
        "card_pending": True,
    },
    "refuge": _of_category(_record(14, "entry", _reported("juki-22")), "temporary_refuge"),
    "cancelling": _record(15, "entry", _reported("juki-22"), cancels="X-0001"),
    "after_landing": _report(20, "immigration-19-7", deemed_by="juki-30-46", settled_on="2026-11-15"),
    "status_changed": _report(21, "immigration-19-8", settled_on="2026-11-15"),
    "status_deemed": _report(22, "immigration-19-8", deemed_by="juki-30-47"),
    "status_housed": _report(23, "immigration-19-8", had_residence=True),
    "moved": _report(24, "immigration-19-9", moved_on="2026-11-15", previous_address="北海道札幌市中央区架空1丁目"),
    "moved_from_abroad": _report(25, "immigration-19-9", deemed_by="juki-30-46", moved_on="2026-11-15"),
    "settled_special": _special(_report(26, "special-10-1", settled_on="2026-11-15")),
    "moved_special": _special(
        _report(
            27,
            "special-10-2",
            deemed_by="juki-23",
            moved_on="2026-11-15",
            previous_address="東京都新宿区仮設町9番9号",
        )
    ),
    "delivery": _outgoing("certificate_delivery", 30, certificate_number="EF87654321GH", delivered_on="2026-11-18"),
    "notice": _notice(
        40,
        [
            {"item": "status_of_residence", "before": "留学", "after": "永住者", "reason": "changed"},
            {"item": "period_of_stay", "before": "4年3月", "after": "無期限", "reason": "changed"},
            {"item": "card_number", "before": "ZZ00000000ZZ", "after": "AB12345678CD", "reason": "changed"},
            {"item": "name_kanji", "after": _KANJI, "reason": "error"},
        ],
        person={**PERSON, "name_kanji": _KANJI},
    ),
    "notice_special": _special(
        _notice(
            42, [{"item": "certificate_number", "before": "EF00000000GH", "after": "EF87654321GH", "reason": "changed"}]
        )
    ),
    "notice_extended": _notice(
        43, [{"item": "expiry_date", "before": "2026-12-01", "after": "2029-12-01", "reason": "changed"}]
    ),
    "status_given": _notice(
        44,
        [
            {"item": "category", "before": "transitional", "after": "mid_long_term", "reason": "changed"},
            {"item": "status_of_residence", "after": "家族滞在", "reason": "changed"},
        ],
        card_pending=True,
    ),
    "refuge_extended": _of_category(
        _notice(45, [{"item": "landing_period", "before": "2026-12-01", "after": "2027-06-01", "reason": "changed"}]),
        "temporary_refuge",
    ),
    "lost": _notice(41, [], category_lost={"cause": "departed", "on": "2026-11-18"}, supersedes="X-0040"),
}


def good(name: str) -> Record:
    """Return a fresh copy of the record with that name."""
    return copy.deepcopy(dict(GOOD[name]))


def changed(record: Record, changes: Mapping[str, object]) -> Record:
    """Return a copy with some items set or removed; dotted names such as `changes.0.after` reach inside."""
    result = copy.deepcopy(record)
    for path, value in changes.items():
        *way, last = path.split(".")
        group: Any = result
        for step in way:
            group = group[int(step)] if step.isdigit() else group[step]
        place = int(last) if isinstance(group, list) else last
        if value is REMOVED:
            del group[place]
        else:
            group[place] = value
    return result


def judge(record: object) -> Checked:
    """Check a record as the terminal of Shinjuku does."""
    return check(record, municipality=MUNICIPALITY, now=NOW)


def faults(record: object) -> set[tuple[str, str]]:
    """Return the field and the rule of each finding in a record."""
    return {(finding.field, finding.rule) for finding in judge(record).findings}
