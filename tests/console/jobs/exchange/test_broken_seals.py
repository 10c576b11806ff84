"""A message whose kept content does not open is held alone: those beside it are sent."""

from console.jobs import exchange
from store.log import Event, Result
from store.message.states import Hold
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import OPERATOR, Site, entry

# Sealing is the same on either engine.
pytestmark = ON_SQLITE


def _break_seal(site: Site, number: int) -> None:
    ((sealed,),) = site.raw("SELECT ciphertext FROM content WHERE message_id = ?", number)
    changed = bytes([sealed[0] ^ 1]) + bytes(sealed[1:])
    site.raw("UPDATE content SET ciphertext = ? WHERE message_id = ?", changed, number)


def test_a_message_that_does_not_open_is_held_and_the_others_are_delivered(served: Site) -> None:
    first, broken, last = served.approve([entry(1), entry(2), entry(3)])
    _break_seal(served, broken)

    done = exchange.send(served.terminal, served.session(OPERATOR))

    assert (done.delivered, done.held, done.waiting, done.interruption) == (2, 1, 0, None)
    assert served.states([first, broken, last]) == ["delivered", "held", "delivered"]
    assert served.row(broken).hold is Hold.ALARM
    assert served.received().messages == 2
    (item,) = [result for result in done.items if result.outcome == "held"]
    assert (item.id, item.code) == (broken, "content_seal_broken")
    (row,) = served.entries(Event.MESSAGE_HELD)
    assert (row.object, row.result) == (served.row(broken).uid, Result.FAILED)
    assert served.log_holds()
    technical = (served.home / "log" / "technical.log").read_text()
    assert f"{item.incident} " in technical
    assert "[content_seal_broken]" in technical


def test_a_batch_of_nothing_but_broken_messages_ends_the_sending_in_order(served: Site) -> None:
    numbers = served.approve([entry(1), entry(2)])
    for number in numbers:
        _break_seal(served, number)

    done = exchange.send(served.terminal, served.session(OPERATOR))

    assert (done.sent, done.held) == (0, 2)
    assert served.states(numbers) == ["held", "held"]
    assert exchange.send(served.terminal, served.session(OPERATOR)).held == 0
