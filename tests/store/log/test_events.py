"""The list of events is closed, each with its class, and every event has its words."""

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from store.log.events import Event, EventClass

WORDS = Path(__file__).parents[3] / "console" / "words" / "events.toml"


def test_an_event_is_looked_up_by_its_value_and_keeps_its_class() -> None:
    assert Event("message.read") is Event.MESSAGE_READ
    assert Event("message.read").event_class is EventClass.OPERATION
    assert f"{Event.MESSAGE_READ}" == "message.read"


def test_an_unknown_event_is_refused() -> None:
    with pytest.raises(ValueError, match="valid Event"):
        Event("message.invented")


def test_values_are_of_one_event_each_and_fit_an_entry() -> None:
    # Two members with one value would be one member under two names.
    assert len(Event.__members__) == len(set(Event))
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", event.value) for event in Event)


def test_every_class_has_events() -> None:
    assert set(Counter(event.event_class for event in Event)) == set(EventClass)


def test_a_name_is_made_of_its_value() -> None:
    assert [event.name for event in Event if event.name != event.value.replace(".", "_").upper()] == []


def test_every_event_has_words_for_people_and_no_words_are_left_over() -> None:
    groups = tomllib.loads(WORDS.read_text(encoding="utf-8"))

    assert {f"{about}.{what}" for about, words in groups.items() for what in words} == set(Event)
