"""What is known before an exchange is what the exchange then does, and nothing is asked and nothing recorded for it."""

from collections import Counter
from datetime import timedelta

import pytest

from console.jobs import exchange
from console.jobs.log import viewing
from console.jobs.messages import review
from store import clock
from store.errors import PeerMissing
from store.message.codes import Kind
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import APPROVER, CHIEF, OPERATOR, Site, entry, moving_out

pytestmark = ON_SQLITE


def test_what_would_leave_is_what_leaves(served: Site) -> None:
    served.approve([entry(1), entry(2), entry(3)])
    served.take_in([entry(4)])
    before, newest = served.contents(), served.newest()
    known = exchange.preflight(served.terminal)
    assert known.ready == Counter({Kind.RESIDENT_RECORD: 3})
    assert (known.leaving, known.to_ask, known.waiting.total) == (3, 0, 0)
    # Nobody is asked, and nothing tells later that somebody has looked.
    assert (served.contents(), served.newest()) == (before, newest)
    assert exchange.send(served.terminal, served.session(OPERATOR)).delivered == known.leaving
    assert exchange.preflight(served.terminal).leaving == 0


def test_what_waits_is_told_with_its_reason(served: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = clock.day_in_japan(clock.now()) + timedelta(days=4)
    served.approve([moving_out(1, planned.isoformat())])
    (by_hand,) = served.take_in([entry(2)])
    review.hold(served.terminal, served.session(APPROVER), [by_hand])
    waiting = exchange.preflight(served.terminal).waiting
    assert (waiting.day, waiting.first_day, waiting.hand, waiting.alarm) == (1, planned, 1, 0)
    assert waiting.total == 2
    # On its day it counts among what leaves: sending begins by releasing it.
    day = clock.now() + timedelta(days=5)
    monkeypatch.setattr(clock, "now", lambda: day)
    known = exchange.preflight(served.terminal)
    assert (known.leaving, known.waiting.day, known.waiting.first_day) == (1, 0, None)


def test_a_later_message_about_a_person_waits_for_the_earlier(served: Site) -> None:
    person = {"subject": "0000000009"}
    earlier = entry(1, occurred_at="2026-11-20T10:00:00+09:00", **person)
    later = entry(2, occurred_at="2026-11-20T11:00:00+09:00", **person)
    served.approve([earlier, later])
    known = exchange.preflight(served.terminal)
    assert (known.leaving, known.waiting.earlier) == (1, 1)


def test_the_peer_its_certificate_and_the_log_are_told(served: Site) -> None:
    known = exchange.preflight(served.terminal)
    assert known.peer.name == "agency-test"
    assert known.peer.valid_from < clock.now() < known.peer.certificate_until
    assert known.own_certificate_until == served.terminal.identity.certificate_until
    assert (known.log.entries, known.log.verified_at, known.log.sound) == (served.newest(), None, None)
    viewing.verify(served.terminal, served.session(CHIEF))
    after = exchange.preflight(served.terminal).log
    assert after.sound
    assert after.verified_at is not None
    assert after.exported_at is None


def test_without_a_peer_that_is_told(site: Site) -> None:
    with pytest.raises(PeerMissing):
        exchange.preflight(site.terminal)
