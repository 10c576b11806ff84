"""The terminal itself: setting up, opening, health, upgrade, backup, key change, joining a queue."""

from typing import TYPE_CHECKING

from console.lazy import submodules

if TYPE_CHECKING:
    from console.jobs.terminal import backup, health, joining, opening, rekey, setup, sharing, upgrade

__all__ = ["backup", "health", "joining", "opening", "rekey", "setup", "sharing", "upgrade"]
__getattr__ = submodules(__name__)
