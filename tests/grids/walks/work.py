"""The work of the day: home, the lists, the search and the filter, each full and empty."""

from typing import Final

from console.jobs import exchange
from console.jobs.messages import listing, review
from tests.console.here import acting, served_here
from tests.console.screens.entry.test_form import choose, fill
from tests.grids.drawing import Easel
from transport import agency


async def clerk(easel: Easel) -> None:
    """A morning on which a clerk has nothing to do."""
    async with easel.logged_on("op-101") as console:
        await easel.draw(console, "today_idle", "Home of a clerk who has nothing to do.")
        await console.press("question_mark")
        await easel.draw(console, "keys_today", "The key sheet of home.")
        await console.press("f1")
        await easel.draw(console, "help_today", "The help of home.")
        await console.press("escape", "m")
        await easel.draw(console, "menu_clerk", "The menu of the other screens, of a clerk.")
        await console.press("escape", "0")
        await easel.draw(console, "queue_clerk", "What is to be done by all, as a clerk sees it.")
        await console.press("1")
        await easel.draw(console, "queue_empty", "A list of work with nothing in it.")


async def busy(easel: Easel) -> None:
    """A morning on which everybody has something to do."""
    prepare(easel)
    easel.hand_in("住民記録", "idou-1130.csv", hours=3)
    async with easel.logged_on("op-101") as console:
        await console.press("0")
        await choose(console, "death", "1")
        await fill(console, "1234567", "WANG XIAOMING")
        await console.press("escape", "enter", "escape", "escape", "escape")
        await console.until(lambda: console.words("today.drafts") in console.text())
        await console.settle()
        await easel.draw(console, "today_clerk", "Home of a clerk who has something in every list.")
        await console.press("1")
        await easel.draw(console, "queue_returned", "What a clerk has to put right.")
        await console.press("0")
        await easel.draw(console, "queue_all_states", "A list of every state, the urgent first.")
        await console.press("f")
        await easel.draw(console, "filter", "The filter of a list.")
    async with easel.logged_on("ka-301") as console:
        await easel.draw(console, "today_chief", "Home of the section chief.")


def prepare(easel: Easel) -> None:
    """Bring messages into all states."""
    with acting(easel.world, "ka-301") as (terminal, session), served_here(easel.world):
        rows = listing.page(terminal, session, listing.QueueQuery(direction="out", state="review", limit=24)).rows
        for row in rows[:2]:
            agency.refuse(easel.world.agency_home, row.reference, "number_not_current")
        sent = review.approve(terminal, session, [row.id for row in rows[:8]], confirm_warnings=True)
        assert sent.count >= 6
        exchange.send(terminal, session)
        easel.moment.pass_by(hours=3)
        exchange.receive(terminal, session)
        ids = [row.id for row in rows[8:]]
        review.give_back(terminal, session, ids[:2], reason="住所の番地を確認してください。")
        review.hold(terminal, session, ids[2:4])
        review.approve(terminal, session, ids[4:7], confirm_warnings=True)
        review.withdraw(terminal, session, ids[7:8], reason="重複のため")


async def approver(easel: Easel) -> None:
    """The list as it is gone through."""
    async with easel.logged_on("ka-301") as console:
        await easel.draw(console, "today_approver", "Home of a section chief in a new terminal.")
        await console.press("m")
        await easel.draw(console, "menu_chief", "The menu of the other screens, of a section chief.")
        await console.press("escape", "2")
        await easel.draw(console, "queue", "What waits for review.")
        await console.press("question_mark")
        await easel.draw(console, "keys_queue", "The key sheet of the list.")
        await console.press("f1")
        await easel.draw(console, "help_queue", "The help of the list.")
        await console.press("escape", "space", "space", "space")
        await easel.draw(console, "queue_selected", "The list with some of it selected.")
        await console.press("escape", "slash")
        await easel.draw(console, "search", "The list with the field of the search.")
        await console.press(*"nguyen", "enter")
        await easel.draw(console, "search_found", "What the search found.")
        await console.press("slash", "ctrl+u", "a", "enter")
        await easel.draw(console, "search_people", "What the search found of several people, each with a heading.")
        await console.press("slash", "ctrl+u", *"zzz", "enter")
        await easel.draw(console, "search_nothing", "The search that found nothing.")
        await console.press("escape", "s")
        await easel.draw(console, "queue_sorted", "The list in another order.")


WALKS: Final = (clerk, busy, approver)
