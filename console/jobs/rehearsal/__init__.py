"""The rehearsal world (体験): a terminal, its agency and records, all of them invented."""

from typing import TYPE_CHECKING

from console.lazy import submodules

if TYPE_CHECKING:
    from console.jobs.rehearsal import agency, agency_setup, sample_records, world

__all__ = ["agency", "agency_setup", "sample_records", "world"]
__getattr__ = submodules(__name__)
