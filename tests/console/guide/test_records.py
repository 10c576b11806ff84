"""The examples of the record format: one for every event, and each passes the checks."""

import json
from datetime import datetime

import pytest

from console.guide.records import MUNICIPALITY, example_records, examples, items
from console.words import LANGUAGES, Language, Words
from store.clock import JAPAN
from store.message.checks.checking import check
from store.message.checks.items import ITEMS
from store.message.codes import Kind
from store.message.tables import events

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=JAPAN)


def test_every_event_that_is_notified_has_an_example() -> None:
    made = {event.code: records for event, records in example_records(NOW)}
    notified = [entry.code for entry in events().in_force(NOW.date()) if entry.messages]
    assert set(made) == set(notified)
    assert {record["kind"] for records in made.values() for record in records} == {
        str(kind) for kind in Kind if kind is not Kind.AGENCY_NOTICE
    }


@pytest.mark.parametrize(("code", "records"), [(event.code, records) for event, records in example_records(NOW)])
def test_each_example_passes_the_checks(code: str, records: list[dict[str, object]]) -> None:
    assert records, code
    for record in records:
        checked = check(json.loads(json.dumps(record)), municipality=MUNICIPALITY, now=NOW)
        assert checked.message is not None, checked.findings


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_shown_can_be_taken_in(language: Language) -> None:
    lines = list(examples(Words(language)))
    records = [json.loads(line) for line in lines if line.startswith("  {")]
    assert len({record["reference"] for record in records}) == len(records)
    text = "\n".join(items(Words(language)))
    for kind in Kind:
        assert f"({kind})" in text
        assert all(f"{item.field} " in text for item in ITEMS[kind])
