"""The log's screen: find, question, verify and export it by keys.

It shows `console.screens.log.entry_list` as well, which draws the entries, and asks
`console.screens.log.conditions`.
"""

from pathlib import Path

import pytest

from console.screens.log.viewing import LogScreen
from console.words import Language
from store.log.bundle import bundles_in, verify_bundle
from tests.console.driving import JAPANESE_FIRST, Driven, driving
from tests.running import World


def log(console: Driven) -> LogScreen:
    screen = console.app.screen
    assert isinstance(screen, LogScreen), console.text()
    return screen


async def _open(console: Driven) -> LogScreen:
    await console.log_on()
    await console.press("l")
    return log(console)


async def _find(console: Driven, typed: str) -> None:
    await console.press("slash", "ctrl+u")
    await console.type(typed)
    await console.press("enter")


async def test_an_entry_is_found_by_number_time_person_and_event(world: World) -> None:
    async with driving(world.home) as console:
        screen = await _open(console)
        everything = screen.rows.count
        await _find(console, "3")
        assert screen.rows.cursor_key == 3
        await _find(console, "2020-01-01")
        assert screen.rows.cursor_key == 1
        await _find(console, "2099-12-31 23:59")
        assert screen.rows.position == 1
        await _find(console, "op-101")
        assert 0 < screen.rows.count < everything
        assert console.words("log.search.found", typed="op-101") in console.text()
        await _find(console, "message.imported")
        row = screen.rows.cursor_row
        assert row is not None
        assert row.event == "message.imported"
        assert f"{row.session}  {console.words('log.column.terminal')} {row.terminal}" in console.text()
        await _find(console, "何か")
        # What was typed is there to be mended.
        await console.until(lambda: console.words("log.search.unclear") in console.text())
        assert "何か" in console.text()
        await console.press("escape")
        await _find(console, "今日 op-101 message.imported")
        row = screen.rows.cursor_row
        assert row is not None
        assert row.reference is not None
        assert row.reference in console.text()
        # From the entry to its message, and back to the same entry.
        await console.press("enter")
        assert console.screen == "message"
        await console.press("escape")
        assert screen.rows.cursor_key == row.seq
        await _find(console, "")
        assert screen.rows.count >= everything


@pytest.mark.parametrize("language", JAPANESE_FIRST)
async def test_a_question_is_answered(world: World, language: Language) -> None:
    async with driving(world.home, language=language) as console:
        screen = await _open(console)
        await console.press("f", "3")
        await console.type("today yesterday")
        await console.press("enter")
        assert console.words("log.conditions.unclear") in console.text()
        await console.press("ctrl+u", "enter")
        assert console.screen == "answer"
        assert "ka-301" in console.text()
        assert console.words("log.question.logins_per_id") in console.text()
        await console.press("escape", "f", "5", *"op-101", "enter")
        assert console.words("log.question.none") in console.text()
        # The question is an entry itself, and so is the verification that comes with looking anew.
        await console.press("full_stop")
        row = screen.rows.row_of(screen.rows.count - 1)
        assert row is not None
        assert (row.event, row.object) == ("log.read", "op-101")


async def test_the_log_is_exported_and_verified(world: World, tmp_path: Path) -> None:
    medium = tmp_path / "medium"
    medium.mkdir()
    async with driving(world.home) as console:
        await _open(console)
        await console.press("o")
        await console.type(str(medium))
        await console.press("enter")
        await console.type("LOG-1")
        await console.press("enter")
        # The directory lies on the disk of the terminal: a person decides that this is meant.
        assert console.words("log.export.own_disk")[:12] in console.text()
        assert not list(medium.iterdir())
        await console.press("enter")
        (bundle,) = bundles_in(medium)
        assert bundle.name in console.text()
        assert verify_bundle(bundle).ok
        await console.press("full_stop")
        assert console.words("log.sound", entries="")[:4] in console.text() or "検証" in console.text()


async def test_an_approver_has_no_key_to_export(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on("ap-201")
        await console.press("l", "o")
        assert log(console).name == console.screen
        assert console.words("keys.export_log") not in console.foot


async def test_a_log_set_back_is_told_at_log_on(world: World) -> None:
    keys = sorted((world.home / "keys" / "log").glob("*.key"))
    keys[-1].unlink()
    async with driving(world.home) as console:
        await console.log_on(opens="")
        cause = console.words.fault("ladder_broken", {"number": "3"}).cause[:30]
        # It is shown once the first screen has been painted.
        await console.until(lambda: cause in console.text())


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_the_way_back_is_shown_in_the_narrowest_foot_line(world: World, language: Language) -> None:
    async with driving(world.home, size=(80, 24), language=language) as console:
        await _open(console)
        foot = console.foot
        assert f"Esc {console.words('keys.back')}" in foot
        assert console.words("keys.export_log") in foot
