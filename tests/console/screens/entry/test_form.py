"""Entry by hand on the screen: every event ends in the queue, or in the reason why it is not notified.

It shows the questions before the form (`console.screens.entry.event`), the title above it
(`console.screens.messages.titles`), the rows (`console.screens.entry.rows`) with what is chosen in them
(`console.screens.entry.choosing`), the look-up of a person (`console.screens.entry.look_up`), the hint below it
(`console.screens.entry.hint`) and the page before the queue (`console.screens.entry.summary`) as well.
"""

import re
from functools import partial

import pytest
from textual import events as keys

from console.app import RenkeiApp
from console.jobs.messages import listing
from console.screens.entry.event import EventScreen
from console.screens.entry.form import EntryScreen
from console.screens.messages.queue import QueueScreen
from console.widgets.options import Options
from console.words import Language
from store import clock
from tests.console.driving import JAPANESE_FIRST, Driven, driving
from tests.console.here import states
from tests.running import World

ADDRESS = "東京都新宿区架空町一丁目2番3号"
BEFORE = "東京都新宿区架空町九丁目"


def form(console: Driven) -> EntryScreen:
    screen = console.app.screen
    assert isinstance(screen, EntryScreen), console.screen
    return screen


def shown(console: Driven, key: str) -> str:
    return next(row.shown for row in form(console).form.rows if row.key == key)


async def fill(console: Driven, *answers: str) -> None:
    """Type one answer a row; what a keyboard has no key for comes as an input method gives it."""
    for answer in answers:
        if answer.isascii():
            await console.type(answer)
        else:
            form(console).form.editor.post_message(keys.Paste(answer))
            await console.settle()
        await console.press("enter")


async def choose(console: Driven, event: str, *answers: str) -> None:
    """Open the entry and choose the event, then the other answers by their number."""
    await console.press("e")
    screen = console.app.screen
    assert isinstance(screen, EventScreen)
    options = screen.query_one("#options", Options).options
    await console.press(*["down"] * [option.code for option in options].index(event), "enter")
    for answer in answers:
        await console.press(answer)


async def begin(console: Driven, event: str, *answers: str) -> None:
    await console.log_on("op-101")
    await choose(console, event, *answers)


def entered(console: Driven) -> list[str]:
    """Return the references that the notice names, after the way back to the queue."""
    assert console.screen == "queue", console.text()
    screen = console.app.screen
    assert isinstance(screen, QueueScreen)
    return re.findall(r"M\d{6}-\d{3}", screen.notice.shown)


@pytest.mark.parametrize("language", JAPANESE_FIRST)
async def test_a_move_is_typed_once_and_gives_the_pair(world: World, language: Language) -> None:
    async with driving(world.home, language=language) as console:
        await begin(console, "move_within", "1", "1")
        assert console.words("kinds.residence_report") in console.text()
        await fill(console, "1234567", "WANG XIAOMING", "19850412", "1", "CHN", ADDRESS, "ab12345678cd", BEFORE)
        await fill(console, "R8.11.20", "20261118")
        assert console.screen == "summary"
        assert console.words("entry.summary.count", count=2) in console.text()
        await console.press("enter")
        assert console.words("entry.done", references="")[-8:] in console.text()
        assert len(entered(console)) == 1
    listed = world.run("op-101", "queue", "--reference", "M").json["messages"]
    assert [message["kind"] for message in listed] == ["resident_record", "residence_report"]
    assert {(message["state"], message["author"]) for message in listed} == {("review", "op-101")}
    record, report = (world.run("op-101", "show", str(message["id"])).json["record"] for message in listed)
    assert record["person"] == report["person"]
    assert record["previous_address"] == report["previous_address"] == BEFORE
    assert record["basis"]["reported_on"] == report["reported_on"] == "2026-11-20"
    assert report["moved_on"] == "2026-11-18"


