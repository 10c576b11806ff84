"""A correction that only repeats an agency notice is recognised, and no other."""

from typing import Any

import pytest

from store.message.echoes import is_echo, is_echo_spelt_otherwise, may_be_echo
from store.message.kinds import AgencyNotice, message_from_record
from tests.console.jobs.site import entry, notice, person_of

NOTICE = notice(
    1,
    person=person_of(name="NEW NAME"),
    card_number="AB12345678CD",
    changes=[
        {"item": "name", "before": "HOSSAIN RAFIQ", "after": "NEW NAME", "reason": "changed"},
        {"item": "card_number", "before": "ZZ12345678CD", "after": "AB12345678CD", "reason": "changed"},
    ],
)


def correction(**items: Any) -> dict[str, Any]:
    basis = {"kind": "ex_officio", "paragraph": "12-3", "cause": "error", "date": "2026-11-20"}
    usual = {"person": person_of(name="NEW NAME"), "corrected": ["name"], "action": "correction", "basis": basis}
    return entry(7, **{**usual, **items})


def repeats_notice(record: dict[str, Any]) -> bool:
    message = message_from_record(record)
    return may_be_echo(message) and is_echo(message, AgencyNotice.from_record(NOTICE))


@pytest.mark.parametrize("corrected", [["name"], ["card_number"], ["name", "card_number"]], ids="-".join)
def test_a_correction_that_repeats_the_notice_is_an_echo(corrected: list[str]) -> None:
    assert repeats_notice(correction(corrected=corrected))


@pytest.mark.parametrize(
    "items",
    [
        {"corrected": ["name", "birth_date"]},
        {"corrected": ["name", "address"], "previous_address": "東京都新宿区"},
        {"card_number": "XY00000000YX"},
        {"person": person_of(name="OTHER NAME")},
        {"person": person_of(name="NEW NAME", birth_date="1991-02-28")},
        {"person": person_of(name="NEW NAME", nationality="NPL")},
        {"person": person_of(name="NEW NAME", sex="female")},
        {"occurred_at": "2026-11-18T23:59:59+09:00"},
        {"replaces": "R-000001"},
        {"action": "entry", "corrected": []},
    ],
    ids="-".join,
)
def test_a_correction_that_says_more_or_is_about_another_person_or_came_first_is_no_echo(items: dict[str, Any]) -> None:
    assert not repeats_notice(correction(**items))


@pytest.mark.parametrize("name", ["new name", "ＮＥＷ　ＮＡＭＥ", "NEW\u00a0NAME", "NEW  NAME "])
def test_another_spelling_of_the_notice_is_told_apart(name: str) -> None:
    spelt = message_from_record(correction(person=person_of(name=name)))
    assert may_be_echo(spelt)
    assert not is_echo(spelt, AgencyNotice.from_record(NOTICE))
    assert is_echo_spelt_otherwise(spelt, AgencyNotice.from_record(NOTICE))


def test_another_name_is_no_other_spelling() -> None:
    other = message_from_record(correction(person=person_of(name="NEW NAMES")))
    assert may_be_echo(other)
    assert not is_echo_spelt_otherwise(other, AgencyNotice.from_record(NOTICE))


def test_the_japanese_day_decides() -> None:
    assert repeats_notice(correction(occurred_at="2026-11-18T15:00:00+00:00"))
    assert not repeats_notice(correction(occurred_at="2026-11-18T14:59:59+00:00"))
