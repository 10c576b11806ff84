"""The table of steps: what is derived from it is whole, and agrees with the store's table of states."""

from collections import Counter
from itertools import combinations

import pytest

from console import keys
from console.commands.cli import root
from console.commands.invocation import Invocation
from console.screens.messages.filter_sheet import FilterSheet
from console.screens.messages.message import MessageScreen
from console.screens.messages.queue import QueueScreen
from console.screens.messages.queue_view import View
from console.steps import COMMANDS, STEPS, ReviewStep
from console.words import LANGUAGES, Words
from store.message.states import TRANSITIONS, Direction, InState, OutState, Step
from store.rights import Right

ROWS = list(STEPS.values())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.step)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_step_has_all_its_texts(row: ReviewStep, language: str) -> None:
    words = Words("ja" if language == "ja" else "en")
    names = ["key", "deed", "ask", "did"]
    if row.direction is Direction.OUT:
        names.append("ask_many")
    if row.confirms_warnings:
        names.append("ask_warnings")
    assert [name for name in names if not words.has(f"steps.{row.step}.{name}")] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.step)
def test_a_step_is_a_persons_and_names_a_job(row: ReviewStep) -> None:
    assert isinstance(row.right, Right)
    assert row.sources >= TRANSITIONS[row.step].sources
    assert callable(row.job())


def test_steps_that_share_a_letter_start_from_other_states_or_are_asked_for() -> None:
    pairs = [(step, other) for step, other in combinations(ROWS, 2) if step.keys == other.keys]
    both = {(step.step, other.step) for step, other in pairs if step.sources & other.sources}
    # The first two are told apart by the planned day; of a departure that has not left, either may be meant.
    assert both == {(Step.RELEASE, Step.BRING_FORWARD), (Step.CALL_OFF, Step.WITHDRAW)}


def test_each_step_has_one_key_on_the_page_and_one_in_the_list() -> None:
    on_page = Counter(key.step for key in keys.MESSAGE if key.step is not None)
    in_list = Counter(key.step for key in keys.QUEUE if key.step is not None)
    assert on_page == Counter(list(STEPS))
    assert in_list == on_page


def test_a_key_of_a_step_needs_the_right_of_that_step() -> None:
    for screen in (QueueScreen, MessageScreen):
        for key in screen.KEYS:
            if key.step is not None:
                assert key.leads_to("review", (str(key.step),))
                assert key.right is TRANSITIONS[key.step].right
                assert sum(other.leads_to("review", (str(key.step),)) for other in screen.KEYS) == 1


def test_the_steps_of_messages_are_commands() -> None:
    assert [row.step for row in COMMANDS.values()] == [
        row.step for row in TRANSITIONS.values() if row.step in STEPS and row.direction is Direction.OUT
    ]
    call = Invocation()
    group = root(call)
    for name in COMMANDS:
        command = group.get_command(None, name)  # type: ignore[arg-type]  # The group does not use its context.
        assert command is not None
        assert command.name == name
        assert all(option.help for option in command.params if option.param_type_name == "option")


def test_the_filter_offers_every_state_of_both_directions_once() -> None:
    offered = [line.code for column in FilterSheet(View()).columns for line in column if line.group == "states"]
    every = [f"{Direction.OUT}.{state}" for state in OutState] + [f"{Direction.IN}.{state}" for state in InState]
    assert sorted(offered) == sorted(every)
