"""What a change does, in words: item by item before and after, and never a code."""

from datetime import date

import pytest

from console.jobs.people import changes, telling
from console.jobs.people.deeds import PersonChange, PersonDeed
from console.words import Words
from store.people import Coming
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
    assert lines[-1].after.startswith("一度だけ使える番号（")
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
