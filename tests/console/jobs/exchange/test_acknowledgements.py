"""Acknowledging: everything that is durable, in portions that memory holds."""

from collections.abc import Sequence
from typing import Any

import pytest

from console.jobs import exchange
from console.jobs.exchange import acknowledgements
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import OPERATOR, Site, notice
from transport import agency
from transport.line.client import FeedItem, Line
from transport.problems import Problem

pytestmark = ON_SQLITE


def test_large_items_are_acknowledged_in_portions(served: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    agency.post(served.agency_home, [notice(number) for number in range(5)])
    portions: list[list[int]] = []
    acknowledge = Line.acknowledge

    def watched(line: Line, items: Sequence[FeedItem], **times: Any) -> dict[int, Problem]:
        portions.append([item.position for item in items])
        return acknowledge(line, items, **times)

    monkeypatch.setattr(Line, "acknowledge", watched)
    # Two of these notices fit, and three do not.
    monkeypatch.setattr(acknowledgements, "MOST_BODY_BYTES", 5500)
    received = exchange.receive(served.terminal, served.session(OPERATOR))

    assert (received.received, received.interruption) == (5, None)
    assert portions == [[1, 2], [3, 4], [5]]
    assert served.received().acknowledged == 5
