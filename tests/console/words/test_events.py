"""The closed list of events: each is written somewhere, and what takes data out of the house is among the exports."""

import ast
from pathlib import Path
from typing import Final

import pytest
from rich.cells import cell_len

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
OF_THE_LOG: Final = {Event.CLOCK_STEPPED}
"""What the log itself writes, whichever job appends to it."""
CELLS: Final = 24
"""What the column of the event has at least on the smallest screen, where the ID of nobody stands beside it."""


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


def test_each_event_has_a_name() -> None:
    words = Words()
    assert [event for event in Event if not words.has(f"events.{event}")] == []


def test_what_takes_data_out_is_an_export() -> None:
    out = {event for event in Event if event.value.endswith((".exported", ".exporting"))}
    out |= {Event.BACKUP_MAKING, Event.BACKUP_MADE}
    assert {event for event in Event if event.event_class is EventClass.EXPORT} == out


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_names_of_events_fit_their_column(language: Language) -> None:
    words = Words(language)
    names = {event: words.name("events", event) for event in Event}
    assert {event: name for event, name in names.items() if cell_len(name) > CELLS} == {}