async def test_one_key_takes_the_seiji_and_the_characters_explain_why(world: World) -> None:
    async with driving(world.home) as console:
        await begin(console, "move_in", "1", "2")
        await fill(console, "1234567")
        await console.type("张伟")
        await console.press("f2")
        assert "張 U+5F35 [1-1]" in console.text()
        assert "582" in console.text()
        await console.press("escape", "f5")
        screen = console.app.screen
        assert isinstance(screen, EntryScreen)
        assert screen.form.editor.value == "張偉"
        assert screen.draft.records[0]["person"]["name"] == "張偉"
        assert console.words("entry.seiji") in console.text()
        await console.press("f5")
        assert console.words("entry.no_seiji") in console.text()


async def test_who_enters_does_not_approve_and_a_second_person_does(world: World) -> None:
    async with driving(world.home) as console:
        await begin(console, "certificate_delivered")
        await fill(console, "1234567", "AB12345678CD", "20261120")
        await console.press("enter")
        (reference,) = entered(console)
    (message,) = world.run("op-101", "queue", "--reference", reference).json["messages"]
    assert world.run("op-101", "approve", str(message["id"])).status == 3
    assert world.run("ap-201", "approve", str(message["id"])).json["changed"] == [message["id"]]


def is_shown(console: Driven, text: str) -> bool:
    return text in console.text().replace("\n", "").replace(" ", "")


