"""Notices about the same person have the same number and personal items, by the newer notice's values now or before."""

from typing import Any

import pytest

from store.message.kinds import AgencyNotice
from store.message.matching import is_same_person, numbers_of
from tests.console.jobs.site import notice, person_of

OLDER = AgencyNotice.from_record(notice(1))
CHANGED = [
    {"item": "card_number", "before": "AB00000001CD", "after": "ZZ00000001ZZ", "reason": "changed"},
    {"item": "name", "before": "HOSSAIN RAFIQ", "after": "NEW NAME", "reason": "error"},
    {"item": "name_kanji", "after": "新名", "reason": "changed"},
]


def newer(**items: Any) -> AgencyNotice:
    return AgencyNotice.from_record({**notice(2), "card_number": "AB00000001CD", **items})


def test_the_same_number_and_the_same_person() -> None:
    assert is_same_person(OLDER, newer())
    assert is_same_person(OLDER, newer(person=person_of(address="東京都新宿区架空町九丁目")))


def test_another_spelling_of_the_name_is_the_same_person() -> None:
    assert is_same_person(OLDER, newer(person=person_of(name="ＨＯＳＳＡＩＮ　Rafiq")))


def test_the_values_before_the_newer_notice_count() -> None:
    changed = newer(card_number="ZZ00000001ZZ", person=person_of(name="NEW NAME"), changes=CHANGED)
    assert numbers_of(changed) == {"AB00000001CD", "ZZ00000001ZZ"}
    assert is_same_person(OLDER, changed)
    assert not is_same_person(changed, OLDER), "the older notice does not know the new values"


@pytest.mark.parametrize(
    "items",
    [
        {"card_number": "XY00000000YX"},
        {"person": person_of(name="OTHER NAME")},
        {"person": person_of(name="NEW NAME"), "changes": [{**CHANGED[1], "before": "OTHER NAME"}]},
        {"person": person_of(birth_date="1991-02-28")},
        {"person": person_of(sex="female")},
        {"person": person_of(nationality="NPL")},
    ],
    ids=["number", "name", "name_before", "birth_date", "sex", "nationality"],
)
def test_any_difference_is_another_person(items: dict[str, Any]) -> None:
    assert not is_same_person(OLDER, newer(**items))


def test_without_a_number_nobody_is_known() -> None:
    nameless = {name: value for name, value in notice(1).items() if name != "card_number"}
    nobody = AgencyNotice.from_record({**nameless, "category": "temporary_refuge"})
    assert numbers_of(nobody) == set()
    assert not is_same_person(nobody, nobody)
