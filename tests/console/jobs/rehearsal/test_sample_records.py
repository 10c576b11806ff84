"""Invented records pass every rule, repeat with their seed, and hold every kind of event.

`console.jobs.rehearsal.sample_residents` draws the people, `console.jobs.rehearsal.sample_events` what happens to them.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from console.jobs.rehearsal.sample_events import EVENTS
from console.jobs.rehearsal.sample_records import Inventor
from console.jobs.rehearsal.world import OUTGOING, SEED
from store.message import tables
from store.message.checks.checking import check
from store.message.states import Direction

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
MUNICIPALITY = "131041"

Record = Mapping[str, Any]


def inventor(seed: int = 1) -> Inventor:
    return Inventor(seed=seed, now=NOW, municipality=MUNICIPALITY)


@pytest.mark.parametrize("seed", range(5))
def test_every_record_passes_every_rule(seed: int) -> None:
    made = inventor(seed)
    for direction, records in ((Direction.OUT, made.outgoing(200)), (Direction.IN, made.notices(50))):
        for record in records:
            checked = check(record, municipality=MUNICIPALITY, now=NOW, direction=direction)
            assert not checked.errors, record


def test_the_same_seed_gives_the_same_records() -> None:
    assert list(inventor().outgoing(40)) == list(inventor().outgoing(40))
    assert list(inventor().outgoing(40)) != list(inventor(2).outgoing(40))


def test_exactly_as_many_as_were_asked_for_and_no_reference_twice() -> None:
    made = inventor()
    for count in (0, 1, 40):
        assert len(list(made.outgoing(count))) == count
    records = [*inventor().outgoing(200)]
    assert len({(record["kind"], record["reference"]) for record in records}) == 200


def states(record: Record, items: Mapping[str, Any]) -> bool:
    """Tell whether a record has these items, and in a group at least these."""
    return (
        all(
            states(record[name], value) if isinstance(value, Mapping) else record[name] == value
            for name, value in items.items()
            if name in record
        )
        and items.keys() <= record.keys()
    )


NOTIFIED = [event for event in tables.events().in_force(NOW.date()) if event.messages]


@pytest.mark.parametrize("event", NOTIFIED, ids=lambda event: event.code)
def test_the_rehearsal_world_has_every_message_of_every_event(event: tables.CounterEvent) -> None:
    records = list(inventor(SEED).outgoing(OUTGOING))
    for message in event.messages:
        wanted = {"kind": message["kind"], **message.get("preset", {})}
        fitting = [record for record in records if states(record, wanted)]
        # A residence that is reported alone is deemed reported by nothing.
        articles = [code for codes in message.get("articles", {}).values() for code in codes]
        assert any(
            (not articles or record["article"] in articles) and ("deemed_by" in record) == ("deemed_by" in wanted)
            for record in fitting
        )


def test_every_event_that_is_notified_is_invented_and_no_other() -> None:
    assert sorted(event.code for event in EVENTS) == sorted(event.code for event in NOTIFIED)


def test_a_small_rehearsal_has_every_kind() -> None:
    kinds = {record["kind"] for record in inventor().outgoing(40)}
    assert kinds == {"resident_record", "residence_report", "certificate_delivery"}
    assert len([record for record in inventor().notices(5) if "category_lost" in record]) == 1
