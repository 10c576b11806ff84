from datetime import UTC, datetime, timedelta

import pytest

from console.words import Words


def test_the_language_can_be_switched() -> None:
    words = Words("ja")
    assert words("login.person_id") == "利用者ID"
    words.toggle()
    assert words("login.person_id") == "User ID"
    words.toggle()
    assert words.language == "ja"


@pytest.mark.parametrize("key", ["login.nothing", "no_such_file.title", "login", "../login.title", "login.title.ja"])
def test_an_unknown_key_is_a_mistake_of_the_program(key: str) -> None:
    with pytest.raises((KeyError, TypeError)):
        Words("ja")(key)
    assert not Words("ja").has(key)


def test_a_missing_fact_is_a_mistake_in_a_text_but_a_gap_in_a_fault() -> None:
    with pytest.raises(KeyError):
        Words("en")("common.incident", other="1")
    assert "?" in Words("en").fault("home_missing", {}).cause


def test_why_the_system_refuses_is_told_in_words_where_there_are_some() -> None:
    facts = {"path": "/srv", "reason": "EROFS"}
    assert "書込みのできないディスクです" in Words("ja").fault("home_unwritable", facts).cause
    assert "(the disk is read-only)" in Words("en").fault("home_unwritable", facts).cause
    assert "EDOM" in Words("ja").fault("home_unwritable", {**facts, "reason": "EDOM"}).cause


def test_roles_are_named_as_people_name_them_in_a_fault() -> None:
    facts = {"roles": "auditor+operator"}
    assert "監査者, 操作者" in Words("ja").fault("roles_clash", facts).cause
    assert "auditor, operator" in Words("en").fault("roles_clash", facts).cause
    assert "システム管理者" in Words("ja").fault("last_keeper", {"roles": "custodian"}).cause


def test_an_unknown_fault_names_its_code() -> None:
    fault = Words("en").fault("never_heard_of", {"x": "1"})
    assert "never_heard_of" in fault.cause


def test_facts_are_never_read_as_a_pattern() -> None:
    assert "{other}" in Words("en").fault("home_missing", {"home": "{other}"}).cause


def test_times_are_japanese_wherever_they_come_from() -> None:
    moment = datetime(2026, 12, 31, 15, 4, 5, tzinfo=UTC)
    assert Words("ja").time(moment) == "2027-01-01 00:04"
    assert Words("en").exact_time(moment) == "2027-01-01 00:04:05"
    assert Words("en").time_of_day(moment) == "00:04:05"


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(seconds=-3), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(seconds=60), "1 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=47), "47 h"),
        (timedelta(hours=48), "2 d"),
        (timedelta(days=400), "400 d"),
    ],
)
def test_a_length_of_time_is_told_in_its_largest_unit(length: timedelta, text: str) -> None:
    assert Words("en").span(length.total_seconds()) == text
