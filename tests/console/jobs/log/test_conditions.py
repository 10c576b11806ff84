"""The form's fields mean one thing each; together they let pass what meets all of them."""

import pytest

from console.errors import SearchUnclear
from console.jobs.log.conditions import Conditions, events_named, understand
from console.jobs.log.viewing import page
from store.log import Event, EventClass, LogFilter, Result
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import AUDITOR, OPERATOR, Site, entry

pytestmark = ON_SQLITE


def test_all_fields_hold_together(site: Site) -> None:
    auditor, _ = site.session(AUDITOR), site.session(OPERATOR)
    (number,) = site.take_in([entry(1)])
    typed = Conditions("今日", OPERATOR, "取込", "完了", "R-000001")
    chosen = understand(site.terminal, auditor, typed)
    assert (chosen.person, chosen.result) == (OPERATOR, Result.DONE)
    assert chosen.objects == {site.row(number).uid}
    (row,) = page(site.terminal, auditor, chosen=chosen)
    assert (row.event, row.actor, row.message) == (Event.MESSAGE_IMPORTED, OPERATOR, number)
    assert page(site.terminal, auditor, chosen=understand(site.terminal, auditor, Conditions("きのう"))) == []


def test_a_person_is_whoever_did_it_or_whom_it_was_done_about(site: Site) -> None:
    auditor, _ = site.session(AUDITOR), site.session(OPERATOR)
    site.take_in([entry(1)])
    chosen = understand(site.terminal, auditor, Conditions(person=OPERATOR))
    assert chosen == LogFilter(person=OPERATOR)
    rows = page(site.terminal, auditor, chosen=chosen)
    assert {Event(row.event) for row in rows} >= {Event.PERSON_ADDED, Event.MESSAGE_IMPORTED}
    assert [row.seq for row in rows] == sorted({row.seq for row in rows}, reverse=True)
    # Page by page they are the same.
    (first,) = page(site.terminal, auditor, limit=1, chosen=chosen)
    assert [first, *page(site.terminal, auditor, before=first.seq, chosen=chosen)] == rows


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("period", "2/30"),
        ("person", "OP 101"),
        ("event", "何か"),
        ("event", "送"),
        ("result", "?"),
        ("object", "R-99999"),
        ("object", "#abcd"),
    ],
)
def test_the_field_that_means_nothing_is_named(site: Site, field: str, typed: str) -> None:
    with pytest.raises(SearchUnclear) as refused:
        understand(site.terminal, site.session(AUDITOR), Conditions(**{field: typed}))
    assert refused.value.facts == {"field": field}


def test_events_are_known_by_code_by_part_of_a_name_and_by_class(site: Site) -> None:
    meant = {typed: events_named(typed) for typed in ("log.read", "ログオン拒否", "logged on", "認証")}
    assert meant["log.read"] == {Event.LOG_READ}
    assert meant["ログオン拒否"] == {Event.OPERATOR_REFUSED}
    assert meant["logged on"] == {Event.OPERATOR_LOGGED_ON}
    assert meant["認証"] >= {event for event in Event if event.event_class is EventClass.AUTHENTICATION}
    assert understand(site.terminal, site.session(AUDITOR), Conditions(event="認証")).events == meant["認証"]
