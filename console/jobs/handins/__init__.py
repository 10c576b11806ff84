"""The files that systems hand in: which lie in the hand-in places, a dry run of each, and the report that is kept."""

from typing import TYPE_CHECKING

from console.lazy import submodules

if TYPE_CHECKING:
    from console.jobs.handins import examination, intake_outcome, keeping, places, report

__all__ = ["examination", "intake_outcome", "keeping", "places", "report"]
__getattr__ = submodules(__name__)
