"""The queue on the screen: listed, searched, and decided about with two keys.

It shows `console.screens.messages.queue_view`, `console.screens.messages.message_list`,
`console.screens.messages.filter_sheet`, `console.screens.messages.preview` and `console.screens.messages.review` as
well.
"""

import re
import sqlite3
import threading
from contextlib import closing
from typing import Any

import pytest
from textual import events

from console.jobs.work import outline
from console.screens.messages.preview import Preview
from console.screens.messages.queue import QueueScreen
from console.words import Language
from store import clock
from tests.console.driving import Driven, driving
from tests.console.here import states
from tests.running import World


def queue(console: Driven) -> QueueScreen:
    screen = console.app.screen
    assert isinstance(screen, QueueScreen)
    return screen


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_list_fills_the_screen_and_nothing_runs_over(
    world: World, language: Language, size: tuple[int, int]
) -> None:
    async with driving(world.home, language=language, size=size) as console:
        await console.log_on()
        lines = console.text().splitlines()
        assert len(lines) == size[1]
        assert "ka-301" in lines[0]
        counts = queue(console).counts
        assert counts is not None
        assert str(counts.review) in lines[1]
        rows = sum(line[2:].startswith(console.words("states.out.review")) for line in lines)
        # At 80 columns the message under the cursor takes three lines, from 110 on it stands beside the list.
        foot = console.app.screen.query_one("#foot").size.height
        assert rows == min(queue(console).rows.count, size[1] - foot - (8 if size[0] == 80 else 5))
        assert queue(console).query_one("#preview", Preview).shown is not None
        assert console.words("steps.approve.key") in console.foot


