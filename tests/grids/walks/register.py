"""The people: the register with every state, each form, the second person's page, the sessions, and the last log-on."""

from datetime import date
from typing import Final

import pytest

from console.errors import CredentialsRefused
from console.jobs.people import logon
from console.jobs.people.deeds import PersonChange, PersonDeed
from store.endings import Ending
from store.people.attempts import FREE_ATTEMPTS, LOCKED_AFTER
from store.rights import Role
from tests.console.driving import Driven
from tests.console.screens.people.register_driving import agree, beside, go_to, open_people
from tests.console.screens.people.test_look_back import been_there
from tests.console.screens.people.test_register import SUSPENDED, make
from tests.console.screens.people.test_sessions import end
from tests.grids.drawing import Easel

WRONG: Final = "80818283"
NEWCOMER: Final = PersonChange(
    PersonDeed.ADD, "op-104", name="斎藤 薫", staff_number="20533", roles=frozenset({Role.OPERATOR})
)
LEAVER: Final = PersonChange(
    PersonDeed.ADD, "op-098", name="山本 修", staff_number="20498", roles=frozenset({Role.OPERATOR})
)
TO_COME: Final = PersonChange(
    PersonDeed.ROLES, "ap-201", roles=frozenset({Role.OPERATOR, Role.APPROVER}), on=date(2027, 1, 4)
)


async def register(easel: Easel) -> None:
    """Who there is, in every state, and who of them is shown."""
    with beside(easel.world.home) as (terminal, _):
        for _ in range(FREE_ATTEMPTS):
            with pytest.raises(CredentialsRefused):
                logon.log_on(terminal, "au-401", WRONG, origin="screen")
    async with easel.driving() as console:
        await open_people(console)
        await easel.draw(console, "people", "The register of people on a day when nothing is unusual but a slip.")
        await console.press("f", "3")
        await easel.draw(console, "people_none_wanting", "The register without anybody who wants something.")
    make(easel.world, SUSPENDED, NEWCOMER, LEAVER, PersonChange(PersonDeed.END, "op-098"), TO_COME)
    end(easel.world, "ap-201", Ending.HANG_UP)
    async with easel.driving() as console:
        await open_people(console)
        await go_to(console, "op-101")
        await easel.draw(console, "people_every_state", "The register with people in every state.")
        for person, name in (("ap-201", "planned"), ("op-098", "ended")):
            await go_to(console, person)
            await easel.draw(console, f"people_on_{name}", f"The register with the cursor on an ID that is {name}.")
        await go_to(console, "op-104")
        await easel.draw(console, "people_on_new", "The register with the cursor on somebody with an unused code.")
        await console.press("question_mark")
        await easel.draw(console, "keys_people", "The key sheet of the register.")
        await console.press("f1")
        await easel.draw(console, "help_people", "The help of the register.")
        await console.press("escape", "f")
        await easel.draw(console, "people_filter", "The question which people are shown.")
        await console.press("3")
        await easel.draw(console, "people_wanting", "Only those who want something.")
        await console.press("e")
        await easel.draw(console, "people_choose", "The question what is to be done with an ID.")


async def locked(easel: Easel) -> None:
    """Somebody who typed too many wrong PINs."""
    with beside(easel.world.home) as (terminal, _):
        for _ in range(LOCKED_AFTER):
            with pytest.raises(CredentialsRefused):
                logon.log_on(terminal, "op-101", WRONG, origin="screen")
            # Longer than the wait that each wrong PIN brings.
            easel.moment.pass_by(hours=1)
    async with easel.driving() as console:
        await open_people(console)
        await go_to(console, "op-101")
        await easel.draw(console, "people_locked", "The register with somebody who is locked.")
        await console.press("u")
        await easel.draw(console, "agree_release", "What releasing somebody does, and the second person.")
        await agree(console, easel.world)
        await easel.draw(console, "people_released", "The register after somebody was released.")


