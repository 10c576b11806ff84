"""The lists of work: what waits for people, in which order, and what a step with many messages would do."""

from typing import TYPE_CHECKING

from console.lazy import submodules

if TYPE_CHECKING:
    from console.jobs.work import lists, outline, today

__all__ = ["lists", "outline", "today"]
__getattr__ = submodules(__name__)
