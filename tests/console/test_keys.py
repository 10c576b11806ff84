"""The one table of keys: no screen binds a key twice, and each key can be used without function keys."""

import inspect
import re

import pytest
from textual.binding import Binding

from console import keys
from console.app import RenkeiApp
from console.keys import Key, bindings
from console.screens.base import ConsoleScreen
from console.steps import STEPS
from store.message.states import Direction, Step
from store.message.worklists import DIGITS
from store.rights import Right

SCREENS = {name: getattr(keys, name) for name in ("QUEUE", "MESSAGE", "ENTRY", "EVENT", "EXCHANGE", "LOG")}


def names(key: Key) -> list[str]:
    return [name for name in key.keys.split(",") if name]


@pytest.mark.parametrize("screen", SCREENS)
def test_a_key_does_the_same_everywhere_on_a_screen(screen: str) -> None:
    table = [*SCREENS[screen], *keys.EVERYWHERE]
    # Two steps share a key when one is for messages and the other for notices: never two of the same direction.
    for direction in Direction:
        bound = [name for key in table if key.step is None or _direction(key.step) is direction for name in names(key)]
        assert len(bound) == len(set(bound))


def _direction(step: Step) -> Direction:
    return STEPS[step].direction


@pytest.mark.parametrize("screen", [name for name in SCREENS if name != "ENTRY"])
def test_every_function_key_has_another_beside_it(screen: str) -> None:
    for key in [*SCREENS[screen], *keys.EVERYWHERE]:
        if any(re.fullmatch(r"f\d+", name) for name in names(key)):
            assert len(names(key)) > 1


def test_a_form_has_no_letter_keys() -> None:
    assert all(re.fullmatch(r"f\d+|escape", name) for key in keys.ENTRY for name in names(key))


def test_a_filter_is_one_action_in_two_directions() -> None:
    back, on = Key("F", "F", "filter(-1)", "filter_back"), Key("f", "f", "filter(1)", "filter")
    assert on.leads_to("filter", (1,))
    assert back.leads_to("filter", (-1,))
    assert not on.leads_to("search", ())


def test_the_steps_share_an_action_and_are_told_apart_by_their_parameter() -> None:
    approve = next(key for key in keys.QUEUE if key.step is Step.APPROVE)
    assert approve.leads_to(keys.REVIEW, (Step.APPROVE,))
    assert not approve.leads_to(keys.REVIEW, (Step.HOLD,))
    assert not approve.leads_to(keys.REVIEW, ())
    assert (approve.right, approve.text) == (Right.APPROVE, "steps.approve.key")


def test_each_digit_opens_its_list() -> None:
    bound = {binding.key: binding.action for binding in bindings([keys.LISTS]) if isinstance(binding, Binding)}
    assert bound == {digit: f"open_list('{digit}')" for digit in DIGITS}
    assert keys.LISTS.leads_to("open_list", ("3",))


def test_a_key_that_a_widget_binds_itself_is_not_bound_again() -> None:
    bound = bindings(keys.EVENT)
    assert all(isinstance(binding, Binding) for binding in bound)
    assert [binding.key for binding in bound if isinstance(binding, Binding)] == ["escape,b"]


def test_the_keys_that_work_everywhere_have_their_actions() -> None:
    for key in keys.EVERYWHERE:
        method = getattr(RenkeiApp, f"action_{key.action}", None) or getattr(ConsoleScreen, f"action_{key.action}")
        assert inspect.isfunction(method)
