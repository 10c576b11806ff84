"""What is being entered, item by item, before it is a message of the queue."""

from typing import TYPE_CHECKING

from console.lazy import submodules

if TYPE_CHECKING:
    from console.jobs.entry import draft, items, keeping, known, refusals

__all__ = ["draft", "items", "keeping", "known", "refusals"]
__getattr__ = submodules(__name__)
