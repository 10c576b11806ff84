"""Two consoles on one queue, on the screen: who comes second is told who has a message, and what changed meanwhile."""

from contextlib import AsyncExitStack

import pytest

from console.screens.messages.message import MessageScreen
from console.terminal import Terminal
from console.words import Language
from store import queue
from store.message.states import OutState
from tests.console.driving import JAPANESE_FIRST, Driven, driving
from tests.console.screens.messages.test_correction import foot, number_of, open_message, return_message, shown_queue
from tests.running import World

ALONE = "R26-000014"


async def both(consoles: AsyncExitStack, world: World, language: Language = "ja") -> tuple[Driven, Driven]:
    """Open two consoles; each runs its own application on its own connection."""
    first = await consoles.enter_async_context(driving(world.home, language=language))
    return first, await consoles.enter_async_context(driving(world.home, language=language))


def claimed(console: Driven, task: str, person: str) -> str:
    return console.words(f"message.claim.{task}", person=person)


@pytest.mark.parametrize("language", JAPANESE_FIRST)
async def test_while_one_edits_the_other_only_reads(world: World, language: Language) -> None:
    return_message(world, "R26-000009")
    async with AsyncExitStack() as consoles:
        clerk, approver = await both(consoles, world, language)
        await open_message(clerk, "R26-000009", "op-101")
        await clerk.press("e")
        assert clerk.screen == "entry"
        message = await open_message(approver, "R26-000009", "ap-201")
        assert claimed(approver, "edit", "op-101") in approver.text().splitlines()[2]
        for key in ("give_back", "hold", "approve"):
            assert approver.words(f"steps.{key}.key") not in foot(approver)
        await approver.press("r")
        assert approver.app.screen is message
        assert "op-101" in message.notice.shown
        await clerk.press("escape")
        await approver.press("r")
        assert message.notice.shown == approver.words("message.claim.over")
        assert claimed(approver, "edit", "op-101") not in approver.text()
        await approver.press("escape")
        assert shown_queue(approver).rows.cursor_row is not None


def pair_about_one(world: World) -> list[str]:
    """Return the references of two messages about one person that wait for review."""
    with Terminal.open(world.home) as terminal, terminal.database.reading() as reading:
        waiting = queue.page(reading, queue.QueueFilter(states=frozenset({OutState.REVIEW})), limit=100)
    by_subject: dict[str | None, list[str]] = {}
    for row in waiting:
        by_subject.setdefault(row.subject, []).append(row.reference)
    return next(references for references in by_subject.values() if len(references) == 2)


@pytest.mark.parametrize("language", JAPANESE_FIRST)
async def test_while_one_edits_the_other_only_reads_what_else_there_is_about_the_person(
    world: World, language: Language
) -> None:
    edited, other = pair_about_one(world)
    return_message(world, edited)
    async with AsyncExitStack() as consoles:
        clerk, approver = await both(consoles, world, language)
        await open_message(clerk, edited, "op-101")
        await clerk.press("e")
        message = await open_message(approver, other, "ap-201")
        assert claimed(approver, "same_person", "op-101") in approver.text().splitlines()[2]
        assert approver.words("steps.approve.key") not in foot(approver)
        await approver.press("r")
        assert "op-101" in message.notice.shown
        assert edited in message.notice.shown


async def test_who_comes_second_to_a_review_is_told_who_was_first(world: World) -> None:
    async with AsyncExitStack() as consoles:
        first, second = await both(consoles, world)
        await open_message(first, ALONE, "ap-201")
        page = await open_message(second, ALONE, "ka-301")
        assert claimed(second, "review", "ap-201") in second.text()
        await second.press("a")
        assert second.app.screen is page
        assert "ap-201" in page.notice.shown
        await second.press("escape")
        row = shown_queue(second).rows.cursor_row
        assert row is not None
        assert row.claim is not None
        assert second.words("queue.claim.review") in second.text()
        await first.press("a", "enter")
        reviewed = first.app.screen
        assert isinstance(reviewed, MessageScreen)
        assert reviewed.shown is not None
        assert reviewed.shown.row.state == "approved"


async def test_who_logs_off_lets_go(world: World) -> None:
    async with AsyncExitStack() as consoles:
        first, second = await both(consoles, world)
        await open_message(first, ALONE, "op-101")
        await first.press("e", "f10")
        assert first.screen == "login"
        await open_message(second, ALONE, "ap-201")
        assert claimed(second, "edit", "op-101") not in second.text()


async def test_an_approval_is_for_what_was_on_the_screen(world: World) -> None:
    number = number_of(world, ALONE)
    async with driving(world.home) as console:
        await console.log_on("ap-201")
        await console.press("slash")
        await console.type(ALONE)
        await console.press("enter")
        queue = shown_queue(console)
        assert queue.rows.cursor_row is not None
        await console.press("a")
        # Somebody corrects it by command while the question stands on the screen.
        file = world.home.parent / "corrected.jsonl"
        assert world.run("op-101", "show", number, "--out", file).status == 0
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("東京都", "東京都 "), encoding="utf-8")
        revised = world.run("op-101", "revise", number, file)
        assert revised.json.get("changed") is True, revised.out
        await console.press("enter")
        assert queue.notice.shown == console.words("queue.did.refused", count=1, **_fault(console))
        await console.press("a", "enter")
        assert console.words("steps.approve.did", count=1) in console.text()
    entries = world.run("ka-301", "log", "show", "--limit", "20").json["entries"]
    (approved,) = [entry for entry in entries if entry["event"] == "message.approved"]
    assert approved["detail"]["revision"] == 2


def _fault(console: Driven) -> dict[str, str]:
    fault = console.words.fault("message_changed", {"reference": ALONE, "person": "op-101"})
    return {"cause": fault.cause, "remedy": fault.remedy}
