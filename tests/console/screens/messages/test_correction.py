"""Putting right on the screen: a returned message gets a new revision, a sent one a message that points at it.

It shows `console.screens.messages.message` and `console.screens.messages.message_lines` as well, and
`console.screens.messages.revisions`, where the old revisions are read.
"""

import re

import pytest

from console.jobs import exchange
from console.jobs.messages import listing, review
from console.screens.entry.form import EntryScreen
from console.screens.messages.message import MessageScreen
from console.screens.messages.queue import QueueScreen
from console.words import Language
from tests.console.driving import JAPANESE_FIRST, Driven, driving
from tests.console.here import acting
from tests.running import World, serving

# The only message of its person: nothing that was entered earlier keeps another waiting.
ALONE = "R26-000012"
# The two halves of a pair: the record, and the report of residence.
RECORD, HALF = "R26-000011", "T26-000007"
REASON = "住所の番地を確かめてください"


def number_of(world: World, reference: str) -> str:
    with acting(world, "op-101") as (terminal, session):
        (row,) = listing.page(terminal, session, listing.QueueQuery(reference=reference)).rows
    return str(row.id)


def return_message(world: World, reference: str) -> str:
    number = number_of(world, reference)
    with acting(world, "ap-201") as (terminal, session):
        assert review.give_back(terminal, session, [int(number)], reason=REASON).count == 1
    return number


def send_message(world: World, reference: str) -> str:
    number = number_of(world, reference)
    with acting(world, "ap-201") as (terminal, session):
        review.approve(terminal, session, [int(number)], confirm_warnings=True)
        assert exchange.send(terminal, session).delivered == 1
        exchange.receive(terminal, session)
    return number


async def open_message(
    console: Driven, reference: str, person: str = "op-101", *, found_by: tuple[str, ...] = ("slash",)
) -> MessageScreen:
    await console.log_on(person)
    await console.press(*found_by)
    await console.type(reference)
    await console.press("enter")
    await console.press("enter")
    await console.until(lambda: console.screen == "message")
    screen = console.app.screen
    assert isinstance(screen, MessageScreen)
    # It is read, and in hand, only when it is shown.
    await console.until(lambda: screen.shown is not None)
    await console.settle()
    return screen


def seen(console: Driven, text: str) -> bool:
    """Whether a text is on the screen, however its lines are broken."""
    return "".join(text.split()) in "".join(console.text().split())


def foot(console: Driven) -> str:
    return console.foot


def shown_queue(console: Driven) -> QueueScreen:
    screen = console.app.screen
    assert isinstance(screen, QueueScreen)
    return screen


@pytest.mark.parametrize("language", JAPANESE_FIRST)
async def test_a_returned_message_is_corrected_and_its_old_revision_stays_readable(
    world: World, language: Language
) -> None:
    return_message(world, "R26-000009")
    async with driving(world.home, language=language) as console:
        message = await open_message(console, "R26-000009")
        await console.press("e")
        form = console.app.screen
        assert isinstance(form, EntryScreen)
        assert REASON in console.text()
        before = form.draft.records[0]["person"]["address"]
        form.form.go_to("person.address")
        await console.type("x")
        await console.press("f9", "enter")
        assert console.app.screen is message
        assert message.shown is not None
        assert message.shown.record["person"]["address"] == before + "x"
        assert (message.shown.row.state, message.shown.row.revision) == ("review", 2)
        assert console.words("entry.revised", references="R26-000009")[:20] in console.text()
        await console.press("v")
        assert console.words("entry.revisions.title", revision=1, last=2) in console.text()
        changed = [line for line in console.text().splitlines() if line.strip().startswith("*")]
        assert len(changed) == 1
        assert before[:10] in changed[0]
        await console.press("v", "escape")
        assert console.app.screen is message
    entries = world.run("ka-301", "log", "show", "--limit", "20").json["entries"]
    reads = [entry["detail"] for entry in entries if entry["event"] == "message.read"]
    assert [detail for detail in reads if detail] == [{"revision": 1}] * 2


async def test_the_foot_line_offers_what_the_state_allows(world: World) -> None:
    async with driving(world.home) as console:
        message = await open_message(console, "R26-000009")
        assert console.words("keys.revise") in foot(console)
        for key in ("replace_sent", "cancel_sent", "revisions"):
            assert console.words(f"keys.{key}") not in foot(console)
        await console.press("w")
        refusal = console.words("queue.note.wrong_state", state=console.words("states.out.review"))
        assert message.notice.shown == refusal
        await console.press("v")
        assert console.app.screen is message


async def test_a_sent_message_is_cancelled_or_replaced_and_stays_listed_until_that_is_accepted(world: World) -> None:
    with serving(world.agency_home):
        number = send_message(world, ALONE)
        async with driving(world.home) as console:
            message = await open_message(console, ALONE)
            assert console.words("keys.revise") not in foot(console)
            await console.press("w", "escape")
            assert console.app.screen is message
            await console.press("w")
            assert "取り消す" in console.text()
            await console.press("enter")
            (counter,) = re.findall(r"M\d{6}-\d{3}", message.notice.shown)
            assert f"{counter}  {console.words('states.out.review')}" in console.text()
            await console.press("escape", "6")
            queue = shown_queue(console)
            assert console.words("queue.list.being_undone") in console.text()
            assert ALONE in console.text()
            assert queue.rows.count == 1
        listed = world.run("op-101", "queue", "--being-undone").json["messages"]
        assert [item["id"] for item in listed] == [int(number)]
        send_message(world, counter)
        assert world.run("op-101", "queue", "--being-undone").json["messages"] == []


