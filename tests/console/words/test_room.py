"""Words that have only so much room on the smallest screen: each has all of it, in both languages."""

from typing import Final

import pytest
from rich.cells import cell_len

from console.screens.messages.message_list import EVENT_CELLS
from console.words import LANGUAGES, Language, Words
from console.words import _catalogue as catalogue

HINT: Final = 46
"""Beside a field of the form of the log (`console.screens.log.conditions`)."""
PAIR: Final = 50
"""Above two secrets (`console.screens.two_secrets`)."""
LIST: Final = 21
"""The name of a list of work on the first page (`console.screens.work.today`)."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_event_has_a_word_that_fits_the_narrowest_list(language: Language) -> None:
    words, (states, cells) = Words(language), EVENT_CELLS[language]
    codes = [code for code, texts in catalogue("queue")["matter"].items() if code != "short"]
    shortest = {
        code: words(f"queue.matter.short.{code}" if words.has(f"queue.matter.short.{code}") else f"queue.matter.{code}")
        for code in codes
    }
    assert {code: word for code, word in shortest.items() if cell_len(word) > cells} == {}
    assert states >= max(cell_len(words(f"states.out.{state}")) for state in ("review", "returned", "refused"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("topic", "names", "cells"),
    [
        ("log.hint", ("period", "person", "event", "result", "object"), HINT),
        ("login", ("new_pin_title", "new_pin_remedy", "parts_title", "parts_remedy"), PAIR),
        ("queue.list", ("returned", "review", "unknown", "refused", "being_undone", "received", "second"), LIST),
    ],
)
def test_what_stands_in_one_line_fits(topic: str, names: tuple[str, ...], cells: int, language: Language) -> None:
    texts = {name: Words(language)(f"{topic}.{name}") for name in names}
    assert {name: text for name, text in texts.items() if cell_len(text) > cells} == {}
