"""What people do with messages: importing, entering, reviewing, reading and listing them."""

from typing import TYPE_CHECKING

from console.lazy import submodules

if TYPE_CHECKING:
    from console.jobs.messages import (
        candidates,
        claims,
        confirmation,
        contradictions,
        echo,
        enqueue,
        entry,
        extract,
        intake,
        leftovers,
        listing,
        pairs,
        partners,
        reading,
        record_reader,
        retention,
        review,
    )

__all__ = [
    "candidates",
    "claims",
    "confirmation",
    "contradictions",
    "echo",
    "enqueue",
    "entry",
    "extract",
    "intake",
    "leftovers",
    "listing",
    "pairs",
    "partners",
    "reading",
    "record_reader",
    "retention",
    "review",
]
__getattr__ = submodules(__name__)
