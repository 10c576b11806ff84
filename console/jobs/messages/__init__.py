"""What people do with messages: importing, entering, reviewing, reading and listing them."""

from typing import TYPE_CHECKING

from console.lazy import submodules

if TYPE_CHECKING:
    from console.jobs.messages import (
        claims,
        confirmation,
        draft,
        echo,
        enqueue,
        entry,
        extract,
        intake,
        leftovers,
        listing,
        reading,
        retention,
        review,
    )

__all__ = [
    "claims",
    "confirmation",
    "draft",
    "echo",
    "enqueue",
    "entry",
    "extract",
    "intake",
    "leftovers",
    "listing",
    "reading",
    "retention",
    "review",
]
__getattr__ = submodules(__name__)
