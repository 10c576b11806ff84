"""The log's screen: find, question, verify and export it by keys.

It shows `console.screens.log.entry_list` as well, which draws the entries in the words of
`console.screens.log.wording` and `console.screens.log.shown`, and asks `console.screens.log.conditions`.
"""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from console.errors import CredentialsRefused
from console.jobs.log import periods
from console.jobs.people import logon
from console.screens.log.conditions import FIELDS
from console.screens.log.viewing import LogScreen
from console.screens.log.wording import period_in_words
from console.terminal import Terminal
from console.widgets.field import TextField
from console.words import LANGUAGES, Language, Words
from store import clock
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
        await console.press("f", "tab", "ctrl+u", "shift+tab", "3")
        assert console.screen == "answer"
        assert "ka-301" in console.text()
        assert console.words("log.question.logins_per_id") in console.text()
        # The question about a person asks for one, and then waits for Enter alone.
        await console.press("escape", "f", "5")
        assert console.words("log.conditions.whose") in console.text()
        await console.press(*"op-101", "enter")
        assert console.words("log.empty") in console.text()
        assert console.words("log.question.lookups") in console.text()
        # The question is an entry itself, and so is the verification that comes with looking anew.
        await console.press("f", "0", "full_stop")
        row = screen.rows.row_of(screen.rows.count - 1)
        assert row is not None
        assert (row.event, row.object) == ("log.read", "op-101")


def _fail(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let log-ons fail on the last working day: two for an ID, and one with a PIN in the field of the ID."""
    day = clock.now() - timedelta(days=1)
    with monkeypatch.context() as then, Terminal.open(world.home) as terminal:
        then.setattr(periods, "is_closed", lambda _day: False)
        then.setattr(clock, "now", lambda: day)
        for tried in ("op-101", "op-101", "7391 8264"):
            with pytest.raises(CredentialsRefused):
                logon.log_on(terminal, tried, "no pin of theirs", origin="screen")
        return terminal.pepper.mark_of("7391 8264")[:4]


async def test_the_failed_log_ons_of_yesterday_are_three_keys_from_home(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = _fail(world, monkeypatch)
    async with driving(world.home) as console:
        await console.log_on(opens="")
        await console.press("l", "f", "2")
        screen, words, text = log(console), console.words, console.text()
        assert [screen.rows.count, console.screen] == [3, "log"]
        assert words("log.question.failed_logins") in text
        assert str(period_in_words("きのう", words)) in text
        assert words("log.failures.times", who="op-101", count=2) in text
        # Never what was typed: a keyed mark, the same in the list and above it.
        unknown = words("log.unknown_id", mark=mark)
        assert text.count(unknown) >= 2
        # In full: four digits of it stand in many a hash.
        assert "73918264" not in text.replace(" ", "")
        # What was typed is kept over the log-off, and the form finds all attempts with this unknown ID.
        await console.press("f", *["tab"] * 5, *f"#{mark}", "enter")
        assert screen.rows.count == 1
        assert f"{words('log.field.object')} #{mark}" in console.text()
        await console.press("q")
        await console.log_on(opens="")
        await console.press("l", "f")
        assert console.app.screen.query_one("#object", TextField).value == f"#{mark}"
        # Nobody else sees it.
        await console.press("escape", "q")
        await console.log_on("au-401")
        await console.press("f")
        assert console.app.screen.query_one("#object", TextField).value == ""


async def test_conditions_combine_and_what_means_nothing_stays_in_its_field(world: World) -> None:
    async with driving(world.home) as console:
        screen, words = await _open(console), console.words
        everything = screen.rows.count
        await console.press("f", "tab", "ctrl+u", "tab", *"op-101", "tab")
        await console.type("取込")
        await console.press("enter")
        row = screen.rows.cursor_row
        assert row is not None
        assert (row.event, row.actor) == ("message.imported", "op-101")
        assert 0 < screen.rows.count < everything
        await console.press("f")
        for name, typed in {
            "object": "R99-nothing!",
            "result": "ok",
            "event": "何か",
            "person": "A",
            "period": "2/30",
        }.items():
            # From the last field up, so that the complaint is about each in its turn.
            field = console.app.screen.query_one(f"#{name}", TextField)
            console.app.screen.set_focus(field)
            await console.press("ctrl+u")
            await console.type(typed)
            await console.press("enter")
            assert words(f"log.unclear.{name}")[:20] in console.text()
            assert (console.app.screen.focused, field.value) == (field, typed)
            await console.press("ctrl+u")
        assert [console.app.screen.query_one(f"#{name}", TextField).value for name in FIELDS] == [""] * len(FIELDS)
        await console.press("enter")
        assert screen.rows.count >= everything


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_monday_says_since_when_yesterday_is(monkeypatch: pytest.MonkeyPatch, language: Language) -> None:
    words = Words(language)
    monday = clock.now().replace(year=2026, month=11, day=30, hour=3)
    monkeypatch.setattr(clock, "now", lambda: monday)
    # Friday, the last working day, and the weekend.
    friday, sunday = (words.day(monday - timedelta(days=days)) for days in (3, 1))
    shown = period_in_words("yesterday", words)
    assert shown is not None
    assert re.search(f"{friday}.*{sunday}", shown)
    assert shown.startswith(words("log.days.since_working", first="", last="")[:4])
    assert period_in_words("11/24", words) == words(
        "log.days.day", day=words.day(monday.replace(day=24)), weekday=words("today.weekday.1")
    )


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
