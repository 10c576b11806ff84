"""The format of records: the items of each kind, and an example for each event (異動) that is notified.

An example is what the form of entry proposes for its event, with the items filled in for which the rules then ask. So
it cannot be other than what the rules want.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from console.guide.filling import filled
from console.words import Words
from store import clock
from store.message import tables
from store.message.checks.checking import check
from store.message.checks.items import ITEMS, ordered_fields
from store.message.codes import Category, Kind
from store.message.entry.proposal import Proposed, propose, usual_category
from store.message.groups import Record, with_value

MUNICIPALITY: Final = "131041"
_INDENT: Final = "    "
# Nobody of this name lives at this address.
_PERSON: Final[Mapping[str, str]] = {
    "person.name": "REI TARO",
    "person.name_kanji": "例太郎",
    "person.birth_date": "1990-04-15",
    "person.sex": "male",
    "person.nationality": "USA",
    "person.address": "東京都新宿区仮設町一丁目1番1号",
}
# No event has so many items: then one of them is asked for again and again.
_MOST_ANSWERS: Final = 40


def items(words: Words) -> Iterator[str]:
    """Yield the items of each kind, in the order of the law, with their names and the values they may have."""
    today = clock.day_in_japan(clock.now())
    for kind in Kind:
        yield ""
        yield f"{words(f'kinds.{kind}')} ({kind})"
        declared = {item.field: item for item in ITEMS[kind]}
        for field in ordered_fields(kind):
            item = declared[field]
            # A list of groups is named as a group.
            name = words.name("items.field" if words.has(f"items.field.{field}") else "items.group", field)
            yield from filled(f"{field}  {name}", _INDENT)
            if item.value.codes is not None:
                yield from filled("= " + ", ".join(item.value.codes_on(today)), _INDENT * 2)


def examples(words: Words) -> Iterator[str]:
    """Yield each event with the records that it causes, as lines of a JSON Lines file."""
    for event, records in example_records(clock.now()):
        yield ""
        yield from filled(f"{event.name(words.language)} ({event.code})")
        yield from (f"  {json.dumps(record, ensure_ascii=False)}" for record in records)


def example_records(now: datetime) -> Iterator[tuple[tables.CounterEvent, list[Record]]]:
    """Yield every event that is notified, with an example of each of its messages."""
    day, number = clock.day_in_japan(now), 0
    for event in tables.events().in_force(day):
        usual = usual_category(event, day)
        category = Category.MID_LONG_TERM if usual is None else Category(usual)
        records = []
        for proposed in propose(event.code, category=category, municipality=MUNICIPALITY, now=now):
            number += 1
            records.append(_filled_in(proposed, number, now))
        if records:
            yield event, records


def _filled_in(proposed: Proposed, number: int, now: datetime) -> Record:
    """Return a proposed message with an answer to everything that the rules ask for."""
    record = dict(proposed.preset)
    for field, choices in proposed.choices.items():
        record = with_value(record, field, choices[0])
    # Filling in an item may make the rules ask for others, or for less.
    for _ in range(_MOST_ANSWERS):
        asked = [finding.field for finding in check(record, municipality=MUNICIPALITY, now=now).errors]
        if not asked:
            return record
        record = with_value(record, asked[0], _answer(asked[0], number, now))
    raise AssertionError(f"{proposed.kind} asks on: {asked}")


def _answer(field: str, number: int, now: datetime) -> Any:
    yesterday = (now - timedelta(days=1)).astimezone(clock.JAPAN)
    answers: dict[str, Any] = {
        **_PERSON,
        "reference": f"R26-{number:06}",
        "subject": "1000000001",
        "action": "entry",
        "corrected": ["name"],
        "card_number": "AB12345678CD",
        "certificate_number": "AB12345678CD",
        "previous_address": "東京都新宿区仮設町二丁目2番2号",
        "occurred_at": yesterday.replace(microsecond=0).isoformat(),
        "article": "immigration-19-7",
        # A newborn without a name is told of without the items of a person.
        "person": None,
    }
    return answers.get(field, yesterday.date().isoformat())
