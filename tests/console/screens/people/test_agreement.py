"""The second person at the same terminal: reads, types ID and PIN in one burst, and is counted like at a log-on."""

import pytest

from console.jobs.people import codes
from console.jobs.people.deeds import PersonDeed
from console.screens.people.agreement import AgreementScreen
from console.widgets.field import PinField, TextField
from store.log import Event
from store.people.attempts import FREE_ATTEMPTS
from tests.console.driving import Driven, driving
from tests.console.screens.people.register_driving import (
    SECOND,
    agree,
    agreement,
    entries,
    go_to,
    open_people,
    register,
    state_line,
)
from tests.running import World


async def ask(console: Driven, letter: str, about: str = "op-101") -> AgreementScreen:
    """Ask for a deed that needs no facts."""
    await open_people(console)
    await go_to(console, about)
    await console.press(letter)
    return agreement(console)


def pin_of(world: World, person: str) -> str:
    return world.pin_files[person].read_text().strip()


@pytest.mark.parametrize("between", ["tab", "enter", "down"])
async def test_in_a_burst_the_pin_falls_into_its_own_field(world: World, between: str) -> None:
    async with driving(world.home) as console:
        await ask(console, "y")
        pin = pin_of(world, SECOND)
        await console.pilot.press(*SECOND, between, *pin, "enter")
        await console.settle()
        assert console.words("people.state.new") in state_line(console, "op-101")
        assert pin not in console.text()


async def test_the_pin_is_never_drawn_and_stays_in_no_field(world: World) -> None:
    async with driving(world.home) as console:
        screen = await ask(console, "y")
        await console.type(SECOND)
        await console.press("tab")
        await console.type("80818283")
        assert "80818283" not in console.text()
        assert "********" in console.text()
        await console.press("enter")
        pin, person = screen.query_one("#second-pin", PinField), screen.query_one("#second-id", TextField)
        assert (pin.value, person.value) == ("", SECOND)
        assert screen.focused is pin


async def test_wrong_pins_of_a_second_person_slow_down_as_at_a_log_on(world: World) -> None:
    async with driving(world.home) as console:
        await ask(console, "y")
        await console.type(SECOND)
        await console.press("enter")
        for _ in range(FREE_ATTEMPTS):
            await console.type("80818283")
            await console.press("enter")
        await console.type(pin_of(world, SECOND))
        await console.press("enter")
        assert agreement(console).plan.change.deed is PersonDeed.RESET
        refused = console.words.fault("attempt_too_soon", {"seconds": "10"}).cause[:8]
        assert refused in console.text()
        # Another second person is not slowed down by that.
        await console.press("tab", "ctrl+u")
        await agree(console, world, "ap-201")
        assert console.words("people.state.new") in state_line(console, "op-101")
    causes = [entry.detail["cause"] for entry in entries(world.home, Event.OPERATOR_REFUSED)]
    assert causes == ["credentials_refused"] * FREE_ATTEMPTS + ["attempt_too_soon"]


async def test_who_gives_it_up_has_changed_nothing(world: World) -> None:
    async with driving(world.home) as console:
        await ask(console, "d")
        await console.type(SECOND)
        await console.press("escape")
        assert register(console).current is not None
        assert console.words("people.state.active") in state_line(console, "op-101")
        # Letters are text there, and those of the register are none of the form's.
        await console.press("d")
        await console.type("y")
        assert agreement(console).plan.change.deed is PersonDeed.END
    assert entries(world.home, Event.PERSON_ENDED) == []


async def test_where_the_code_cannot_be_written_the_pin_stays_and_the_reason_is_told(world: World) -> None:
    (world.home / codes.DIRECTORY).write_text("in the way")
    async with driving(world.home) as console:
        await ask(console, "y")
        await agree(console, world)
        whole = "".join(line.strip() for line in console.text().splitlines())
        assert console.words.fault("file_unwritable", {"file": "op-101.code"}).cause[:12] in whole
        await console.press("escape")
        assert console.words("people.state.active") in state_line(console, "op-101")
    assert entries(world.home, Event.PERSON_RESET) == []


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_everything_that_is_agreed_to_is_in_sight(world: World, language: str, size: tuple[int, int]) -> None:
    async with driving(world.home, language=language, size=size) as console:  # type: ignore[arg-type]  # One of both.
        screen = await ask(console, "d")
        words, text = console.words, console.text()
        assert words("people.deed.end", person="op-101") in text
        for name in ("id", "name", "staff_number", "roles", "validity", "standing", "code"):
            assert words(f"people.item.{name}") in text
        assert ".." not in "".join(text.splitlines()[1:-3]), text
        for name in ("second_id", "second_pin"):
            assert words(f"people.{name}") in text
        assert words("keys.agree") in console.foot
        # A key sheet and the help lie above it, and lead back.
        await console.press("f1")
        assert console.screen == "help"
        await console.press("escape")
        assert agreement(console) is screen
