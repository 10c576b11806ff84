"""Candidates: what the queue has to know of a message that is about to enter it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from console.jobs.messages.candidates import Candidate
from store.message.kinds import message_from_record
from store.message.states import Pointer
from tests.console.jobs.site import entry


@pytest.mark.parametrize(
    ("items", "pointer", "target"),
    [
        ({}, None, None),
        ({"cancels": "R-000007"}, Pointer.CANCELS, "R-000007"),
        ({"replaces": "R-000007"}, Pointer.REPLACES, "R-000007"),
    ],
    ids=["neither", "cancels", "replaces"],
)
def test_it_points_at_what_it_cancels_or_replaces(
    items: dict[str, Any], pointer: Pointer | None, target: str | None
) -> None:
    message = message_from_record(entry(8, **items))
    candidate = Candidate.of(message, warnings=2)
    assert (candidate.pointer, candidate.target) == (pointer, target)
    assert (candidate.kind, candidate.reference, candidate.subject) == ("resident_record", "R-000008", "0000000008")
    assert (candidate.warnings, candidate.protected, candidate.due_on) == (2, False, None)
    assert candidate.effective_at == datetime(2026, 11, 20, 0, 30, tzinfo=UTC)
    # Only its bytes are kept, and all of it is in them.
    assert candidate.message == message
