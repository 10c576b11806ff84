"""Entries and conditions of the log in words: who, about what, and details whose codes people can read."""

from datetime import UTC, datetime

import pytest

from console.jobs.log.conditions import Conditions
from console.jobs.log.questions import Answer, Question
from console.jobs.log.viewing import NamedEntry
from console.screens.log.shown import Shown
from console.screens.log.wording import actor_in_words, detail_in_words, id_in_words, object_in_words, period_in_words
from console.words import LANGUAGES, Language, Words
from store import clock
from store.log import Event, LogFilter

MARK = "7f3a" + "0" * 28


def _entry(event: Event, **columns: object) -> NamedEntry:
    known: dict[str, object] = {"seq": 1, "at": datetime(2026, 11, 30, tzinfo=UTC), "event": event, "actor": None}
    known |= {"session": None, "object": None, "result": "done", "detail": {}, "terminal": "t-1", "hash": ""}
    return NamedEntry(**{**known, **columns})  # type: ignore[arg-type]  # Columns by name, as rows have them.


@pytest.mark.parametrize("language", LANGUAGES)
def test_whom_a_log_on_was_tried_for_stands_where_the_actor_does(language: Language) -> None:
    words = Words(language)
    unknown = words("log.unknown_id", mark="7f3a")
    assert id_in_words(MARK, words) == unknown
    assert id_in_words("op-101", words) == "op-101"
    for event in (Event.OPERATOR_REFUSED, Event.OPERATOR_LOCKED):
        assert actor_in_words(_entry(event, object=MARK), words) == unknown
        assert actor_in_words(_entry(event, object="op-101"), words) == "op-101"
    assert actor_in_words(_entry(Event.TERMINAL_STARTED), words) == words("log.by_terminal")
    # Only of a log-on: a message's id is no mark of an ID.
    assert actor_in_words(_entry(Event.MESSAGE_READ, actor="ka-301", object=MARK), words) == "ka-301"


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_object_is_what_people_know_it_by(language: Language) -> None:
    words = Words(language)
    read = _entry(Event.MESSAGE_READ, actor="ka-301", object="ab" * 16, reference="R26-000001", message=4)
    assert object_in_words(read, words) == "R26-000001"
    added = _entry(Event.PERSON_ADDED, actor="ka-301", object="op-102")
    assert object_in_words(added, words) == "op-102"
    screen = words("log.origin.screen")
    logged_on = _entry(Event.OPERATOR_LOGGED_ON, actor="ka-301", object="ka-301", detail={"origin": "screen"})
    refused = _entry(Event.OPERATOR_REFUSED, object=MARK, detail={"origin": "screen"})
    assert [object_in_words(entry, words) for entry in (logged_on, refused)] == [screen, screen]
    searched = _entry(Event.MESSAGE_SEARCHED, actor="ka-301", detail={"count": 1200})
    assert object_in_words(searched, words) == words("log.how_many", count="1,200")
    assert object_in_words(_entry(Event.TERMINAL_STARTED), words) == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_codes_of_details_have_their_words(language: Language) -> None:
    words = Words(language)
    values = {
        ("role", "approver+officer"): f"{words('roles.short.approver')}+{words('roles.short.officer')}",
        ("kind", "resident_record"): words("kinds.short.resident_record"),
        ("question", "failed_logins"): words("log.question.failed_logins"),
        ("cause", "credentials_refused"): words("log.cause.credentials_refused"),
        ("to", "approved"): words("states.out.approved"),
        ("to", "on_hold"): words("states.in.on_hold"),
        ("step", "approve"): words("steps.approve.key"),
        # What has no words stands as it is, a code of a later peer included.
        ("code", "a_code_of_tomorrow"): "a_code_of_tomorrow",
        ("to", "t-2"): "t-2",
        ("bundle", "7"): "7",
    }
    for (name, value), shown in values.items():
        assert detail_in_words(name, value, words) == f"{words.name('log.detail', name)} {shown}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_line_above_the_list_tells_the_conditions_in_force(language: Language) -> None:
    words = Words(language)
    assert Shown().describe(words) == words("log.conditions.none")
    assert not Shown().narrowed
    typed = Conditions(period="11/27", person="op-101", result="拒否")
    shown = Shown(conditions=typed, chosen=LogFilter(person="op-101"))
    text = shown.describe(words)
    assert shown.narrowed
    for part in ("op-101", "拒否", words("log.field.person"), str(period_in_words("11/27", words))):
        assert part in text
    question = Shown(conditions=Conditions(), answer=Answer(Question.OFF_HOURS)).describe(words)
    assert words("log.question.off_hours") in question
    # Without a period a question is about the last month, and says so.
    assert words("log.question.period") in question


def test_what_is_no_period_has_no_days(monkeypatch: pytest.MonkeyPatch) -> None:
    words = Words("ja")
    # A Thursday: yesterday is what the word says.
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 26, 3, tzinfo=UTC))
    assert period_in_words("2/30", words) is None
    assert period_in_words("いつか", words) is None
    assert period_in_words("きのう", words) == "11月25日（水）"
    assert period_in_words("11/1-11/3", words) == "11月1日（日）から11月3日（火）まで"
