"""Messages and notices: their pages, what is decided about them, and every question that this asks."""

from typing import Final

from console.jobs.messages import listing, review
from console.screens.messages.queue import QueueScreen
from tests.console.driving import Driven
from tests.console.here import acting, served_here
from tests.console.screens.entry.test_form import form
from tests.console.screens.messages.test_correction import HALF, open_message, return_message, send_message
from tests.console.screens.messages.test_pairs import to_a_pair
from tests.console.screens.messages.test_resending import approve_wrongly_sealed, send
from tests.grids.drawing import Easel
from tests.grids.walks.exchange import receive_notices
from transport import agency

ALONE: Final = "R26-000012"
"""A message whose person has no other, with a warning."""


async def decide(easel: Easel) -> None:
    """From the list: each step asks its question, and says what it did."""
    async with easel.logged_on("ka-301", opens="2") as console:
        await console.press("a")
        await easel.draw(console, "ask_approve", "The question before a message is approved.")
        await console.press("f1")
        await easel.draw(console, "keys_question", "The key sheet of a question.")
        await console.press("escape", "escape", "r")
        await easel.draw(
            console, "ask_give_back", "The question before a message is returned, which asks for a reason."
        )
        await console.press("enter")
        await easel.draw(console, "ask_reason_missing", "The same question, answered without a reason.")
        await console.press("escape", "h")
        await easel.draw(console, "ask_hold", "The question before a message is held.")
        await console.press("escape", "w")
        await easel.draw(console, "ask_withdraw", "The question before a message is withdrawn.")
        await console.press("escape")
        await to_a_pair(console)
        await easel.draw(console, "queue_on_a_pair", "The list with the cursor on a pair.")
        await console.press("a")
        await easel.draw(console, "ask_approve_pair", "The question before a pair is approved.")
        await console.press("escape", "t")
        await easel.draw(console, "queue_pair_apart", "The list with a pair taken apart.")
        await console.press("t", "a", "enter")
        await easel.draw(console, "queue_approved", "The list after a pair was approved.")


async def decide_many(easel: Easel) -> None:
    """The same about several at once, and what was refused of it."""
    async with easel.logged_on("ka-301", opens="2") as console:
        await console.press("space", "space", "space", "a")
        await easel.draw(console, "ask_approve_many", "The question before several messages are approved.")
        await console.press("9", "9", "enter")
        await easel.draw(console, "ask_wrong_count", "The same question, answered with another number.")
        await console.press("escape", "r")
        await easel.draw(console, "ask_give_back_many", "The question before several messages are returned.")
        await console.press("escape", "escape", "asterisk")
        ids, total = sorted(queue(console).rows.selected), queue(console).messages
        await console.press("a")
        with acting(easel.world, "ap-201") as (terminal, session):
            review.approve(terminal, session, ids[:3], confirm_warnings=True)
        # Those with warnings are not approved together with others, and so they are not counted.
        await console.press(*str(total - 3), "enter")
        await easel.draw(console, "refusals", "What was refused of a step with many messages.")
        await console.press("escape")
        await easel.draw(console, "queue_some_refused", "The list after that.")


def queue(console: Driven) -> QueueScreen:
    screen = console.app.screen
    assert isinstance(screen, QueueScreen)
    return screen


async def departure(easel: Easel) -> None:
    """Messages that wait for a day, and those with warnings."""
    async with easel.logged_on("ka-301", opens="2") as console:
        rows = queue(console).rows
        while (row := rows.cursor_row) is not None and (row.due_on is None or row.warnings):
            await console.press("down")
        await console.press("w")
        await easel.draw(console, "which", "A letter that can mean two things here.")
        await console.press("escape", "a")
        await easel.draw(
            console, "ask_approve_until", "The question before a message is approved that waits for its day."
        )
        await console.press("enter", "f", "down", "down", "down", "enter")
        await easel.draw(console, "queue_held", "What is held until its day.")
        await console.press("u")
        await easel.draw(console, "ask_bring_forward", "The question for an earlier day.")
        await console.type("x")
        await console.press("enter")
        await easel.draw(console, "ask_day_wrong", "The same question, answered with what is no day.")
        await console.press("escape", "2")
        while (row := rows.cursor_row) is not None and not row.warnings:
            await console.press("down")
        await console.press("a")
        await easel.draw(console, "message_read_first", "A message with warnings, which is read before it is approved.")
        await console.press("a")
        await easel.draw(console, "ask_approve_warnings", "The question before warnings are confirmed.")
        await console.press("escape", "c")
        await easel.draw(console, "characters", "The characters of a message, one by one.")
        await console.press("escape", "question_mark")
        await easel.draw(console, "keys_message", "The key sheet of the page of a message.")
        await console.press("f1")
        await easel.draw(console, "help_message", "The help of the page of a message.")


