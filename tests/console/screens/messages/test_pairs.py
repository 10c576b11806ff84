"""The two messages of one event on the screen: one row, one page, one decision, and apart only on purpose.

It shows `console.screens.messages.pair_table` and `console.screens.messages.titles` as well.
"""

from console.screens.messages.queue import QueueScreen
from tests.console.driving import Driven, driving
from tests.console.here import states
from tests.running import World


def queue(console: Driven) -> QueueScreen:
    screen = console.app.screen
    assert isinstance(screen, QueueScreen)
    return screen


async def to_a_pair(console: Driven) -> tuple[int, int]:
    """Put the cursor on the first pair; return the numbers of its halves."""
    rows = queue(console).rows
    while (row := rows.cursor_row) is None or row.pair is None:
        await console.press("down")
    return row.id, row.pair.id


def name_line(console: Driven) -> str:
    """The line of the page that has the person's name among the items."""
    label = console.words("items.field.person.name")
    return next(line for line in console.text().splitlines() if line.strip().startswith(label))


async def test_a_pair_is_one_row_until_it_is_taken_apart(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on()
        first, second = await to_a_pair(console)
        screen, words = queue(console), console.words
        assert (screen.messages, screen.rows.row_of(second)) == (40, None)
        folded = screen.rows.count
        assert words("queue.pair.kind") in console.text()
        await console.press("t")
        assert screen.rows.count == folded + 1
        assert screen.rows.neighbour(first, 1) == second
        # Each half is decided about alone now.
        await console.press("a", "enter")
        done = states(world)
        assert (done[first - 1], done[second - 1]) == ("approved", "review")


async def test_both_halves_are_approved_and_returned_together(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on()
        words = console.words
        approved = await to_a_pair(console)
        await console.press("a")
        # The question names both halves.
        assert words("queue.pair.kind") in "".join(console.text().splitlines()[-5:])
        await console.press("enter")
        assert words("steps.approve.did", count=2) in console.text()
        returned = await to_a_pair(console)
        await console.press("r")
        await console.type("確認")
        await console.press("enter")
        assert words("steps.give_back.did", count=2) in console.text()
        done = states(world)
        assert [done[number - 1] for number in (*approved, *returned)] == ["approved"] * 2 + ["returned"] * 2


async def test_of_several_each_takes_its_other_half_along(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on()
        pair = await to_a_pair(console)
        await console.press("up", "space", "space", "a")
        # One message and a pair are three; the person adds them up.
        assert console.words("queue.many.title", step=console.words("steps.approve.key"), count=3) in console.text()
        await console.press("3", "enter")
        done = states(world)
        assert [done[number - 1] for number in pair] == ["approved", "approved"]
        assert done.count("approved") == 3


async def test_the_page_says_once_what_both_halves_say(world: World) -> None:
    async with driving(world.home, size=(120, 60)) as console:
        await console.log_on()
        first, second = await to_a_pair(console)
        words = console.words
        await console.press("enter")
        lines = console.text().splitlines()
        assert all(words.name("kinds", kind) in lines[2] for kind in ("resident_record", "residence_report"))
        assert words("queue.pair.same") in name_line(console)
        # Taken apart, the page is about this half alone, and so is the decision.
        await console.press("t")
        assert words("queue.pair.same") not in name_line(console)
        await console.press("a", "enter")
        done = states(world)
        assert (done[first - 1], done[second - 1]) == ("approved", "review")
