"""Received notices on the screen: what they change is read, confirmed with one key, a deletion by two persons."""

from contextlib import AsyncExitStack

import pytest

from console.screens.messages.message import MessageScreen
from console.words import Language
from tests.console.driving import Driven, driving
from tests.console.screens.messages.test_correction import foot, open_message, shown_queue
from tests.running import World

CHANGE, DELETION = "N26-000001", "N26-000005"


async def open_notice(console: Driven, reference: str, person: str) -> MessageScreen:
    return await open_message(console, reference, person)


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_what_changes_stands_on_the_first_page_and_is_confirmed(noticed: World, language: Language) -> None:
    async with driving(noticed.home, language=language) as console:
        await open_notice(console, CHANGE, "op-101")
        shown = console.text()
        # The page is the sheet that people confirm: what the agency says has changed, before and after.
        changes = ("message.section.changes", "message.notice.before", "message.notice.after")
        for word in ("message.sheet", *changes, "items.field.person.name"):
            assert console.words(word) in shown, word
        assert f"a {console.words('steps.confirm.key')}" in foot(console)
        assert console.words("steps.approve.key") not in foot(console)
        await console.press("a", "enter")
        assert console.words("steps.confirm.did", count=1) in console.text()
        assert console.words("states.in.confirmed") in console.text().splitlines()[1]
        assert console.words("steps.confirm.key") not in foot(console)
        await console.press("a")
        assert console.screen == "message", "what is confirmed is not asked about again"


async def test_a_deletion_waits_for_a_second_person(noticed: World) -> None:
    async with AsyncExitStack() as consoles:
        first = await consoles.enter_async_context(driving(noticed.home))
        await open_notice(first, DELETION, "op-101")
        assert first.words("message.deletion") in first.text()
        await first.press("a", "enter")
        assert first.words("steps.confirm.did_first") in first.text()
        # It is another person's now: the key is gone, and pressed all the same it is refused.
        assert first.words("steps.confirm.key") not in foot(first)
        await first.press("a", "enter")
        assert first.words.fault("other_person_needed", {"reference": DELETION}).cause[:20] in first.text()
        assert first.words("states.in.awaiting_second") in first.text().splitlines()[1]
        second = await consoles.enter_async_context(driving(noticed.home))
        await open_notice(second, DELETION, "ap-201")
        assert second.words("message.status.first") in second.text()
        # Nobody here has entered it.
        assert second.words("message.status.author") not in "".join(second.text().splitlines()[:4])
        await second.press("a")
        assert "op-101" in "".join(second.text().splitlines()[-6:])
        await second.press("enter")
        assert second.words("steps.confirm.did", count=1) in second.text()
        assert second.words("states.in.confirmed") in second.text().splitlines()[1]


async def test_on_hold_with_a_reason_and_taken_up(noticed: World) -> None:
    async with driving(noticed.home) as console:
        await open_notice(console, CHANGE, "ap-201")
        await console.press("h")
        await console.press("enter")
        assert console.words("queue.ask.reason_missing") in console.text()
        await console.type("wrong person")
        await console.press("enter")
        assert console.words("steps.put_on_hold.did", count=1) in console.text()
        assert "wrong person" in console.text()
        await console.press("u", "enter")
        assert console.words("steps.take_up.did", count=1) in console.text()
        assert console.words("states.in.received") in console.text().splitlines()[1]


async def test_while_one_reads_it_the_other_is_told_who(noticed: World) -> None:
    async with AsyncExitStack() as consoles:
        first = await consoles.enter_async_context(driving(noticed.home))
        second = await consoles.enter_async_context(driving(noticed.home))
        await open_notice(first, CHANGE, "op-101")
        page = await open_notice(second, CHANGE, "ap-201")
        assert second.words("message.claim.confirm", person="op-101") in second.text()
        assert second.words("steps.confirm.key") not in foot(second)
        await second.press("a")
        assert "op-101" in page.notice.shown
        await second.press("escape")
        assert second.words("queue.claim.confirm") in second.text()


async def test_the_key_opens_the_notice_that_is_to_be_read_first(noticed: World) -> None:
    async with driving(noticed.home) as console:
        await console.log_on("ap-201")
        await console.press("7")
        queue = shown_queue(console)
        assert console.words("steps.approve.key") not in foot(console)
        await console.press("h", "enter")
        assert console.words("queue.ask.reason_missing") in console.text()
        await console.press("escape", "a")
        await console.until(lambda: console.screen == "message")
        page = console.app.screen
        assert isinstance(page, MessageScreen)
        assert page.notice.shown == console.words("queue.note.open_first")
        assert queue.rows.count == 10


async def test_what_is_decided_makes_room_for_the_next(noticed: World) -> None:
    async with driving(noticed.home) as console:
        await console.log_on("op-101")
        await console.press("7")
        rows = shown_queue(console).rows
        first, second, third = rows._keys[:3]
        await console.press("enter")
        # The oldest is a deletion, which goes on waiting, the next one is not.
        for done, following in ((first, second), (second, third)):
            page = console.app.screen
            assert isinstance(page, MessageScreen)
            assert page.shown is not None
            assert page.shown.row.id == done
            await console.press("a", "enter")
            assert page.shown is not None
            assert page.shown.row.id == following
        await console.press("N", "n", "escape")
        assert rows.cursor_key == third
        assert rows.count == 9
        row = rows.row_of(first)
        assert row is not None
        assert row.state == "awaiting_second"
