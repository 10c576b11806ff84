"""A question to the log is recorded when it is asked, and a search means what people type."""

from datetime import UTC, datetime

import pytest

from console.errors import SearchUnclear
from console.jobs.log.questions import Period, Question, Search, ask, find
from store import clock
from store.log import Event, LogFilter, Result
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import AUDITOR, OPERATOR, Site, entry

pytestmark = ON_SQLITE
UID = "0f" * 16


@pytest.mark.parametrize("question", [question for question in Question if question is not Question.LOOKUPS])
def test_each_question_is_answered_and_recorded(site: Site, question: Question) -> None:
    site.take_in([entry(1)])
    answer = ask(site.terminal, site.session(AUDITOR), question, period=Period(datetime(2020, 1, 1, tzinfo=UTC), None))
    assert answer.question is question
    assert not (answer.entries and answer.counts)
    (recorded,) = site.entries(Event.LOG_READ)
    assert (recorded.actor, recorded.object) == (AUDITOR, None)
    assert recorded.detail == {"question": question.value, "count": len(answer.entries) + len(answer.counts)}


def test_the_question_about_a_person_has_to_name_one(site: Site) -> None:
    auditor = site.session(AUDITOR)
    for nobody in (None, "", "HOSSAIN RAFIQ", "x" * 33):
        with pytest.raises(SearchUnclear):
            ask(site.terminal, auditor, Question.LOOKUPS, person=nobody)
    assert site.entries(Event.LOG_READ) == []
    assert ask(site.terminal, auditor, Question.LOOKUPS, person=OPERATOR).entries == ()
    assert site.entries(Event.LOG_READ)[0].object == OPERATOR


def test_what_is_typed_is_taken_in_its_narrowest_sense(site: Site) -> None:
    auditor = site.session(AUDITOR)
    meant = {
        "#1,024": Search(entry=1024),
        " 7 ": Search(entry=7),
        "refused": Search(chosen=LogFilter(result=Result.REFUSED)),
        "log.read": Search(chosen=LogFilter(events=frozenset({Event.LOG_READ}))),
        UID: Search(chosen=LogFilter(object=UID)),
        "op-101": Search(chosen=LogFilter(actor="op-101")),
    }
    assert {typed: find(site.terminal, auditor, typed) for typed in meant} == meant


def test_a_day_leads_to_its_first_entry_or_to_the_newest(site: Site) -> None:
    auditor = site.session(AUDITOR)
    today = clock.day_in_japan(clock.now())
    assert find(site.terminal, auditor, f"{today:%Y-%m-%d} 00:00").entry == 1
    assert find(site.terminal, auditor, "2099-1-1").entry == site.newest()


@pytest.mark.parametrize("typed", ["", "2026-02-30", "2026-01-01 25:00", "HOSSAIN RAFIQ", "a", "#"])
def test_what_means_nothing_is_unclear(site: Site, typed: str) -> None:
    with pytest.raises(SearchUnclear):
        find(site.terminal, site.session(AUDITOR), typed)
