"""Whatever is pressed on the screens of people, nothing fails, nothing is done without a second person, nobody is lost.

It goes over `console.screens.people.register`, `form`, `agreement` and `sessions`.
"""

import random
import threading
from typing import Any

import pytest

from console.jobs.log import tables
from console.jobs.people import changes
from store.log import Event
from tests.console.driving import Driven, driving
from tests.console.screens.people.register_driving import SECOND, agreement, beside, entries, open_people
from tests.running import World

# What people press there, and what they press by mistake; without what leads elsewhere, locks or logs off.
KEYS = (
    *("e", "u", "h", "y", "d", "f", "v", "b", "j", "k", "g", "G", "1", "2", "3"),
    *("enter", "enter", "escape", "space", "tab", "up", "down", "left", "right", "backspace", "delete", "ctrl+u"),
    *("f1", "f2", "f4", "f5", "f6", "f9", "f12", "pageup", "pagedown", "home", "end", "full_stop", "question_mark"),
)
CHANGING = (
    *(Event.PERSON_CHANGED, Event.ROLES_CHANGED, Event.PERSON_SUSPENDED, Event.PERSON_RESUMED),
    *(Event.PERSON_ENDED, Event.PERSON_RESET, Event.PERSON_UNLOCKED),
)


async def press_by_chance(console: Driven, chance: random.Random, count: int) -> set[str | None]:
    """Press keys by chance in bursts; return the screens that were met."""
    met: set[str | None] = set()
    for _ in range(count):
        await console.pilot.press(*chance.choices(KEYS, k=chance.randint(1, 6)))
        await console.settle()
        met.add(console.screen)
        if console.screen in {"today", "queue", "login"}:
            # Back from the register: on with it.
            await console.press("m", "5" if "5" in console.text() else "enter")
    return met


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in (2, 3, 4))])
async def test_no_keys_by_chance_fail_or_change_anybody(world: World, seed: int) -> None:
    chance = random.Random(seed)
    async with driving(world.home) as console:
        await open_people(console)
        met = await press_by_chance(console, chance, 60)
        # Not the same screen all the time.
        assert len(met) >= 4
        assert console.app.incident is None
    assert not (world.home / "technical.log").exists() or "incident" not in (world.home / "technical.log").read_text()
    assert entries(world.home, *CHANGING) == []
    with beside(world.home) as (terminal, _):
        assert tables.compare_new(terminal).named == []


async def test_a_burst_of_the_second_person_before_the_screen_is_there_reaches_no_readable_field(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin = world.pin_files[SECOND].read_text().strip()
    plan, go_on = changes.plan, threading.Event()

    def slowly(*arguments: Any) -> changes.ChangePlan:
        go_on.wait()
        return plan(*arguments)

    monkeypatch.setattr(changes, "plan", slowly)
    async with driving(world.home) as console:
        await open_people(console)
        # Typed while the plan is still being made: digits are no keys of the register, and none of them is shown.
        await console.pilot.press("y", *SECOND, "enter", *pin, "enter")
        assert pin not in console.text()
        go_on.set()
        await console.settle()
        assert pin not in console.text()
        assert agreement(console).plan.change.person_id == "ap-201"


async def test_a_pin_in_the_field_of_the_id_is_taken_out_and_told(world: World) -> None:
    async with driving(world.home) as console:
        await open_people(console)
        await console.press("y")
        await console.type("27182845")
        await console.settle()
        assert "27182845" not in console.text()
        assert console.words("people.pin_in_id")[:20] in console.text()
        # An ID of digits that is no PIN may stay.
        await console.type("20418")
        await console.settle()
        assert "20418" in console.text()
