"""What a change does, in words: item by item before and after, and never a code."""

from datetime import date, timedelta
from typing import Any

import pytest

from console.jobs.people import changes, telling
from console.jobs.people.deeds import PersonChange, PersonDeed
from console.jobs.people.register import RegisterEntry, State
from console.words import Words
from store import clock
from store.people import Coming, Details, IdStanding, Person
from store.rights import Role
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import CHIEF, OPERATOR, Site

JA, EN = Words("ja"), Words("en")


@ON_SQLITE
def test_a_change_is_told_item_by_item(site: Site) -> None:
    session = site.session(CHIEF)
    given = {"name": "斎藤 薫", "staff_number": "20533", "roles": frozenset({Role.OPERATOR, Role.APPROVER})}
    added = changes.plan(site.terminal, session, PersonChange(PersonDeed.ADD, "op-104", **given))  # type: ignore[arg-type]  # Each of its own kind.
    lines = telling.items(JA, added)
    assert [(item.label, item.before, item.after) for item in lines[:5]] == [
        ("利用者ID", "-", "op-104"),
        ("氏名", "-", "斎藤 薫"),
        ("職員番号", "-", "20533"),
        ("役割", "-", "決裁者・操作者"),
        ("有効期間", "-", "期限なし"),
    ]
    assert lines[-1].after.startswith("番号 ")
    suspended = changes.plan(site.terminal, session, PersonChange(PersonDeed.SUSPEND, OPERATOR, reason="leave"))
    changed = {item.label: (item.before, item.after) for item in telling.items(EN, suspended) if item.changes}
    assert changed == {"Standing": ("active", "suspended"), "Reason": ("-", "leave")}
    assert telling.question(EN, PersonDeed.SUSPEND, OPERATOR) == "Suspend op-101"


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (None, None, "期限なし"),
        (date(2026, 12, 1), None, "令和8年12月1日から"),
        (None, date(2027, 3, 31), "令和9年3月31日まで"),
        (date(2026, 12, 1), date(2027, 3, 31), "令和8年12月1日〜令和9年3月31日"),
    ],
)
def test_days_are_told_as_papers_have_them(first: date | None, last: date | None, text: str) -> None:
    assert telling.validity(JA, first, last) == text
    assert telling.coming(EN, Coming(frozenset({Role.APPROVER}), date(2027, 4, 1))) == "approver from 2027-04-01"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "期限なし"),
        ({"valid_to": date(2027, 3, 31)}, "令和9年3月31日まで"),
        # The last day is what has to be remembered, where there is room for one of both.
        ({"valid_from": date(2026, 4, 1), "valid_to": date(2027, 3, 31)}, "令和9年3月31日まで"),
        ({"valid_from": date(2099, 4, 1)}, "令和81年4月1日から"),
        ({"coming": Coming(frozenset({Role.APPROVER}), date(2099, 4, 1))}, "2099年4月から 決裁者"),
    ],
)
def test_what_is_to_come_of_an_id_is_told_in_a_line_of_the_list(given: dict[str, Any], text: str) -> None:
    known = Person("op-101", frozenset({Role.OPERATOR}), pin_given=False, version=1, **given)
    for reason in ("", "育児休業"):
        entry = RegisterEntry(known, Details("田中 光", "20101", reason), State.ACTIVE, 0, None)
        assert telling.prospect(JA, entry) == (reason or text)


def test_a_code_is_told_by_its_hours_alone() -> None:
    until = clock.now() + timedelta(hours=5, minutes=1)
    known = Person("op-101", frozenset({Role.OPERATOR}), pin_given=True, version=1, code_until=until)
    entry = RegisterEntry(known, Details(), State.NEW, 0, None)
    assert telling.prospect(EN, entry) == "code: 5 h left"


def test_nothing_is_to_come_of_an_ended_id_though_its_code_was_never_used() -> None:
    until = clock.now() + timedelta(hours=5)
    ended = Person("op-101", frozenset(), pin_given=True, version=2, code_until=until, standing=IdStanding.ENDED)
    entry = RegisterEntry(ended, Details(), State.ENDED, 0, None)
    assert (entry.has_code, entry.code_hours) == (False, None)
    assert telling.prospect(JA, entry) == JA("people.nothing")
