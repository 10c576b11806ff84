"""A search of the log means what people type: one entry, or conditions that hold together."""

import pytest

from console.errors import SearchUnclear
from console.jobs.log.search import Search, find
from console.jobs.log.viewing import page
from store import clock
from store.log import Event, LogFilter, Result
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import AUDITOR, OPERATOR, Site, entry

pytestmark = ON_SQLITE
UID = "0f" * 16


def test_what_is_typed_is_taken_in_its_narrowest_sense(site: Site) -> None:
    auditor = site.session(AUDITOR)
    meant = {
        "#1,024": Search(entry=1024),
        " 7 ": Search(entry=7),
        "refused": Search(chosen=LogFilter(result=Result.REFUSED)),
        "拒否": Search(chosen=LogFilter(result=Result.REFUSED)),
        "log.read": Search(chosen=LogFilter(events=frozenset({Event.LOG_READ}))),
        UID: Search(chosen=LogFilter(objects=frozenset({UID}))),
        "op-101": Search(chosen=LogFilter(actor="op-101")),
    }
    assert {typed: find(site.terminal, auditor, typed) for typed in meant} == meant


def test_a_message_is_found_by_its_number_and_each_of_its_entries_names_it(site: Site) -> None:
    auditor = site.session(AUDITOR)
    first, second = site.take_in([entry(1), entry(2)])
    found = find(site.terminal, auditor, "R-000001").chosen
    assert found == LogFilter(objects=frozenset({site.row(first).uid}))
    (row,) = page(site.terminal, auditor, chosen=found)
    assert (row.event, row.reference, row.message) == (Event.MESSAGE_IMPORTED, "R-000001", first)
    # By the beginning of a number, several messages are found together.
    both = find(site.terminal, auditor, "R-00").chosen
    assert both is not None
    assert {row.message for row in page(site.terminal, auditor, chosen=both)} == {first, second}
    # What is about no message has none.
    others = [row for row in page(site.terminal, auditor) if row.event != Event.MESSAGE_IMPORTED]
    assert {(row.reference, row.message) for row in others} == {(None, None)}


def test_conditions_hold_together(site: Site) -> None:
    auditor, _ = site.session(AUDITOR), site.session(OPERATOR)
    site.take_in([entry(1)])
    operators = find(site.terminal, auditor, f"今日　{OPERATOR} message.imported").chosen
    assert operators is not None
    rows = page(site.terminal, auditor, chosen=operators)
    assert rows
    assert {(row.event, row.actor) for row in rows} == {(Event.MESSAGE_IMPORTED, OPERATOR)}
    yesterday = find(site.terminal, auditor, f"きのう {OPERATOR}").chosen
    assert yesterday is not None
    assert page(site.terminal, auditor, chosen=yesterday) == []


def test_a_day_leads_to_its_first_entry_or_to_the_newest(site: Site) -> None:
    auditor = site.session(AUDITOR)
    today = clock.day_in_japan(clock.now())
    assert find(site.terminal, auditor, f"{today:%Y-%m-%d} 00:00").entry == 1
    assert find(site.terminal, auditor, "2099-1-1").entry == site.newest()


@pytest.mark.parametrize(
    "typed",
    [
        *("", "2026-02-30", "2026-01-01 25:00", "HOSSAIN RAFIQ", "a", "#", "2/30", "2026-11-30..2026-11-01"),
        *("拒否 失敗", "op-101 op-102", "今日 きのう", "R-9999999999"),
    ],
)
def test_what_means_nothing_is_unclear(site: Site, typed: str) -> None:
    with pytest.raises(SearchUnclear):
        find(site.terminal, site.session(AUDITOR), typed)
