"""The two messages of one event know each other by what the report of residence was deemed made by."""

from typing import Any

import pytest

from store.message.kinds import message_from_record
from store.message.pairs import is_pair
from tests.store.message.specimens import GOOD

RECORD: dict[str, Any] = next(
    record
    for record in GOOD.values()
    if record["kind"] == "resident_record" and record["basis"].get("article") == "juki-23"
)
REPORT: dict[str, Any] = next(record for record in GOOD.values() if record.get("deemed_by") == "juki-23")


def pair(first: dict[str, Any], second: dict[str, Any]) -> bool:
    return is_pair(message_from_record(first), message_from_record(second))


def test_a_report_belongs_to_the_record_by_which_it_was_deemed_made() -> None:
    assert pair(RECORD, REPORT)
    assert pair(REPORT, RECORD)


@pytest.mark.parametrize(
    "changes",
    [{"deemed_by": "juki-22"}, {"deemed_by": None}, {"cancels": "T-1"}, {"replaces": "T-1"}],
    ids=["other report", "brought later", "cancels", "replaces"],
)
def test_another_report_does_not(changes: dict[str, Any]) -> None:
    report = {name: value for name, value in {**REPORT, **changes}.items() if value is not None}
    assert not pair(RECORD, report)


def test_what_cancels_a_pair_is_a_pair() -> None:
    assert pair({**RECORD, "cancels": "R-1"}, {**REPORT, "cancels": "T-1"})


def test_two_of_a_kind_are_none() -> None:
    assert not pair(RECORD, RECORD)
    assert not pair(REPORT, REPORT)
    death = {**RECORD, "basis": {"kind": "ex_officio", "paragraph": "12-2", "cause": "death", "date": "2026-11-20"}}
    assert not pair(death, REPORT)
