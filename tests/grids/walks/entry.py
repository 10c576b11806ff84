"""Entry by hand: the questions before the form, the form itself, the page before the queue, and the drafts."""

from typing import Final

from tests.console.screens.entry.test_form import ADDRESS, BEFORE, choose, fill, form
from tests.grids.drawing import Easel

PERSON: Final = ("1234567", "WANG XIAOMING", "19850412", "1", "CHN", ADDRESS, "ab12345678cd")


async def events(easel: Easel) -> None:
    """The questions before the form."""
    async with easel.logged_on("op-101", opens="0") as console:
        await console.press("e")
        await easel.draw(console, "events", "The events that can be entered.")
        await console.press(*"30")
        await easel.draw(console, "events_narrowed", "The events that fit what was typed.")
        await console.press("ctrl+u", *"zzz")
        await easel.draw(console, "events_none", "No event fits what was typed.")
        await console.press("ctrl+u", "escape")
        await choose(console, "household")
        await easel.draw(console, "event_never", "An event that is never notified.")
        await console.press("escape")
        await choose(console, "move_in")
        await easel.draw(console, "event_category", "The question for the category.")
        await console.press("1")
        await easel.draw(console, "event_card", "The question for the card.")
        await console.press("question_mark")
        await easel.draw(console, "keys_event", "The key sheet of these questions.")
        await console.press("escape", "f1")
        await easel.draw(console, "help_entry", "The help of the entry.")


async def filled_in(easel: Easel) -> None:
    """The form from the first field to the list."""
    async with easel.logged_on("op-101", opens="0") as console:
        await choose(console, "move_within", "1", "1")
        await easel.draw(console, "form", "The empty form of a move.")
        await fill(console, "1234567", "WANG XIAOMING")
        await console.type("19850229")
        await easel.draw(console, "form_warning", "A birth date that is on no calendar.")
        await console.press("ctrl+u", *"19850412", "enter")
        await easel.draw(console, "form_choices", "A field that takes one of a few codes.")
        await console.press("1", "enter", "f4")
        await easel.draw(console, "form_nationality", "A field that takes one of many codes.")
        await console.press(*"zzz")
        await easel.draw(console, "form_no_choice", "What was typed fits no choice.")
        await console.press("ctrl+u", "f9")
        await easel.draw(console, "form_missing", "The form is to be finished, and items are missing.")
        form(console).form.go_to("person.nationality")
        await fill(console, "CHN", ADDRESS, "ab12345678cd", BEFORE)
        await fill(console, "R8.11.20")
        await console.type("20261118")
        await easel.draw(console, "form_full", "The form with every item in it.")
        await console.press("f6")
        await easel.draw(console, "form_all_items", "The form with the optional items as well.")
        await console.press("f6", "escape")
        await easel.draw(console, "ask_leave_form", "What becomes of what was typed.")
        await console.press("escape", "f10")
        await easel.draw(console, "ask_log_off", "The same before a log-off.")
        await console.press("escape", "f9")
        await easel.draw(console, "summary", "The page before the messages go into the list.")
        await console.press("question_mark")
        await easel.draw(console, "keys_summary", "The key sheet of that page.")
        await console.press("escape", "enter")
        await easel.draw(console, "queue_entered", "The list after it.")


async def drafts(easel: Easel) -> None:
    """What was begun and not finished."""
    async with easel.logged_on("op-101", opens="0") as console:
        await choose(console, "move_in", "1", "2")
        await fill(console, "1234567")
        await console.press(*"x")
        await console.press("ctrl+u")
        await fill(console, "张伟")
        await console.press("up", "f2")
        await easel.draw(console, "characters_typed", "The characters of what is being typed.")
        await console.press("escape", "f5")
        await easel.draw(console, "form_seiji", "The official forms were put in the place of others.")
        await console.press("escape", "enter")
    easel.moment.pass_by(days=9)
    async with easel.logged_on("op-101") as console:
        await console.until(lambda: console.words("today.drafts") in console.text())
        await console.press(*["down"] * 9, "enter")
        await console.until(lambda: console.screen == "drafts")
        await console.settle()
        await easel.draw(console, "drafts", "What this person has begun to enter.")
        await console.press("d")
        await easel.draw(console, "ask_discard", "The question before a draft is discarded.")


WALKS: Final = (events, filled_in, drafts)
