"""Drafts on the screen: saved while one types (`console.screens.entry.saving`), gone on with from the first page."""

import pytest

from console.screens.entry import saving
from console.screens.entry.form import EntryScreen
from tests.console.driving import driving
from tests.console.here import states
from tests.console.screens.entry.test_form import begin, fill, form, shown
from tests.running import World


async def test_a_pause_saves_and_the_first_page_leads_back(world: World) -> None:
    async with driving(world.home) as console:
        await begin(console, "death", "1")
        await fill(console, "1234567", "WANG XIAOMING")
        # Nobody presses a key any more: the console is killed now.
        await console.until(lambda: console.words("entry.saved", time="")[:4] in console.text())
    async with driving(world.home) as console:
        await console.log_on("op-101", opens="")
        await console.until(lambda: console.words("today.drafts") in console.text())
        await console.press(*["down"] * 9, "enter")
        await console.until(lambda: "WANG XIAOMING" in console.text())
        await console.press("enter")
        await console.until(lambda: isinstance(console.app.screen, EntryScreen))
        assert (shown(console, "subject"), shown(console, "person.name")) == ("1234567", "WANG XIAOMING")
        form(console).form.go_to("person.name")
        await console.type("X")
        # Kept as it is, it stays in the list; discarding it asks with its own letter.
        await console.press("escape", "enter")
        await console.until(lambda: console.screen == "drafts" and "WANG XIAOMINGX" in console.text())
        await console.press("d", "enter", "escape", "d", "d")
        await console.until(lambda: console.screen == "today")
        await console.until(lambda: console.words("today.drafts") not in console.text())
    assert len(states(world)) == 40


async def test_leaving_a_field_saves_it_without_a_pause(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "_PAUSE", 3600.0)
    async with driving(world.home) as console:
        await begin(console, "death", "1")
        await console.type("1234567")
        assert console.words("entry.saved", time="").split()[0] not in console.text()
        await console.press("enter")
        assert console.words("entry.saved", time="").split()[0] in console.text()


async def test_the_lock_and_the_log_off_keep_what_was_typed_last(world: World) -> None:
    async with driving(world.home) as console:
        await begin(console, "death", "1")
        await fill(console, "1234567")
        await console.press("f10")
        assert console.words("entry.ask.log_off").splitlines()[0] in console.text()
        await console.press("enter")
        await console.until(lambda: console.screen == "login")
        await console.log_on("op-101", opens="")
        await console.until(lambda: console.words("today.drafts") in console.text())
