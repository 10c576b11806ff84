"""What the peer refused unread: the terminal says why in its own words, and two keys send the message again."""

import pytest

from console.incidents import TECHNICAL_LOG
from console.jobs import exchange
from console.jobs.messages import listing as jobs
from console.jobs.messages import review
from console.screens.messages.queue import QueueScreen
from console.terminal import Terminal
from console.words import Language, Words
from store import clock, queue
from tests.console.driving import JAPANESE_FIRST, Driven, driving
from tests.console.here import acting, served_here
from tests.console.screens.messages.test_correction import open_message
from tests.faults.forging import keep_shipment
from tests.running import World
from transport import agency
from transport.agency.home import AgencyHome
from transport.evidence.envelope import Purpose, Sealer

CODE = "envelope_purpose_foreign"
CHIEF = "ka-301"


def approve(world: World, count: int) -> list[str]:
    """Approve messages; return their references."""
    with acting(world, CHIEF) as (terminal, session):
        rows = jobs.page(terminal, session, jobs.QueueQuery(direction="out", state="review", limit=count)).rows
        done = review.approve(terminal, session, [row.id for row in rows], confirm_warnings=True)
        assert done.count == count
    return [row.reference for row in rows]


def approve_wrongly_sealed(world: World, count: int) -> list[str]:
    """Approve messages whose envelopes the agency refuses without opening them; return their references."""
    references = approve(world, count)
    public = AgencyHome(world.agency_home).identity(clock.now()).public
    with Terminal.open(world.home) as terminal:
        sealer = Sealer(terminal.identity, public, terminal.settings.municipality.code, "v1")
        with terminal.database.reading() as reading:
            rows = queue.next_to_send(reading, terminal.name, clock.now(), count)
        for row in rows:
            envelope = sealer.seal(b"{}", message_id=row.uid, purpose=Purpose.RESULT, created_at=clock.now())
            keep_shipment(terminal, row.id, envelope)
    return references


def send(world: World) -> exchange.SendOutcome:
    with acting(world, CHIEF) as (terminal, session):
        return exchange.send(terminal, session)


def text_of(console: Driven) -> str:
    """Return the screen without its line ends, which fall anywhere in a text."""
    return "".join(console.text().split())


def refusal(language: Language) -> tuple[str, str]:
    fault = Words(language).refusal(CODE)
    return "".join(fault.cause.split()), "".join(fault.remedy.split())


def _incident(world: World) -> str:
    """Return the number under which the terminal recorded the peer's refusal; the record names the peer's own."""
    (line,) = [line for line in (world.home / TECHNICAL_LOG).read_text().splitlines() if f"[{CODE}]" in line]
    number, theirs = line.split()[0], line.split()[-1]
    assert theirs in (world.agency_home / "technical.log").read_text()
    return number


@pytest.mark.parametrize("language", JAPANESE_FIRST)
async def test_why_is_told_where_it_is_sent_and_where_it_is_read(world: World, language: Language) -> None:
    (reference,) = approve_wrongly_sealed(world, 1)
    cause, remedy = refusal(language)
    with served_here(world):
        async with driving(world.home, language=language, size=(120, 40)) as console:
            await console.log_on()
            await console.press("x")
            await console.press("x")
            assert console.screen == "exchange"
            assert reference in console.text()
            assert cause[:20] in text_of(console)
            await console.press("enter")
            assert console.screen == "message"
            assert reference in console.text()
            assert cause in text_of(console)
            assert remedy in text_of(console)
            assert _incident(world) in console.text()
            await console.press("escape")
            assert console.screen == "exchange"


async def test_one_goes_again_from_its_page(world: World) -> None:
    (reference,) = approve_wrongly_sealed(world, 1)
    with served_here(world):
        assert send(world).refused == 1
        async with driving(world.home) as console:
            await open_message(console, reference, CHIEF)
            assert console.words("steps.resend.key") in console.foot
            await console.press("y")
            assert reference in console.text()
            await console.press("enter")
            assert console.words("steps.resend.did", count=1) in console.text()
            # It waits now: nothing is left to be done anew.
            assert console.words("steps.resend.key") not in console.foot
            await console.press("y")
            assert console.screen == "message"
        assert send(world).delivered == 1
    assert agency.received(world.agency_home).messages == 1


async def test_many_go_again_when_their_number_is_typed(world: World) -> None:
    approve_wrongly_sealed(world, 3)
    with served_here(world):
        assert send(world).refused == 3
        async with driving(world.home) as console:
            await console.log_on()
            screen = console.app.screen
            assert isinstance(screen, QueueScreen)
            # The question comes once it is known what the step would do with them.
            await console.press("5", "asterisk", "y")
            await console.press("3", "enter")
            assert console.words("steps.resend.did", count=3) in console.text()
        assert send(world).delivered == 3


async def test_what_the_peer_has_read_is_not_offered_to_go_again(world: World) -> None:
    (reference,) = approve(world, 1)
    agency.refuse(world.agency_home, reference, "number_not_current")
    with served_here(world), acting(world, CHIEF) as (terminal, session):
        assert exchange.send(terminal, session).delivered == 1
        assert exchange.receive(terminal, session).results == 1
    async with driving(world.home) as console:
        await open_message(console, reference, CHIEF)
        assert console.words("states.out.refused") in console.text()
        # Cause and remedy are the peer's, on the first page.
        assert console.words("message.section.outcome") in console.text()
        assert "number_not_current" in console.text()
        assert console.words("steps.resend.key") not in console.foot
        await console.press("y")
        assert console.screen == "message"


def test_show_tells_why_as_well(world: World) -> None:
    approve_wrongly_sealed(world, 1)
    with served_here(world):
        (item,) = send(world).items
    trouble = world.run(CHIEF, "show", str(item.id)).json["trouble"]
    fault = Words("ja").refusal(CODE)
    incident = _incident(world)
    assert trouble == {"code": CODE, "incident": incident, "cause": fault.cause, "remedy": fault.remedy}
    assert item.incident == incident
