"""The one table of keys: a letter has one meaning on all screens, and each key can be used without function keys."""

import importlib
import inspect
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain

import pytest
from textual.binding import Binding

from console import keys, screens, widgets
from console.app import RenkeiApp
from console.keys import Key, bindings
from console.screens.base import ConsoleScreen, Dialog
from console.widgets.surface import Surface
from store.message.states import Step
from store.message.worklists import DIGITS
from store.rights import Right

SCREENS = {name: getattr(keys, name) for name in ("QUEUE", "MESSAGE", "ENTRY", "EVENT", "EXCHANGE", "LOG", "HEALTH")}


def _screens_and_widgets() -> list[type]:
    """Every class that binds keys: screens, dialogs, and the widgets in them."""
    for package in (screens, widgets):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    found: set[type] = {RenkeiApp}
    left: list[type] = [ConsoleScreen, Dialog, Surface]
    while left:
        found.add(kind := left.pop())
        left += kind.__subclasses__()
    return [kind for kind in found if kind.__module__.startswith("console.")]


def _bound() -> Iterator[tuple[str, str, str]]:
    """Yield where a letter or function key is bound, its name, and the action: that of each key that shares it."""
    for kind in _screens_and_widgets():
        for binding in kind.__dict__.get("BINDINGS", ()):
            for name in binding.key.split(","):
                if not binding.action.startswith("letter("):
                    yield kind.__name__, name, binding.action.removeprefix("app.").replace("'", "")
                for key in getattr(kind, "KEYS", ()):
                    if binding.action == f"letter('{key.letter}')":
                        yield kind.__name__, name, key.deed


def test_a_letter_means_the_same_on_every_screen() -> None:
    bound = list(_bound())
    assert len(bound) > 200
    for where, name, action in bound:
        letter, wanted = keys.meaning_of(name), {action, action.partition("(")[0]}
        if letter is None:
            assert not (len(name) == 1 and name.isalpha()), (where, name)
        else:
            assert wanted & letter.actions, (where, name, action)


def test_a_capital_is_the_small_letter_where_it_does_not_turn_the_direction_round() -> None:
    places = {(where, name): action for where, name, action in _bound()}
    turning = set()
    for (where, name), action in places.items():
        if len(name) == 1 and name.islower():
            other = places.get((where, name.upper()))
            if other != action:
                turning.add(name)
                # Where nothing can be turned round, the capital does nothing.
                assert other is None or other.partition("(")[0] == action.partition("(")[0]
    assert turning == {name for name, letter in keys.LETTERS.items() if letter.turns} == {"n", "s", "g"}


def test_a_key_with_another_meaning_cannot_be_made() -> None:
    for name, action in (("x", "export"), ("f7", "log"), ("t", "language"), ("E", "choose")):
        with pytest.raises(keys.DoubleMeaning):
            Key(name, name, action, "close")


def test_no_action_is_meant_by_two_letters() -> None:
    every = Counter(chain.from_iterable(letter.actions for letter in keys.LETTERS.values()))
    # Both lead up and down, and j is the other direction of k.
    assert {action for action, times in every.items() if times > 1} == {"move", "scroll"}


@pytest.mark.parametrize("screen", [name for name in SCREENS if name != "ENTRY"])
def test_every_function_key_has_another_beside_it(screen: str) -> None:
    for key in [*SCREENS[screen], *keys.EVERYWHERE]:
        # The letter of the language means characters on a page; in the help it is the language. F1 is behind ? as well.
        if key not in {keys.LANGUAGE, keys.HELP} and any(re.fullmatch(r"f\d+", name) for name in key.names):
            assert len(key.names) > 1


def test_a_form_has_no_letter_keys() -> None:
    assert all(re.fullmatch(r"f\d+|escape", name) for key in keys.ENTRY for name in key.names)


def test_sorting_is_one_action_in_two_directions() -> None:
    back, on = Key("S", "S", "sort(-1)", "sort_back"), Key("s", "s", "sort(1)", "sort")
    assert on.leads_to("sort", (1,))
    assert back.leads_to("sort", (-1,))
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
    assert [binding.key for binding in bound if isinstance(binding, Binding)] == ["escape", "b", "B"]


def test_the_keys_that_work_everywhere_have_their_actions() -> None:
    for key in keys.EVERYWHERE:
        method = getattr(RenkeiApp, f"action_{key.deed}", None) or getattr(ConsoleScreen, f"action_{key.deed}")
        assert inspect.isfunction(method)
