"""The statement of holdings: it comes back as it was made, and only as the answer to its own question."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from transport import bounds, wire
from transport.evidence.envelope import SALT_BYTES
from transport.evidence.holdings import MOST_HELD, Held, Inquiry, Statement

SINCE: Final = datetime(2026, 11, 22, 7, 15, tzinfo=UTC)
ASKED: Final = Inquiry(SINCE, 6, 3)
HELD: Final = (
    Held(7, "a" * 32, SINCE, "resident_record", "R-1"),
    Held(9, "b" * 32, SINCE + timedelta(hours=1), None, None),
)


def _content(**changes: Any) -> bytes:
    whole = wire.decode(Statement(HELD, more=True).to_bytes(ASKED), "test")
    return wire.encode({**whole, **changes})


def test_it_comes_back_as_it_was_made() -> None:
    assert Statement.from_bytes(_content(), ASKED) == Statement(HELD, more=True)
    assert Statement.from_bytes(Statement((), more=False).to_bytes(ASKED), ASKED) == Statement((), more=False)


@pytest.mark.parametrize(
    "other", [ASKED._replace(after=0), ASKED._replace(since=SINCE - timedelta(days=1)), ASKED._replace(limit=1)]
)
def test_the_answer_to_another_question_is_refused(other: Inquiry) -> None:
    with pytest.raises(wire.WireError):
        Statement.from_bytes(_content(), other)


def _row(**changes: Any) -> list[dict[str, Any]]:
    return [{**HELD[0]._asdict(), "received_at": wire.to_time(SINCE), **changes}]


@pytest.mark.parametrize(
    "changes",
    [
        {"more": True, "messages": []},
        {"more": 1},
        {"messages": _row(position=6)},
        {"messages": _row() * 2},
        {"messages": _row(id="A" * 32)},
        {"messages": _row(kind="a b")},
        {"messages": _row(reference="R 1")},
        {"messages": _row(reference="")},
        {"messages": _row(received_at="2026-11-22")},
        {"messages": _row(name="x")},
        {"names": []},
    ],
)
def test_what_is_no_statement_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(wire.WireError):
        Statement.from_bytes(_content(**changes), ASKED)


def test_both_sides_ask_for_as_many_as_the_protocol_allows() -> None:
    # The other side is another program: what asks for more it refuses, whatever this one believes.
    assert Inquiry(SINCE, 0).limit == MOST_HELD == 256


def test_a_full_statement_of_the_longest_messages_fits_in_an_envelope() -> None:
    longest = Held(2**53 - 1, "f" * 32, SINCE, "certificate_delivery", "~" * 64)
    rows = tuple(longest._replace(position=longest.position - MOST_HELD + number) for number in range(MOST_HELD))
    content = Statement(rows, more=True).to_bytes(Inquiry(SINCE, 0))
    assert len(content) + SALT_BYTES + 2048 + 1200 < bounds.MOST_ENVELOPE_BYTES
