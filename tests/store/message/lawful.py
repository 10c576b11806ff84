"""Lawful records of every event, drawn at random: what the form of entry would ask for, answered as the rules allow."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from store.clock import day_in_japan
from store.message import tables
from store.message.checks.checking import possible_items, wanted_items
from store.message.checks.items import FIELDS
from store.message.codes import NUMBER_OWNERS, Category, CorrectedItem
from store.message.declarations.items import Shape
from store.message.entry.proposal import Proposed, propose
from store.message.groups import value_at, with_value
from tests.store.message.specimens import MUNICIPALITY, NOW, Record

_FIRST = datetime(2012, 7, 9, tzinfo=UTC)
_TEXTS = (
    "NGUYEN THI MAI",
    "O'NEILL-SMITH",
    "葛\U000e0100\U00020bb7",
    "東京都新宿区架空町1-2",
    "头",
    "Ｗ 〓",
    "A" * 200,
)
# What the law leaves open beside what it asks for. Only some events allow a note, or a card that comes later.
_EXTRAS = ("person.name_kanji", "person.birth_date_note", "basis.date_note", "card_pending", "had_residence", "cancels")
_EVENTS = [event.code for event in tables.events().in_force(day_in_japan(NOW)) if event.messages]


def events() -> Sequence[str]:
    """Return the codes of the events that are notified."""
    return _EVENTS


def draw(event: str, dice: random.Random) -> list[Record]:
    """Return the messages of an event about some person, lawful on the day on which it happened."""
    moment = _FIRST + dice.random() * (NOW - _FIRST)
    moment = moment.replace(microsecond=0)
    while True:
        category = dice.choice(list(Category))
        proposed = propose(event, category=category, municipality=MUNICIPALITY, now=moment)
        records = [_filled(each, moment, dice) for each in proposed]
        if proposed and not any(_excluded(record, category, moment) for record in records):
            return records


def _excluded(record: Record, category: Category, moment: datetime) -> bool:
    """Tell whether an event is none of that category: 経過滞在者 report neither 30条の46 nor 30条の47."""
    report = tables.reports().at(str(value_at(record, "basis.article")), day_in_japan(moment))
    return report is not None and category in report.not_for


def _filled(proposed: Proposed, moment: datetime, dice: random.Random) -> Record:
    record = {**proposed.preset, "reference": f"L-{dice.randrange(10**6)}", "occurred_at": moment.isoformat()}
    for field, codes in proposed.choices.items():
        record = with_value(record, field, dice.choice(codes))
    while wanted := wanted_items(record, municipality=MUNICIPALITY, now=NOW):
        record = with_value(record, wanted[0], _value(wanted[0], record, moment, dice))
    for field in possible_items(record, municipality=MUNICIPALITY, now=NOW):
        if field in _EXTRAS and dice.random() < 1 / 4 and _is_open(field, record, moment):
            record = with_value(record, field, _value(field, record, moment, dice))
    return record


def _is_open(field: str, record: Record, moment: datetime) -> bool:
    day = day_in_japan(moment)
    if field == "card_pending":
        # Only a landing port can say so: neither with 30条の47 nor with 19条の8.
        reports: tuple[Any, ...] = (
            tables.reports().at(str(value_at(record, "basis.article")), day),
            tables.residence_articles().at(str(value_at(record, "article")), day),
        )
        return record.get("category") == NUMBER_OWNERS["card_number"] and all(
            report is None or report.card_pending for report in reports
        )
    # Who had a residence before states no day on which the first one was settled.
    return field != "had_residence" or "settled_on" not in record


def _value(field: str, record: Record, moment: datetime, dice: random.Random) -> Any:
    item = FIELDS[field]
    codes = item.value.codes_on(day_in_japan(moment))
    if field == "corrected":
        owned = {number for number, owner in NUMBER_OWNERS.items() if owner != record["category"]}
        return dice.sample([str(code) for code in CorrectedItem if code not in owned], dice.randint(1, 3))
    if codes:
        return dice.choice(codes)
    day = (date(1930, 1, 1) + timedelta(days=dice.randrange(36_000))).isoformat()
    cause = tables.causes().at(str(value_at(record, "basis.cause")), day_in_japan(moment))
    whole = field == "basis.date" and cause is not None and not cause.partial_date
    return {
        Shape.TEXT: dice.choice(_TEXTS),
        Shape.WORD: f"{dice.randrange(10**10):010}",
        Shape.NUMBER: f"AB{dice.randrange(10**8):08}CD",
        Shape.DAY: day,
        Shape.PAPER_DATE: day if whole else dice.choice((day, day[:8] + "00", day[:5] + "00-00", "0000-00-00")),
        Shape.YES_NO: True,
    }[item.value.shape]


def breakages(record: Record) -> list[tuple[str, Any]]:
    """Return the ways to break a lawful record in one place: the dotted name of an item, and a value it cannot have."""
    wrong: dict[Shape, tuple[Any, ...]] = {
        Shape.TEXT: ("", "A\x1bB", "A\u202eB", "\ufffd", 7),
        Shape.WORD: ("新宿 1", ""),
        Shape.NUMBER: ("AB1234567CD", "ab12345678cd"),
        Shape.DAY: ("2026-02-30", "20261101", "2026-11-00"),
        Shape.PAPER_DATE: ("1990-13-01", "1990-4-1"),
        Shape.MOMENT: ("2026-11-20T09:30:00", "2012-07-08T00:00:00+09:00"),
        Shape.YES_NO: ("yes", 1),
        Shape.CODE: ("no_such_code",),
        Shape.CODES: (["no_such_code"], "name"),
    }
    stated = [field for field in FIELDS if field != "kind" and value_at(record, field) is not None]
    # What is nobody's business, what nobody knows, and a number that belongs to no such person.
    alien = [("household_head", "X"), ("shoe_size", "27"), *([("person.alias", "X")] if "person" in record else [])]
    return [*((field, value) for field in stated for value in wrong[FIELDS[field].value.shape]), *alien]
