"""Clocks that differ, and certificates that end: told in time, and nothing signed beyond what both sides tolerate."""

from datetime import UTC, datetime, timedelta

import pytest

from console.errors import ClocksApart, RightMissing
from console.jobs import exchange
from console.jobs.exchange import ClockReason
from console.jobs.terminal import announcements, health
from console.jobs.terminal.announcements import ANNOUNCED_DAYS, Party
from console.words import LANGUAGES, Words
from store import clock
from store.log import Event
from tests.console.jobs.site import CHIEF, OPERATOR, Site, entry, notice
from tests.faults.clocks import agency_ahead
from transport import agency
from transport.parties.authority import LIFETIME, Use

DAY = timedelta(days=1)
BOTH_WAYS = (1, -1)


@pytest.mark.parametrize("sign", BOTH_WAYS)
def test_half_a_minute_is_told_and_nothing_else_changes(served: Site, sign: int) -> None:
    served.approve([entry(1)])
    with agency_ahead(90 * sign):
        sent = exchange.send(served.terminal, served.session(OPERATOR))
        got = exchange.receive(served.terminal, served.session(OPERATOR))

    assert (sent.delivered, got.results) == (1, 1)
    for done in (sent, got):
        assert done.clock_warned
        assert abs(done.clock_offset - 90 * sign) < 5
    answer = served.entries(Event.CLOCK_DIFFERS)
    assert [abs(int(item.detail["seconds"]) - 90 * sign) < 5 for item in answer] == [True, True]


def test_a_clock_that_is_right_is_not_mentioned(served: Site) -> None:
    sent = exchange.send(served.terminal, served.session(OPERATOR))
    assert abs(sent.clock_offset) < 5
    assert not sent.clock_warned
    assert served.entries(Event.CLOCK_DIFFERS, Event.CLOCK_OVERRULED) == []


@pytest.mark.parametrize("sign", BOTH_WAYS)
@pytest.mark.parametrize("job", [exchange.send, exchange.receive])
def test_beyond_five_minutes_nothing_is_signed(served: Site, sign: int, job: type) -> None:
    (number,) = served.approve([entry(1)])
    with agency_ahead(400 * sign), pytest.raises(ClocksApart) as caught:
        job(served.terminal, served.session(OPERATOR))

    assert caught.value.incident is not None
    assert caught.value.incident in (served.home / "log" / "technical.log").read_text()
    (failed,) = served.entries(Event.LINE_FAILED)
    assert failed.detail == {"code": "clocks_apart", "incident": caught.value.incident}
    assert served.raw("SELECT count(*) FROM shipment") == [(0,)]
    assert (served.states([number]), served.received().messages) == (["approved"], 0)


@pytest.mark.parametrize("sign", BOTH_WAYS)
def test_an_officer_may_say_why_and_then_times_are_the_peers(served: Site, sign: int) -> None:
    (number,) = served.approve([entry(1)])
    with agency_ahead(400 * sign):
        agency.post(served.agency_home, [notice(1)])
        chief = served.session(CHIEF)
        sent = exchange.send(served.terminal, chief, clock_reason=ClockReason.SYNC_DOWN)
        got = exchange.receive(served.terminal, chief, clock_reason=ClockReason.SYNC_DOWN)

    assert (sent.delivered, got.received, got.results, got.rejected) == (1, 1, 1, 0)
    assert served.states([number]) == ["accepted"]
    assert served.received().acknowledged == 2
    for answer in served.entries(Event.CLOCK_OVERRULED):
        assert (answer.actor, answer.detail["cause"]) == (CHIEF, "sync_down")
        assert abs(int(answer.detail["seconds"]) - 400 * sign) < 5
    assert len(served.entries(Event.CLOCK_OVERRULED)) == 2


def test_a_notice_of_the_last_minutes_is_taken_by_a_terminal_whose_clock_is_behind(served: Site) -> None:
    with agency_ahead(400):
        happened = (clock.now() + timedelta(seconds=390)).isoformat()
        agency.post(served.agency_home, [notice(1, occurred_at=happened)])
        got = exchange.receive(served.terminal, served.session(CHIEF), clock_reason=ClockReason.SYNC_DOWN)

    assert (got.received, got.rejected) == (1, 0)


def test_nobody_but_an_officer_overrules_the_clocks(served: Site) -> None:
    with agency_ahead(400), pytest.raises(RightMissing) as caught:
        exchange.send(served.terminal, served.session(OPERATOR), clock_reason=ClockReason.OUTAGE)
    assert caught.value.facts == {"right": "clock"}


def test_a_reason_that_is_not_needed_changes_nothing(served: Site) -> None:
    exchange.send(served.terminal, served.session(CHIEF), clock_reason=ClockReason.OUTAGE)
    assert served.entries(Event.CLOCK_OVERRULED) == []


# Certificates


def _steps(site: Site, left: timedelta) -> list[tuple[Party, int]]:
    """Return what is announced when both certificates have so much time left."""
    own = site.terminal.identity.certificate_until
    return [
        (announcement.party, announcement.step)
        for announcement in announcements.announcements(site.terminal, now=own - left)
    ]


def test_the_end_of_a_certificate_is_announced_step_by_step(site: Site) -> None:
    site.register_peer(1)
    assert _steps(site, 91 * DAY) == []
    for days in ANNOUNCED_DAYS:
        # Both were made within the same seconds: a minute more or less separates no step.
        at = timedelta(days=days) - timedelta(minutes=1)
        assert _steps(site, at) == [(Party.TERMINAL, days), (Party.PEER, days)]
    assert _steps(site, timedelta(minutes=-1)) == [(Party.TERMINAL, 0), (Party.PEER, 0)]


def test_a_certificate_whose_successor_waits_is_not_announced(site: Site) -> None:
    site.register_peer(1)
    soon = clock.now() + LIFETIME - 10 * DAY
    site.terminal.keys.prepare(Use.TERMINAL, used_from=soon + DAY, now=clock.now())
    assert [announcement.party for announcement in announcements.announcements(site.terminal, now=soon)] == [Party.PEER]
    site.register_peer(1, valid_from=soon + DAY)
    assert announcements.announcements(site.terminal, now=soon) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("left", [3 * DAY, -3 * DAY])
def test_an_announcement_says_when_and_what_to_do(site: Site, language: str, left: timedelta) -> None:
    site.register_peer(1)
    until = site.terminal.identity.certificate_until
    for announcement in announcements.announcements(site.terminal, now=until - left):
        text = announcement.text(Words("en" if language == "en" else "ja"))
        assert until.astimezone(clock.JAPAN).date().isoformat() in text


def test_check_tells_of_both_certificates(served: Site) -> None:
    found = {check.name: check for check in health.check(served.home, Words("en")).checks}
    assert found["certificate"].ok
    assert found["peer_certificate"].ok
    assert found["clock"].ok


def test_check_tells_of_clocks_that_differ(served: Site) -> None:
    with agency_ahead(60):
        found = {check.name: check for check in health.check(served.home, Words("en")).checks}
    assert not found["clock"].ok
    assert datetime.now(UTC) < served.terminal.identity.certificate_until