async def test_a_sent_message_is_replaced_by_the_form_filled_in(world: World) -> None:
    with serving(world.agency_home):
        send_message(world, ALONE)
        async with driving(world.home) as console:
            message = await open_message(console, ALONE)
            await console.press("e")
            form = console.app.screen
            assert isinstance(form, EntryScreen)
            assert form.draft.records[0]["replaces"] == ALONE
            assert console.words("entry.of", reference=ALONE) in console.text()
            form.form.go_to("person.sex")
            await console.press("3")
            assert console.words("entry.column.before") in console.text()
            assert console.words("entry.corrected") in console.text()
            # Old above new, and what stays below.
            await console.press("f9")
            assert console.words("entry.summary.corrected") in console.text()
            await console.press("enter")
            assert console.app.screen is message
            (new,) = re.findall(r"M\d{6}-\d{3}", message.notice.shown)
            # Who reviews it sees the same difference.
            await console.press("escape", "slash", "ctrl+u")
            await console.type(new)
            # What was found is on the screen before a key means it.
            await console.press("enter")
            await console.press("enter")
            await console.until(lambda: console.screen == "message")
            await console.until(lambda: console.words("message.former", reference=ALONE) in console.text())
    shown = world.run("op-101", "show", number_of(world, new)).json
    assert (shown["record"]["replaces"], shown["record"]["person"]["sex"]) == (ALONE, "unknown")
    assert shown["state"] == "review"


@pytest.mark.parametrize("language", JAPANESE_FIRST)
@pytest.mark.parametrize("size", [(80, 24), pytest.param((120, 40), marks=pytest.mark.long)])
async def test_a_correction_of_one_half_shows_what_the_other_says(
    world: World, language: Language, size: tuple[int, int]
) -> None:
    return_message(world, HALF)
    async with driving(world.home, language=language, size=size) as console:
        message = await open_message(console, HALF)
        await console.press("e")
        form, words = console.app.screen, console.words
        assert isinstance(form, EntryScreen)
        other = form.draft.other
        assert other is not None
        form.form.go_to("person.address")
        await console.type("x")
        beside = words("entry.source.beside", reference=other.reference, value="")
        assert beside.strip() in console.text()
        warned = words.finding("pair_differs", {"other": other.reference})
        assert seen(console, warned.cause)
        await console.press("f9")
        assert seen(console, warned.cause)
        assert seen(console, warned.remedy)
        await console.press("enter")
        assert console.app.screen is message
        assert seen(console, warned.remedy)


@pytest.mark.long
async def test_from_the_correction_of_a_sent_half_the_other_is_one_key_away(world: World) -> None:
    with serving(world.agency_home):
        send_message(world, RECORD)
        send_message(world, HALF)
        # As long as the page, which tells of the other half below what was corrected.
        async with driving(world.home, size=(80, 50)) as console:
            message = await open_message(console, HALF)
            await console.press("e")
            form = console.app.screen
            assert isinstance(form, EntryScreen)
            form.form.go_to("person.address")
            await console.type("x")
            await console.press("f9", "enter")
            (new,) = re.findall(r"M\d{6}-\d{3}", message.notice.shown)
            await console.press("escape", "slash", "ctrl+u")
            await console.type(new)
            # The list has to be there before a row of it is opened.
            await console.press("enter")
            await console.press("enter")
            await console.until(lambda: console.words("message.beside", reference=RECORD) in console.text())
            await console.press("t")
            await console.until(lambda: RECORD in console.text().splitlines()[2])


async def test_the_message_names_the_peer_of_its_day(world: World) -> None:
    async with driving(world.home) as console:
        await open_message(console, "R26-000009", "ka-301")
        assert "出入国在留管理庁長官" in console.text()


async def test_nothing_opens_above_the_lock(world: World) -> None:
    """The form was asked for at the last moment: it would lie above the lock, for whoever comes by."""
    return_message(world, ALONE)
    async with driving(world.home) as console:
        screen = await open_message(console, ALONE)
        screen.action_revise()
        console.app._lock()
        await console.settle()
        assert console.screen == "lock"
        await console.type(world.pin_files["op-101"].read_text().strip())
        await console.press("enter")
        await console.until(lambda: console.screen == "message")
        # Asked for once more, it opens.
        await console.press("e")
        assert isinstance(console.app.screen, EntryScreen)


async def test_both_messages_of_an_event_are_cancelled_with_one_key(world: World) -> None:
    async with driving(world.home) as console:
        screen = await open_message(console, "T26-000007", "ap-201")
        assert screen.shown is not None
        assert screen.shown.partner is not None
        assert screen.shown.partner.reference in console.text()
        await console.press("w", "1")
        assert console.words("entry.fate.withdraw", reference="T26-000007") in console.text()
        await console.press("enter")
        assert console.words("entry.event_cancelled", cancelling=0, withdrawn=2) in console.text()
    assert world.states().count("withdrawn") == 2


async def test_the_address_of_a_protected_person_is_shown_on_a_key(world: World) -> None:
    async with driving(world.home, size=(80, 60)) as console:
        screen = await open_message(console, ALONE)
        assert screen.shown is not None
        address = str(screen.shown.record["person"]["address"])
        await console.press("h", "enter")
        assert console.words("message.protection.done") in console.text()
        assert address not in console.text()
        await console.press("v")
        assert address in console.text()
        # Nothing says any more that it is hidden.
        assert console.words("message.protection.done") not in console.text()
        # What somebody else has to end is not offered.
        await console.press("u")
        assert console.app.screen is screen