async def pages(easel: Easel) -> None:
    """Pages of outgoing messages, and everything about a person."""
    async with easel.logged_on("ka-301", opens="2") as console:
        await to_a_pair(console)
        await console.press("enter")
        await easel.draw(console, "message_pair", "The page of a pair.")
        await console.press("end")
        await easel.draw(console, "message_pair_end", "The end of that page.")
        await console.press("t")
        await easel.draw(console, "message_half", "The page of one half alone.")
        await console.press("w")
        await easel.draw(console, "which_on_page", "A letter that can mean several things on the page.")
        await console.press("escape", "p")
        await easel.draw(console, "person", "Everything about a person of whom nothing was sent yet.")
        await console.press("f1")
        await easel.draw(console, "help_person", "The help of the page of a person.")


async def corrections(easel: Easel) -> None:
    """A returned message, its correction, and its old revision; a hidden address; what somebody else has in hand."""
    return_message(easel.world, "R26-000009")
    async with easel.driving() as console:
        await open_message(console, "R26-000009")
        await easel.draw(console, "message_returned", "A message that was returned with a reason.")
        await console.press("o")
        await easel.draw(console, "ask_message_file", "Where a message is to be written.")
        await console.press("escape")
        await console.press("e")
        await easel.draw(console, "form_revision", "The form in which a returned message is put right.")
        await console.press("f9")
        await easel.draw(console, "summary_unchanged", "The page before a correction that changes nothing.")
        await console.press("escape")
        form(console).form.go_to("person.address")
        await console.press("x", "f9")
        await easel.draw(console, "summary_revision", "The page before a correction is entered.")
        await console.press("enter")
        await easel.draw(console, "message_revised", "The message after its correction.")
        await console.press("v")
        await easel.draw(console, "revision", "The revision before it.")
    async with easel.driving() as console:
        await open_message(console, ALONE)
        await console.press("h")
        await easel.draw(console, "ask_protect", "The question before an address is hidden.")
        await console.press("enter")
        await easel.draw(console, "message_protected", "A message whose address is hidden.")
        await console.press("v")
        await easel.draw(console, "message_address_shown", "The same, after the key that shows it.")


async def half(easel: Easel) -> None:
    """The correction of one half of a pair, beside what the other says."""
    return_message(easel.world, HALF)
    async with easel.driving() as console:
        await open_message(console, HALF)
        await console.press("e")
        await easel.draw(console, "form_half", "The form in which one half of a pair is put right.")
        form(console).form.go_to("person.address")
        await console.press("x")
        await easel.draw(console, "form_half_differs", "The same form, which says what the other half does not.")


async def sent(easel: Easel) -> None:
    """What has left: its page, its cancellation, its replacement, and what the peer refused."""
    with served_here(easel.world):
        send_message(easel.world, "R26-000014")
        with acting(easel.world, "ka-301") as (terminal, session):
            (row,) = listing.page(terminal, session, listing.QueueQuery(reference="R26-000006")).rows
            agency.refuse(easel.world.agency_home, row.reference, "number_not_current")
        send_message(easel.world, "R26-000006")
    async with easel.driving() as console:
        await open_message(console, "R26-000006")
        await easel.draw(console, "message_refused", "A message that the peer refused.")
    async with easel.driving() as console:
        await open_message(console, "R26-000014")
        await easel.draw(console, "message_accepted", "A message that the peer has accepted.")
        await console.press("e")
        form(console).form.go_to("person.sex")
        await console.press("3")
        await easel.draw(console, "form_replacement", "The form that replaces a sent message.")
        await console.press("f9")
        await easel.draw(console, "summary_replacement", "The page before the replacement is entered.")
        await console.press("escape", "escape", "d")
        await console.press("w")
        await easel.draw(console, "ask_cancel", "The question before a sent message is cancelled.")
        await console.press("enter")
        await easel.draw(console, "message_cancellation", "The page after that.")
    async with easel.driving() as console:
        await open_message(console, "T26-000007", "ap-201")
        await console.press("w", "1")
        await easel.draw(console, "ask_cancel_event", "The question before both messages of an event are taken back.")


