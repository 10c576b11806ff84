"""Questions to the person: what Enter and Escape give, complaints that keep the dialog open, and a choice by keys."""

from pathlib import Path

import pytest
from textual.screen import ModalScreen

from console.screens.dialogs import KEPT, LeavingDialog, QuestionDialog, Selection
from console.widgets.field import TextField
from console.words import Words
from tests.console.driving import Driven, driving
from tests.running import World

CODES = ["entry", "deletion", "correction"]


async def _open(console: Driven, dialog: ModalScreen[str | None]) -> list[str | None]:
    """Open the dialog and return the list that its answer is put into."""
    answers: list[str | None] = []
    console.app.push_screen(dialog, answers.append)
    await console.settle()
    return answers


def _text(words: Words) -> str:
    return f"{words('common.incident', number='7')}\nsecond line"


@pytest.fixture
def home(world: World) -> Path:
    return world.home


async def test_a_plain_question_is_confirmed_or_cancelled(home: Path) -> None:
    async with driving(home) as console:
        confirmed = await _open(console, QuestionDialog(_text, "steps.approve.deed"))
        assert "second line" in console.text()
        await console.press("x")
        assert confirmed == []
        await console.press("enter")
        cancelled = await _open(console, QuestionDialog(_text, "steps.approve.deed"))
        await console.press("escape")
    assert (confirmed, cancelled) == ([""], [None])


async def test_a_typed_answer_is_given_without_the_spaces_around_it(home: Path) -> None:
    async with driving(home) as console:
        answers = await _open(console, QuestionDialog(_text, "steps.approve.deed", typed=True))
        # In one burst: Enter submits everything that was typed before it.
        await console.pilot.press("space", *"4 7", "space", "enter")
        await console.settle()
        cancelled = await _open(console, QuestionDialog(_text, "steps.approve.deed", typed=True))
        await console.type("47")
        await console.press("escape")
    assert (answers, cancelled) == (["4 7"], [None])


async def test_a_complaint_keeps_the_dialog_and_what_was_typed(home: Path) -> None:
    def check(answer: str) -> str | None:
        return None if answer == "12" else "entry.missing"

    async with driving(home) as console:
        answers = await _open(console, QuestionDialog(_text, "steps.approve.deed", typed=True, check=check))
        await console.type("1")
        assert console.words("entry.missing") not in console.text()
        await console.press("enter")
        assert console.words("entry.missing") in console.text()
        assert answers == []
        await console.type("2")
        await console.press("enter")
    assert answers == ["12"]


async def test_a_question_that_becomes_known_before_or_after_it_is_on_the_screen_does_no_harm(home: Path) -> None:
    def known(words: Words) -> str:
        return words("common.incident", number="8")

    def refuse(_answer: str) -> str | None:
        return "entry.missing"

    async with driving(home) as console:
        dialog = QuestionDialog(_text, "steps.approve.deed")
        console.app.push_screen(dialog)
        # The answer of a job, which comes whenever it comes.
        dialog.ask(known, refuse)
        await console.settle()
        assert known(console.app.words) in console.text()
        await console.press("enter")
        assert console.words("entry.missing") in console.text()
        await console.press("escape")
        dialog.ask(_text, refuse)
        await console.settle()
        assert console.screen == "login"


async def test_what_cannot_be_taken_back_is_not_done_by_enter(home: Path) -> None:
    async with driving(home) as console:
        asked = QuestionDialog(_text, "entry.deed.drop", destroys=True, back="back_to_form")
        answers = await _open(console, asked)
        assert f"d {console.words('entry.deed.drop')}  Esc {console.words('keys.back_to_form')}" in console.foot
        await console.press("enter")
        assert answers == []
        await console.press("d")
        await _open(console, QuestionDialog(_text, "steps.approve.deed"))
        await console.press("d")
        assert (answers, console.screen) == ([""], "question")


async def test_what_is_unfinished_is_kept_by_enter_and_destroyed_by_its_letter(home: Path) -> None:
    def asked() -> LeavingDialog:
        return LeavingDialog(_text, "entry.deed.drop", "entry.deed.keep", back="back_to_form")

    async with driving(home) as console:
        kept = await _open(console, asked())
        named = [f"Enter {console.words('entry.deed.keep')}", f"d {console.words('entry.deed.drop')}"]
        assert "  ".join(named) in console.foot
        await console.press("enter")
        destroyed = await _open(console, asked())
        await console.press("d")
        cancelled = await _open(console, asked())
        await console.press("escape")
    assert (kept, destroyed, cancelled) == ([KEPT], [""], [None])


async def test_the_question_is_asked_again_in_the_other_language(home: Path) -> None:
    async with driving(home) as console:
        await _open(console, QuestionDialog(_text, "steps.approve.deed"))
        japanese = console.words("common.incident", number="7")
        assert japanese in console.text()
        await console.press("f2")
        assert console.words("common.incident", number="7") in console.text()
        assert japanese not in console.text()


async def test_one_of_several_codes_is_chosen_by_arrow_or_number(home: Path) -> None:
    async with driving(home) as console:
        first, second, cancelled = [
            (await _choose(console, keys)) for keys in (["down", "enter"], ["3"], ["down", "escape"])
        ]
    assert (first, second, cancelled) == (["deletion"], ["correction"], [None])


async def _choose(console: Driven, keys: list[str]) -> list[str | None]:
    dialog = Selection(_text, CODES, lambda _words, code: f"name of {code}")
    answers = await _open(console, dialog)
    assert all(f"name of {code}" in console.text() for code in CODES)
    await console.press(*keys)
    return answers


async def test_a_second_enter_in_a_burst_answers_nothing_more(home: Path) -> None:
    async with driving(home) as console:
        answers = await _open(console, QuestionDialog(_text, "steps.approve.deed", typed=True))
        field = console.app.screen.query_one("#answer", TextField)
        # Both wait before the first of them closes the dialog.
        field._submit()
        field._submit()
        await console.settle()
        assert (answers, console.screen) == ([""], "login")