async def forms(easel: Easel) -> None:
    """Each form, empty and filled in, and what the change would do, before and after."""
    async with easel.driving() as console:
        await open_people(console)
        await add(easel, console)
        await go_to(console, "ap-201")
        await console.press("e", "2")
        await easel.draw(console, "person_change", "The form that changes name, number and days of somebody.")
        await console.press("f9")
        await easel.draw(console, "person_change_nothing", "The same form when nothing was changed.")
        await console.type("子")
        await console.press("f9")
        await easel.draw(console, "agree_change", "What a change of a name does, and the second person.")
        await console.press("escape", "escape")
        await go_to(console, "ap-201")
        await console.press("e", "3")
        await easel.draw(console, "person_roles", "The form that changes the roles of somebody.")
        await console.press("space", "f9")
        await easel.draw(console, "agree_roles", "What a change of roles does, and the second person.")


async def add(easel: Easel, console: Driven) -> None:
    """Somebody new: the form, the page of the second person, and the code that nobody sees."""
    await console.press("e", "1")
    await easel.draw(console, "person_add", "The form for somebody new.")
    await console.press("f1")
    await easel.draw(console, "help_person_form", "The help of that form.")
    await console.press("escape", "f9")
    await easel.draw(console, "person_add_roles_wanted", "The same form without any role.")
    await console.type("op-104")
    await console.press("enter")
    await console.type("斎藤 薫")
    await console.press("enter")
    await console.type("20533")
    await console.press("enter", "down", "down", "space", "down", "down", "down")
    await console.type("2099-13-01")
    await console.press("f9")
    await easel.draw(console, "person_add_day_bad", "The same form with a day that is none.")
    await console.press("ctrl+u", "down", "f9")
    await easel.draw(console, "agree_add", "What registering somebody does, and the second person.")
    await console.press("f1")
    await easel.draw(console, "help_agreement", "The help of the second person's page.")
    await console.press("escape")
    await agree(console, easel.world, pin=WRONG)
    await easel.draw(console, "agree_refused", "The second person with a wrong PIN.")
    await agree(console, easel.world)
    await easel.draw(console, "people_added", "The register after somebody was registered.")


async def deeds(easel: Easel) -> None:
    """The deeds that take a reason or nothing at all."""
    async with easel.driving() as console:
        await open_people(console)
        for letter, name in (("y", "reset"), ("d", "end")):
            await go_to(console, "op-101")
            await console.press(letter)
            await easel.draw(console, f"agree_{name}", f"What the letter {letter} does, and the second person.")
            await console.press("escape")
        await go_to(console, "op-101")
        await console.press("h")
        await easel.draw(console, "person_suspend", "The form that asks why somebody is suspended.")
        await console.type("育児休業 3月まで")
        await console.press("enter")
        await easel.draw(console, "agree_suspend", "What suspending somebody does, and the second person.")
        await agree(console, easel.world)
        await console.press("u")
        await easel.draw(console, "agree_resume", "What letting somebody in again does, and the second person.")


async def sessions(easel: Easel) -> None:
    """The sessions of late, and how they ended."""
    async with easel.driving() as console:
        await open_people(console)
        await console.press("v")
        await easel.draw(console, "sessions_none", "Every session ended by log-off.")
    for ending in Ending:
        end(easel.world, "op-101", ending)
        easel.moment.pass_by(minutes=7)
    async with easel.driving() as console:
        await open_people(console)
        await go_to(console, "op-101")
        await console.press("v")
        await easel.draw(console, "sessions", "The sessions that did not end by log-off.")
        await console.press("f")
        await easel.draw(console, "sessions_filter", "The question which sessions are shown.")
        await console.press("3")
        await easel.draw(console, "sessions_all", "All sessions of the last 31 days.")
        await console.press("f1")
        await easel.draw(console, "help_sessions", "The help of the sessions.")


async def look_back(easel: Easel) -> None:
    """After the log-on, where somebody else tried the ID."""
    been_there(easel.world, "op-101", failures=2)
    async with easel.driving() as console:
        await console.log_on("op-101", opens="")
        await easel.draw(console, "look_back", "After the log-on: failures since the last one.")
        await console.press("f1")
        await easel.draw(console, "help_look_back", "The help of that.")
    with beside(easel.world.home) as (terminal, _), pytest.raises(CredentialsRefused):
        logon.log_on(terminal, "cu-501", WRONG, origin="screen")
    async with easel.driving() as console:
        await console.log_on("cu-501", opens="")
        await easel.draw(console, "look_back_first", "The same at the first log-on of all.")


WALKS: Final = (register, locked, forms, deeds, sessions, look_back)
