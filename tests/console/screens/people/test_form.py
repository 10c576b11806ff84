"""The facts of a change, typed: rows a deed, roles by the space bar, days in either calendar, and nothing lost."""

import pytest

from console.jobs.people.deeds import PersonDeed
from console.screens.people.form import PersonForm
from store.rights import Role
from tests.console.driving import Driven, driving
from tests.console.screens.people.register_driving import agreement, form, go_to, open_people, register
from tests.running import World


async def begin(console: Driven, deed: PersonDeed, about: str = "op-101") -> PersonForm:
    """Open the form of a deed."""
    await open_people(console)
    await go_to(console, about)
    if deed is PersonDeed.SUSPEND:
        await console.press("h")
    else:
        await console.press("e", {PersonDeed.ADD: "1", PersonDeed.CHANGE: "2", PersonDeed.ROLES: "3"}[deed])
    assert form(console).deed is deed
    return form(console)


def keys(screen: PersonForm) -> list[str]:
    return [row.key for row in screen.form.rows if row.key]


def value_of(screen: PersonForm, key: str) -> str:
    return next(row.shown for row in screen.form.rows if row.key == key)


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_each_deed_asks_for_its_facts_and_no_more(world: World, language: str) -> None:
    roles = [f"role.{role}" for role in (Role.OFFICER, Role.APPROVER, Role.OPERATOR, Role.AUDITOR, Role.CUSTODIAN)]
    asked = {
        PersonDeed.ADD: ["id", "name", "staff_number", *roles, "valid_from", "valid_to"],
        PersonDeed.CHANGE: ["name", "staff_number", "valid_from", "valid_to"],
        PersonDeed.ROLES: [*roles, "on"],
        PersonDeed.SUSPEND: ["reason"],
    }
    async with driving(world.home, language=language) as console:  # type: ignore[arg-type]  # One of both.
        await open_people(console)
        for deed, wanted in asked.items():
            await go_to(console, "op-101")
            await console.press(*(("h",) if deed is PersonDeed.SUSPEND else ("e", str(1 + list(asked).index(deed)))))
            assert keys(form(console)) == wanted
            text = console.text()
            assert console.words(f"people.deed.{deed}", person="op-101").split("  ")[0][:6] in text
            # What a row takes is told on the least screen, in either language: a note without room would not be drawn.
            for row in form(console).form.rows:
                assert row.note in text
            if deed is PersonDeed.ROLES:
                assert console.words("people.hint.on") in text
            # Whatever can be changed stands beside what it was.
            compared = deed in {PersonDeed.CHANGE, PersonDeed.ROLES}
            assert (console.words("people.before") in text) is compared
            await console.press("escape")


async def test_a_role_is_chosen_and_taken_back_by_several_keys(world: World) -> None:
    async with driving(world.home) as console:
        screen = await begin(console, PersonDeed.ADD)
        await console.press("down", "down", "down")
        key = f"role.{Role.OFFICER}"
        chosen, nothing = console.words("people.chosen"), console.words("people.not_chosen")
        for press in ("space", "space", "right", "left"):
            before = value_of(screen, key)
            await console.press(press)
            assert {before, value_of(screen, key)} == {chosen, nothing}
            # The row under the cursor shows it as well, which its field draws.
            line = next(line for line in console.text().splitlines() if line.strip().startswith("責任者"))
            assert value_of(screen, key) in line
        # What is typed here is no choice, and stays in no field.
        await console.type("xyz")
        assert screen.form.editor.value == ""
        assert value_of(screen, key) == nothing


async def test_days_are_read_in_either_calendar_and_a_slip_keeps_the_cursor(world: World) -> None:
    async with driving(world.home) as console:
        screen = await begin(console, PersonDeed.CHANGE)
        await console.press("down", "down")
        for typed in ("2099-13-01", "R8.2.30", "あした", "99999999"):
            await console.press("ctrl+u")
            await console.type(typed)
            await console.press("enter")
            assert console.words("people.day_bad") in console.text()
            assert screen.form.row is not None
            assert screen.form.row.key == "valid_from"
            # Nor does it go on by the other key.
            await console.press("f9")
            assert form(console) is screen
        await console.press("ctrl+u")
        await console.type("R8.12.1")
        await console.press("enter")
        assert console.words("people.day_bad") not in console.text()
        await console.type("20990331")
        await console.press("f9")
        after = agreement(console).plan.after
        assert (str(after.valid_from), str(after.valid_to)) == ("2026-12-01", "2099-03-31")
        # Back in the form everything is as it was typed.
        await console.press("escape")
        assert value_of(form(console), "valid_to") == "20990331"


async def test_an_empty_last_day_takes_the_last_day_away(world: World) -> None:
    async with driving(world.home) as console:
        screen = await begin(console, PersonDeed.CHANGE)
        assert value_of(screen, "name") == "田中 光"
        assert value_of(screen, "staff_number") == "20101"
        await console.press("f9")
        # Nothing was changed, and that is said before anybody fetches a second person.
        assert form(console) is screen
        assert console.words.fault("person_unchanged", {"person": "op-101"}).cause in console.text()


async def test_the_language_changes_and_what_was_typed_stays(world: World) -> None:
    async with driving(world.home) as console:
        screen = await begin(console, PersonDeed.ADD)
        await console.type("op-104")
        await console.press("enter")
        await console.type("斎藤 薫")
        await console.press("f2")
        assert "Staff number" in console.text()
        assert (value_of(screen, "id"), screen.form.editor.value) == ("op-104", "斎藤 薫")
        await console.press("f1")
        assert console.screen == "help"
        await console.press("escape")
        assert form(console) is screen


async def test_enter_after_the_last_row_goes_on_and_escape_gives_up(world: World) -> None:
    async with driving(world.home) as console:
        await begin(console, PersonDeed.SUSPEND)
        await console.type("leave")
        await console.press("enter")
        assert agreement(console).plan.change.reason == "leave"
        await console.press("escape")
        assert form(console).form.editor.value == "leave"
        await console.press("escape")
        known = register(console).current
        assert known is not None
        assert (known.person.version, known.details.reason) == (1, "")


async def test_a_reason_that_is_too_long_is_told_and_can_be_cut(world: World) -> None:
    async with driving(world.home) as console:
        await begin(console, PersonDeed.SUSPEND)
        await console.type("x" * 41)
        await console.press("f9")
        assert console.words.fault("person_reason_bad", {"most": "40"}).cause in console.text()
        await console.press("backspace", "f9")
        assert len(agreement(console).plan.change.reason) == 40
