"""A question to the log is recorded when it is asked."""

from datetime import UTC, datetime

import pytest

from console.errors import SearchUnclear
from console.jobs.log.questions import Period, Question, ask
from store.log import Event
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import AUDITOR, OPERATOR, Site, entry

pytestmark = ON_SQLITE


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