async def wrongly_sealed(easel: Easel) -> None:
    """What the peer refused unread, which goes again."""
    (reference,) = approve_wrongly_sealed(easel.world, 1)
    with served_here(easel.world):
        assert send(easel.world).refused == 1
    async with easel.driving() as console:
        await open_message(console, reference, "ka-301")
        await easel.draw(console, "message_unread", "A message that the peer refused without opening it.")
        await console.press("y")
        await easel.draw(console, "ask_resend", "The question before it is sent again.")


async def notices(easel: Easel) -> None:
    """What the agency says, confirmed by one person or two."""
    receive_notices(easel)
    async with easel.logged_on("op-101", opens="7") as console:
        await easel.draw(console, "queue_received", "The notices that came and that nobody has dealt with.")
        await console.press("p")
        await easel.draw(console, "person_of_notice", "Everything about the person of a notice.")
    async with easel.driving() as console:
        await open_message(console, "N26-000001")
        await easel.draw(console, "notice", "The confirmation sheet of a notice.")
        await console.press("a")
        await easel.draw(console, "ask_confirm", "The question before a notice is confirmed.")
        await console.press("escape", "h")
        await easel.draw(console, "ask_put_on_hold", "The question before a notice is put on hold.")
        await console.press("escape", "question_mark")
        await easel.draw(console, "keys_notice", "The key sheet of a notice.")
    async with easel.driving() as console:
        await open_message(console, "N26-000005")
        await easel.draw(console, "notice_deletion", "A notice that means a deletion.")
        await console.press("a")
        await easel.draw(console, "ask_confirm_first", "The question to the first of two persons.")
        await console.press("enter")
        await easel.draw(console, "notice_awaiting_second", "The notice, for which a second person is awaited.")
    async with easel.driving() as console:
        await open_message(console, "N26-000005", "ap-201")
        await console.press("a")
        await easel.draw(console, "ask_confirm_second", "The question to the second of two persons.")


async def in_hand(easel: Easel) -> None:
    """What somebody else has in hand is only read."""
    return_message(easel.world, "R26-000009")
    async with easel.driving() as clerk, easel.driving() as approver:
        await open_message(clerk, "R26-000009")
        await clerk.press("e")
        await approver.log_on("ap-201", opens="1")
        await easel.draw(approver, "queue_in_hand", "A list with a message that somebody else corrects.")
        await approver.press("enter", "h")
        await easel.draw(approver, "message_in_hand", "A message that somebody else corrects.")
    async with easel.driving() as first, easel.driving() as second:
        for console, person in ((first, "ka-301"), (second, "ap-201")):
            await console.log_on(person, opens="2")
            await to_a_pair(console)
            await console.press("enter")
        await easel.draw(second, "message_pair_in_hand", "A pair that somebody else reviews.")


async def let_go(easel: Easel) -> None:
    """What was held goes on, and an address is shown again."""
    async with easel.logged_on("ka-301", opens="2") as console:
        await console.press("h", "enter", "f", "down", "down", "down", "enter", "u")
        await easel.draw(console, "ask_release", "The question before a held message goes on.")
    async with easel.driving() as console:
        await open_message(console, ALONE)
        await console.press("h", "enter")
    async with easel.driving() as console:
        await open_message(console, ALONE, "ka-301")
        await console.press("u")
        await easel.draw(console, "ask_end_protection", "The question before an address is shown again.")


WALKS: Final = (
    decide,
    decide_many,
    departure,
    pages,
    corrections,
    half,
    sent,
    wrongly_sealed,
    notices,
    in_hand,
    let_go,
)
