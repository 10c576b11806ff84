"""Several terminals, each with its own directory and keys, on one queue and one log."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from console.jobs import exchange, export, trail
from console.terminal import Terminal
from store.log import Event
from tests.clusters import ON_POSTGRESQL
from tests.console.jobs.neighbour import NAME, join
from tests.console.jobs.site import AUDITOR, CHIEF, OPERATOR, Site, entry, notice
from transport import agency

pytestmark = ON_POSTGRESQL
FIRST = "131041-01"


@pytest.fixture
def other(served: Site, tmp_path: Path) -> Iterator[Site]:
    """The second terminal on the queue of the first."""
    home = tmp_path / "other" / "terminal"
    home.parent.mkdir()
    join(served, home)
    with Terminal.open(home) as terminal:
        yield replace(served, home=home, terminal=terminal)


def test_both_work_and_one_chain_verifies_from_both(served: Site, other: Site, tmp_path: Path) -> None:
    ours = served.approve([entry(number) for number in range(1, 6)])
    sent = exchange.send(served.terminal, served.session(OPERATOR))
    theirs = other.approve([entry(number) for number in range(6, 11)])
    sent_there = exchange.send(other.terminal, other.session(OPERATOR))
    assert (sent.delivered, sent_there.delivered) == (5, 5)
    for site in (served, other):
        got = exchange.receive(site.terminal, site.session(OPERATOR))
        assert (got.results, got.rejected) == (5, 0)
    assert set(served.states([*ours, *theirs])) == {"accepted"}
    for site in (served, other):
        found = trail.verify(site.terminal, site.session(AUDITOR))
        assert (found.ok, found.first_bad) == (True, None)
    assert export.last_export(served.terminal) is None
    assert other.entries(Event.TERMINAL_ADMITTED)[0].detail["terminal"] == NAME
