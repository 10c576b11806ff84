"""The closed list of events: each is written somewhere, and what takes data out of the house is among the exports."""

import ast
import tomllib
from pathlib import Path
from typing import Final

import pytest

from console.screens.log.entry_list import LogList
from console.widgets.text import width_of
from console.words import LANGUAGES, Language, Words
from store.log import Event, EventClass

ROOT: Final = Path(__file__).parents[3]
READERS: Final = {"LogFilter"}
PLANNED: Final = {
    Event.NOTICE_APPLIED,
    Event.NOTICE_NOT_APPLIED,
    Event.NOTICE_EXPORTED,
}
"""What the received notices' way onward will write; whoever builds it takes them out here."""
MARKS: Final = 2  # cells before the first column of a list
OF_THE_LOG: Final = {Event.CLOCK_STEPPED}
"""What the log itself writes, whichever job appends to it."""


def _room(width: int) -> int:
    """Return the cells that the list of the log has for the event on a screen of this width."""
    columns = LogList(id="list").columns(width - MARKS)
    return next(column.width for column in columns if column.head == "log.column.event")


def _written_in(path: Path) -> set[str]:
    """Return the events that a job names but in order to look for them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    looked_for = {
        id(inner)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in READERS
        for inner in ast.walk(call)
    }
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "Event"
        and id(node) not in looked_for
    }


def test_each_event_is_written_by_a_job_or_by_the_log_itself() -> None:
    written = set[str]().union(*(_written_in(path) for path in (ROOT / "console" / "jobs").rglob("*.py")))
    assert {event.name for event in Event} - written == {event.name for event in PLANNED | OF_THE_LOG}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_event_has_a_name_that_fits_into_the_list_of_the_log(language: Language) -> None:
    words = Words(language)
    assert [event for event in Event if not words.has(f"events.{event}")] == []
    names = {event: words.name("events.short", event) for event in Event if words.has(f"events.short.{event}")}
    listed = {event: names.get(event) or words.name("events", event) for event in Event}
    assert {event: name for event, name in listed.items() if width_of(name) > _room(80)} == {}
    # Where the column is wide the whole name stands there.
    assert {name for event in Event if width_of(name := words.name("events", event)) > _room(120)} == set()


def test_a_short_name_is_that_of_an_event_and_says_less_than_the_whole() -> None:
    path = ROOT / "console" / "words" / "events.toml"
    short = tomllib.loads(path.read_text(encoding="utf-8"))["short"]
    given = {f"{topic}.{name}" for topic, names in short.items() for name in names}
    assert given - {str(event) for event in Event} == set()
    every = {language: Words(language) for language in LANGUAGES}
    needless = {
        code for code in given if all(width_of(words.name("events", code)) <= _room(80) for words in every.values())
    }
    assert needless == set()


def test_what_takes_data_out_is_an_export() -> None:
    out = {event for event in Event if event.value.endswith((".exported", ".exporting"))}
    out |= {Event.BACKUP_MAKING, Event.BACKUP_MADE}
    assert {event for event in Event if event.event_class is EventClass.EXPORT} == out
