"""The terminal itself: setup, opening, health, protections, upgrade, backup, key change, joining a queue."""

from typing import TYPE_CHECKING

from console.lazy import submodules

if TYPE_CHECKING:
    from console.jobs.terminal import (
        announcements,
        backup,
        health,
        joining,
        layouts,
        opening,
        overlays,
        protections,
        rekey,
        setup,
        sharing,
        sshd,
        units,
        upgrade,
    )

__all__ = [
    "announcements",
    "backup",
    "health",
    "joining",
    "layouts",
    "opening",
    "overlays",
    "protections",
    "rekey",
    "setup",
    "sharing",
    "sshd",
    "units",
    "upgrade",
]
__getattr__ = submodules(__name__)