async def test_two_keys_approve_the_message_under_the_cursor(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on()
        row = queue(console).rows.cursor_row
        assert row is not None
        await console.press("a")
        assert row.reference in console.text()
        await console.press("enter")
        assert console.words("steps.approve.did", count=1) in console.text()
        assert row.reference not in console.text()
        assert "approved" in states(world)


async def test_called_off_nothing_happens(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on()
        before = states(world)
        await console.press("a", "escape")
        assert console.screen == "queue"
        assert states(world) == before


async def test_several_are_approved_only_when_their_number_is_typed(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on()
        await console.press("space", "space", "space", "a")
        # The question tells what they are, and leaves adding them up to the person.
        assert console.words("queue.many.title", step=console.words("steps.approve.key"), count=3) in console.text()
        await console.press("4", "enter")
        assert console.words("queue.ask.wrong_count") in console.text()
        assert set(states(world)) == {"review"}
        await console.press("backspace", "3", "enter")
        assert console.screen == "queue"
        moved = [state for state in states(world) if state != "review"]
        assert len(moved) == 3
        assert set(moved) <= {"approved", "held"}


async def test_a_number_typed_ahead_waits_in_the_question_until_it_says_what_they_are(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, look = threading.Event(), outline.outline

    def slow(*arguments: Any, **options: Any) -> outline.Outline:
        assert known.wait(30)
        return look(*arguments, **options)

    monkeypatch.setattr(outline, "outline", slow)
    async with driving(world.home) as console:
        await console.log_on()
        await console.press("space", "space", "space")
        await console.pilot.press("a", "3", "enter")
        await console.until(lambda: console.words("queue.ask.counting") in console.text())
        assert set(states(world)) == {"review"}
        known.set()
        await console.settle()
        assert console.words("queue.many.title", step=console.words("steps.approve.key"), count=3) in console.text()
        await console.press("enter")
        assert console.screen == "queue"
        assert len([state for state in states(world) if state != "review"]) == 3


async def test_a_message_is_withdrawn_with_a_reason(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on("ap-201")
        row = queue(console).rows.cursor_row
        assert row is not None
        await console.press("w", "enter")
        assert console.words("queue.ask.reason_missing") in console.text()
        await console.type("error")
        await console.press("enter")
        assert console.words("steps.withdraw.did", count=1) in console.text()
    assert states(world)[row.id - 1] == "withdrawn"


async def test_keys_that_are_faster_than_another_list_are_not_meant_for_the_one_before(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on()
        screen, row = queue(console), queue(console).rows.cursor_row
        assert row is not None
        screen.action_open_list("0")
        screen.action_review("approve")
        assert console.screen == "queue"
        assert console.words("queue.note.nothing") in screen.notice.shown
        screen.rows.action_choose()
        await console.settle()
        assert console.screen == "queue"
        # The cursor is back on its row, which is in both lists.
        assert screen.rows.cursor_key == row.id
    assert set(states(world)) == {"review"}


async def test_keys_typed_ahead_of_a_decision_mean_the_next_message(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on()
        first, second = (queue(console).rows.row_at(index) for index in range(2))
        assert first is not None
        assert second is not None
        with closing(sqlite3.connect(next(world.home.glob("database/*.sqlite3")))) as other:
            # Somebody else writes, so that the decision waits, and the next key comes before its outcome.
            other.execute("BEGIN IMMEDIATE")
            await console.pilot.press("a", "enter", "r")
            assert console.screen == "question"
            assert second.reference in "".join(console.text().splitlines()[-6:])
        await console.settle()
        await console.press("escape")
    done = states(world)
    assert [done[row.id - 1] for row in (first, second)] == ["approved", "review"]


async def test_the_cursor_comes_back_to_a_message_that_was_not_decided(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on()
        row = queue(console).rows.cursor_row
        assert row is not None
        await console.press("a")
        # Somebody else decides while the question stands.
        world.run("ap-201", "approve", str(row.id), "--confirm-warnings")
        await console.pilot.press("enter")
        await console.settle()
        assert console.words("queue.did.refused", count=1, cause="", remedy="").strip()[:4] in console.text()
    assert states(world)[row.id - 1] == "approved"


async def test_who_may_not_withdraw_is_not_asked(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on("op-101")
        await console.press("w")
        assert console.screen == "queue"


@pytest.mark.parametrize(("keys", "step"), [("r", "give_back"), ("w2", "withdraw")])
async def test_the_question_about_several_tells_how_many_they_are(world: World, keys: str, step: str) -> None:
    async with driving(world.home) as console:
        await console.log_on()
        await console.press("space", "space", *keys)
        assert console.words(f"steps.{step}.ask_many", count=2).splitlines()[0] in console.text()


async def test_a_message_is_returned_with_a_reason_in_japanese(world: World) -> None:
    reason = "葛󠄀飾の字を確かめてください"
    async with driving(world.home) as console:
        await console.log_on()
        row = queue(console).rows.cursor_row
        assert row is not None
        await console.press("r", "enter")
        assert console.words("queue.ask.reason_missing") in console.text()
        console.app.screen.query_one("#answer").post_message(events.Paste("葛飾の\n字"))
        await console.settle()
        # The dialog says so itself: its notice line is covered.
        assert console.words("common.not_taken") in console.text()
        console.app.screen.query_one("#answer").post_message(events.Paste(f"{reason}\n"))
        await console.settle()
        await console.press("enter")
        assert console.words("steps.give_back.did", count=1) in console.text()
        await console.press("1", "enter")
        await console.until(lambda: console.screen == "message")
        await console.settle()
        assert reason in console.text()
        assert console.words("states.out.returned") in console.text()


async def test_hold_and_release(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on()
        await console.press("h", "enter")
        assert console.words("steps.hold.did", count=1) in console.text()
        assert "held" in states(world)
        await console.press("f", "down", "down", "down", "enter", "u", "enter")
        assert console.words("steps.release.did", count=1) in console.text()
        assert set(states(world)) == {"review"}


async def test_the_search_finds_a_reference_and_escape_shows_all_again(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on()
        await console.press("slash")
        await console.type("T26-000001")
        await console.press("enter")
        assert queue(console).rows.count == 1
        assert console.words("queue.found", sought="T26-000001") in console.text()
        await console.press("escape")
        assert queue(console).rows.count > 1


async def test_the_search_finds_a_person_by_a_part_of_the_name(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on()
        row = queue(console).rows.cursor_row
        assert row is not None
        part = row.name.split()[-1].lower()
        await console.press("slash")
        assert console.words("queue.note.search") in console.text()
        # Letters are text in the field: none of them is offered as a deed.
        assert console.foot.split()[:4] == ["Enter", console.words("keys.search"), "Esc", console.words("keys.cancel")]
        assert f"a {console.words('steps.approve.key')}" not in console.foot
        await console.type(part)
        await console.press("enter")
        rows = queue(console).rows
        assert 0 < rows.count < 40
        assert console.words("queue.found", sought=part) in console.text()
        shown = [rows.row_of(key) for key in rows._keys]
        assert all(match is not None and part.upper() in match.name for match in shown)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_what_is_found_stands_under_the_names_of_its_people(
    world: World, language: Language, size: tuple[int, int]
) -> None:
    async with driving(world.home, language=language, size=size) as console:
        await console.log_on()
        await console.press("slash")
        await console.type("a")
        await console.press("enter")
        rows, words = queue(console).rows, console.words
        assert rows.position == 1
        # At once, and as it is read anew after another screen was open.
        for _ in range(2):
            lines = console.text().splitlines()
            row = rows.cursor_row
            assert row is not None
            assert row.heading is not None
            at = next(y for y, line in enumerate(lines) if line.startswith("> "))
            assert lines[at - 1].startswith(f"  {row.heading.name}")
            assert words("about.subject", subject=row.heading.subject) in lines[at - 1]
            # The name stands in the heading alone, whose cells it leaves to what happened.
            assert row.heading.name not in lines[at]
            assert row.reference in lines[at]
            people = queue(console).people
            assert 1 < people <= rows.count < queue(console).messages
            assert words("queue.people", people=people, count=queue(console).messages) in console.text()
            await console.press("question_mark", "escape")
        await console.press("escape")
        assert not rows.grouped


async def test_a_message_with_warnings_is_read_before_it_is_approved(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on()
        rows = queue(console).rows
        while (row := rows.cursor_row) is not None and not row.warnings:
            await console.press("down")
        assert row is not None
        await console.press("a")
        await console.until(lambda: console.screen == "message")
        await console.settle()
        assert console.words("message.section.findings") in console.text()
        await console.press("a")
        assert console.words("steps.approve.ask_warnings", reference="", kind="", name="", count=row.warnings).split(
            "\n"
        )[1] in re.sub(r"\s+\n", "\n", console.text())
        await console.press("enter")
        assert console.words("steps.approve.did", count=1) in console.text()


async def test_beside_the_list_a_message_is_read_and_approved_without_leaving_it(world: World) -> None:
    async with driving(world.home, size=(120, 40)) as console:
        await console.log_on()
        rows = queue(console).rows
        while (row := rows.cursor_row) is not None and not row.warnings:
            await console.press("down")
        assert row is not None
        assert console.words("message.section.findings") in console.text()
        await console.press("a")
        confirmed = console.words("steps.approve.ask_warnings", reference="", kind="", name="", count=row.warnings)
        assert confirmed.split("\n")[1] in re.sub(r"\s+\n", "\n", console.text())
        await console.press("enter")
        assert states(world)[row.id - 1] == "approved"


async def test_who_approves_a_departure_is_told_until_when_it_is_held(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on()
        rows = queue(console).rows
        while (row := rows.cursor_row) is not None and (row.due_on is None or row.warnings):
            await console.press("down")
        assert row is not None
        assert row.due_on is not None
        # The list says it as well, before anybody has approved it.
        assert f"{row.due_on.month}/{row.due_on.day}" in console.text()
        await console.press("a")
        day = f"令和{row.due_on.year - 2018}年{row.due_on.month}月{row.due_on.day}日"
        assert console.words("steps.approve.until", day=day) in console.text()
        await console.press("enter")
        assert console.words("steps.approve.did", count=1) in console.text()
        assert world.states().count("held") == 1
        # The other municipality tells that the person moved in there: it need not wait any longer.
        await console.press("f", "down", "down", "down", "enter", "u")
        assert day in console.text()
        await console.type("13月")
        await console.press("enter")
        assert console.words("queue.ask.day_wrong") in console.text()
        await console.press("backspace", "backspace", "backspace")
        await console.type(f"{clock.day_in_japan(clock.now()):%Y%m%d}")
        await console.press("enter")
        assert console.words("steps.bring_forward.did", count=1) in console.text()
    assert world.states().count("approved") == 1


async def test_what_is_no_departure_cannot_be_called_off(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on()
        rows = queue(console).rows
        while (row := rows.cursor_row) is not None and row.due_on is not None:
            await console.press("down")
        assert row is not None
        await console.press("w")
        assert console.words("steps.withdraw.ask", reference=row.reference).splitlines()[0] in console.text()
        await console.press("escape")
        while (row := rows.cursor_row) is not None and row.due_on is None:
            await console.press("down")
        # It can be withdrawn as well, so that the letter asks which is meant.
        await console.press("w", "1", "enter")
        assert console.words("steps.call_off.did", count=1) in console.text()
    assert world.states().count("withdrawn") == 1


async def test_who_may_not_approve_has_no_key_for_it(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on("op-101")
        assert console.words("steps.approve.key") not in console.foot
        await console.press("a", "r", "h", "l")
        assert console.screen == "queue"
        assert set(states(world)) == {"review"}


async def test_the_help_names_every_key_of_the_screen(world: World) -> None:
    async with driving(world.home, size=(80, 60)) as console:
        await console.log_on()
        await console.press("f1")
        shown = console.text()
        usable = [key for key in QueueScreen.KEYS if console.app.may(key.right)]
        assert all(console.words(key.text) in shown for key in usable)
        # What a person may not do is named nowhere, such as the import to who approves.
        assert console.words("keys.handins") not in shown
        await console.press("escape")
        assert console.screen == "queue"


async def test_a_message_is_looked_at_once_however_often_its_row_comes(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on()
        row = queue(console).rows.row_at(1)
        assert row is not None
        assert row.pair is None
        preview = queue(console).query_one("#preview", Preview)
        # As when the list is read anew while the message is on its way.
        for _ in range(2):
            preview.follow(row.id, row, None)
        await console.settle()
        assert preview.shown is not None
        assert preview.shown.row.id == row.id
    entries = world.run("ka-301", "log", "show", "--event", "message.read").json["entries"]
    assert sum(entry["object"] == preview.shown.row.uid for entry in entries) == 1