async def test_an_event_that_is_never_notified_says_why_and_ends_there(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on("op-101")
        for event in ("household", "relationship", "insurance", "alias", "agency_notice"):
            await choose(console, event)
            assert console.screen == "event"
            why = console.words(f"entry.never.{event}")
            # A notice of two lines makes room for itself first.
            await console.until(partial(is_shown, console, why))
            await console.press("escape")
            assert console.screen == "queue"
        # What the agency says by a notice is looked for at once.
        await choose(console, "category_changed")
        await console.until(partial(is_shown, console, console.words("entry.never.not_come")))
        # Three are named and the others counted, whatever rows they are.
        session, screen = console.app.session, console.app.screen
        assert session is not None
        assert isinstance(screen, EventScreen)
        rows = listing.page(console.app.terminal, session, listing.QueueQuery(limit=5)).rows
        screen._name_notices("entry.never.category_changed", rows)
        await console.settle()
        shown = console.text().replace("\n", "").replace(" ", "")
        assert all(row.reference in shown for row in rows[:3])
        assert rows[3].reference not in shown
        assert console.words("entry.never.more", count=2).replace(" ", "") in shown


async def test_without_the_card_the_record_goes_alone(world: World) -> None:
    async with driving(world.home) as console:
        await begin(console, "arrival_from_abroad", "1", "2")
        assert len(form(console).draft.records) == 1


async def test_escape_goes_back_question_by_question(world: World) -> None:
    async with driving(world.home) as console:
        await begin(console, "move_in", "1")
        assert console.words("entry.step.card") in console.text()
        await console.press("escape")
        assert console.words("entry.step.category") in console.text()
        await console.press("escape")
        assert console.words("entry.step.event") in console.text()
        await console.press("escape")
        assert console.screen == "queue"


async def test_faults_are_told_beside_the_item_while_one_types(world: World) -> None:
    async with driving(world.home) as console:
        await begin(console, "death", "1")
        await fill(console, "1234567", "WANG XIAOMING")
        await console.type("19850229")
        await console.settle()
        warning = console.words.finding("paper_date_impossible")
        assert warning.cause[:20] in console.text()
        assert "1985年2月29日" in console.text()
        await console.press("tab", "tab", "tab", "tab")
        await console.type("AB1")
        await console.settle()
        assert console.words.finding("number_malformed").cause[:15] in console.text()
        await console.press("f9")
        assert console.screen == "entry"
        item = form(console).item
        assert item is not None
        assert item.key == "person.sex"
        assert console.words("entry.missing") in console.text()


async def test_the_day_of_a_death_may_be_known_in_part_and_is_named_so(world: World) -> None:
    async with driving(world.home) as console:
        await begin(console, "death", "1")
        rows = {row.key: row.label for row in form(console).form.rows}
        assert rows["basis.date"] == "死亡の日"
        form(console).form.go_to("basis.date")
        await console.type("R8.11.00")
        await console.settle()
        assert "令和8年11月（日不明）" in console.text()
        item = form(console).item
        assert item is not None
        assert not item.faulty


async def test_codes_are_chosen_by_number_arrow_and_name(world: World) -> None:
    async with driving(world.home) as console:
        await begin(console, "move_in", "2", "1")
        screen = form(console)
        screen.form.go_to("person.sex")
        await console.press("2")
        assert shown(console, "person.sex") == "女"
        await console.press("right")
        assert shown(console, "person.sex") == "不明"
        await console.press("backspace")
        assert shown(console, "person.sex") == ""
        screen.form.go_to("person.nationality")
        await console.type("viet")
        await console.settle()
        assert shown(console, "person.nationality").startswith("ベトナム")
        await console.press("backspace", "backspace", "backspace", "backspace")
        screen.form.editor.post_message(keys.Paste("韓\t国"))
        await console.settle()
        assert console.words("common.not_taken") in screen.notice.shown
        screen.form.editor.post_message(keys.Paste("韓"))
        await console.settle()
        assert "(KOR)" in shown(console, "person.nationality")
        await console.type("zzz")
        await console.settle()
        assert console.words("entry.choose") in console.text()


async def test_corrected_items_are_a_list_and_each_asks_for_what_it_needs(world: World) -> None:
    async with driving(world.home) as console:
        await begin(console, "error", "1")
        screen = form(console)
        screen.form.go_to("corrected")
        await console.press("1", "5")
        assert screen.draft.records[0]["corrected"] == ["name", "address"]
        assert "previous_address" in {row.key for row in screen.form.rows}
        await console.press("5")
        assert screen.draft.records[0]["corrected"] == ["name"]
        assert "previous_address" not in {row.key for row in screen.form.rows}
        await console.press("right", "space")
        assert len(screen.draft.records[0]["corrected"]) == 2


async def test_names_are_kept_to_the_code_point_and_can_be_spelled(world: World) -> None:
    name = "葛󠄀城 𠮷子"
    async with driving(world.home) as console:
        await begin(console, "birth", "2")
        await fill(console, "1234567", name + "x")
        await console.press("up", "backspace")
        assert form(console).draft.records[0]["person"]["name"] == name
        await console.press("f2")
        assert console.screen == "characters"
        assert "U+845B U+E0100" in console.text()
        await console.press("escape", "backspace", "backspace", "backspace", "backspace")
        assert form(console).draft.records[0]["person"]["name"] == "葛󠄀"
        await console.press("backspace")
        assert "name" not in form(console).draft.records[0]["person"]


async def test_keys_without_a_pause_fall_into_the_rows_that_were_meant(world: World) -> None:
    async with driving(world.home) as console:
        await begin(console, "move_within", "1", "1")
        await console.pilot.press(
            *"1234567", "tab", *"WANG", "tab", *"19850412", "tab", "1", "tab", *"CHN", "tab", *"x"
        )
        await console.settle()
        record = form(console).draft.records[0]
        assert record["subject"] == "1234567"
        assert record["person"] == {
            "name": "WANG", "birth_date": "1985-04-12", "sex": "male", "nationality": "CHN", "address": "x"
        }  # fmt: skip


async def test_optional_items_are_shown_on_demand(world: World) -> None:
    async with driving(world.home) as console:
        await begin(console, "birth", "1")
        few = {row.key for row in form(console).form.rows}
        await console.press("f6")
        everything = {row.key for row in form(console).form.rows}
        assert {"person.name_kanji", "occurred_at", "reference"} <= everything - few
        form(console).form.go_to("occurred_at")
        await console.press("ctrl+u")
        await console.type("2026-11-20 09:30")
        await console.press("f6")
        assert form(console).draft.records[0]["occurred_at"] == "2026-11-20T09:30:00+09:00"
        assert "occurred_at" in {row.key for row in form(console).form.rows}


async def test_the_number_of_a_known_person_fills_in_and_what_differs_says_so(world: World) -> None:
    listed = world.run("op-101", "queue", "--reference", "R26-").json["messages"]
    record = world.run("op-101", "show", str(listed[0]["id"])).json["record"]
    person = record["person"]
    async with driving(world.home) as console:
        await begin(console, "family_register", "1")
        await fill(console, record["subject"])
        await console.until(lambda: shown(console, "person.name") == person["name"])
        assert console.words("entry.standing.filled") in console.text()
        # What is typed takes the place of what the terminal filled in.
        await fill(console, "WANG XIAOMING")
        await console.press("up")
        assert form(console).draft.records[0]["person"]["name"] == "WANG XIAOMING"
        assert console.words("entry.standing.differs") in console.text()
        assert person["name"] in console.text()
        await console.press("f3")
        assert form(console).form.editor.value == person["name"]
        assert console.words("entry.standing.filled") in console.text()
        # An address begins with the municipality.
        form(console).form.go_to("person.address")
        await console.press("ctrl+u", "f5")
        assert form(console).form.editor.value == "東京都新宿区"
        await fill(console, "\u3000架空町")
        assert form(console).draft.records[0]["person"]["address"] == "東京都新宿区\u3000架空町"


@pytest.mark.parametrize("language", JAPANESE_FIRST)
async def test_another_number_in_a_correction_shows_whose_it_is(world: World, language: Language) -> None:
    listed = world.run("op-101", "queue", "--reference", "R26-").json["messages"]
    one_number, other_number = (str(listed[place]["id"]) for place in (0, 1))
    record, other = (world.run("op-101", "show", number).json["record"] for number in (one_number, other_number))
    async with driving(world.home, language=language) as console:
        await console.log_on("op-101", opens="0")
        words = console.words
        await console.press("slash")
        await console.type(record["reference"])
        await console.press("enter")
        await console.press("enter")
        await console.until(lambda: console.screen == "message")
        await console.settle()
        await console.press("e")
        form(console).form.go_to("subject")
        # As long as the number is the message's own, nothing is looked up.
        await console.press("down", "up")
        assert words("entry.standing.differs") not in console.text()
        await console.press("ctrl+u")
        await console.type(other["subject"])
        await console.press("enter")
        await console.until(lambda: words("entry.standing.differs") in console.text())
        notes = {row.key: row.note for row in form(console).form.rows}
        assert notes["person.name"] == words("entry.standing.differs")
        # Beside both values there is room for the word.
        line = next(line for line in console.text().splitlines() if record["person"]["name"] in line and "?" in line)
        assert line.rstrip().endswith(words("entry.standing.differs"))
        assert notes["subject"] == words("entry.corrected")
        assert form(console).draft.records[0]["person"]["name"] == record["person"]["name"]
        # Put back, it is the number of nobody else.
        form(console).form.go_to("subject")
        await console.press("ctrl+u")
        await console.type(record["subject"])
        await console.press("enter")
        assert words("entry.standing.differs") not in console.text()


async def test_typing_narrows_the_events_and_one_more_of_the_same_follows(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on("op-101")
        await console.press("e")
        screen = console.app.screen
        assert isinstance(screen, EventScreen)
        options = screen.query_one("#options", Options)
        screen.query_one("#narrow").post_message(keys.Paste("職権消除"))
        await console.settle()
        assert [option.code for option in options.options] == ["entered_anew", "unreported"]
        # Digits are text here, as in 30条の46.
        await console.press("ctrl+u", *"46")
        assert {option.code for option in options.options} >= {"arrival_from_abroad", "entered_anew"}
        await console.press("ctrl+u", *"death", "enter", "1")
        await fill(console, "1234567", "WANG XIAOMING", "19850412", "1", "CHN", ADDRESS, "AB12345678CD")
        # What matches no country is not dropped without a word.
        form(console).form.go_to("person.nationality")
        await console.type("zzz")
        await console.press("tab")
        assert form(console).item is not None
        assert console.words("entry.choose") in console.text()
        await console.press("ctrl+u", *"CHN")
        form(console).form.go_to("basis.date")
        await fill(console, "t")
        assert console.screen == "summary"
        assert form_below(console).draft.records[0]["basis"]["date"] == clock.day_in_japan(clock.now()).isoformat()
        await console.press("y")
        await console.until(lambda: console.screen == "entry" and not form(console).draft.changed)
        assert re.search(r"M\d{6}-001", form(console).notice.shown)
        assert shown(console, "subject") == ""
        await console.press("escape")
        assert console.screen == "event"


def form_below(console: Driven) -> EntryScreen:
    screen = console.app.screen_stack[-2]
    assert isinstance(screen, EntryScreen)
    return screen


async def test_throwing_away_is_asked_for_and_only_when_something_was_entered(world: World) -> None:
    async with driving(world.home) as console:
        await begin(console, "death", "1")
        await console.press("escape")
        assert console.screen == "event"
        await console.press("1")
        await fill(console, "1234567")
        await console.press("escape")
        assert console.words("entry.ask.drop").splitlines()[0] in console.text()
        await console.press("escape")
        assert shown(console, "subject") == "1234567"
        await console.press("escape", "d")
        assert console.screen == "event"
    assert len(states(world)) == 40


async def test_the_lock_covers_the_form_and_nothing_is_lost(world: World) -> None:
    async with driving(world.home) as console:
        await begin(console, "death", "1")
        await fill(console, "1234567", "WANG XIAOMING")
        _app(console)._lock()
        await console.settle()
        assert console.screen == "lock"
        assert "WANG" not in console.text()
        assert "1234567" not in console.text()
        await console.type(world.pin_files["op-101"].read_text().strip())
        await console.press("enter")
        await console.until(lambda: console.screen == "entry")
        assert shown(console, "person.name") == "WANG XIAOMING"
        assert form(console).form.editor.has_focus


async def test_log_off_asks_first_and_leaves_nothing_on_the_screen(world: World) -> None:
    async with driving(world.home) as console:
        await begin(console, "death", "1")
        await fill(console, "1234567", "WANG XIAOMING")
        await console.press("f10")
        assert console.words("entry.ask.log_off").splitlines()[0] in console.text()
        await console.press("enter")
        await console.until(lambda: console.screen == "login")
        await console.settle()
        assert len(console.app.screen_stack) == 1
        assert "WANG" not in console.text()
        await console.log_on("op-101")
        await choose(console, "death", "1")
        assert not form(console).draft.changed


async def test_the_language_changes_in_the_middle_and_nothing_is_lost(world: World) -> None:
    async with driving(world.home) as console:
        await begin(console, "death", "1")
        await fill(console, "1234567", "WANG XIAOMING")
        await console.type("1985")
        await console.press("f1", "f2", "escape")
        assert "Birth date" in console.text()
        assert form(console).form.editor.value == "1985"
        assert shown(console, "person.name") == "WANG XIAOMING"


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("language", ["ja", "en"])
async def test_everything_fits(world: World, language: Language, size: tuple[int, int]) -> None:
    async with driving(world.home, language=language, size=size) as console:
        await begin(console, "arrival_from_abroad", "1", "1")
        await console.press("f6", "end", *["down"] * 40)
        lines = console.text().splitlines()
        assert len(lines) == size[1]
        assert form(console).form.row is form(console).form.rows[-1]
        last = form(console).form.rows[-1].label
        assert any(line.strip().startswith(("*", "!", last[:4])) and last[:4] in line for line in lines)
        assert console.words("keys.finish") in console.foot


async def test_who_may_not_enter_has_no_key_for_it(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on("ka-301")
        assert console.words("keys.entry") not in console.foot
        await console.press("e")
        assert console.screen == "queue"


def _app(console: Driven) -> RenkeiApp:
    return console.app
