"""Invented records pass every rule, repeat with their seed, and hold every kind of event."""

from datetime import UTC, datetime

import pytest

from console.jobs.rehearsal.sample_records import Inventor
from store.message.checks.checking import check
from store.message.states import Direction

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
MUNICIPALITY = "131041"


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


def test_a_small_rehearsal_has_every_kind() -> None:
    kinds = {record["kind"] for record in inventor().outgoing(40)}
    assert kinds == {"resident_record", "residence_report", "certificate_delivery"}
    assert len([record for record in inventor().notices(5) if "category_lost" in record]) == 1
