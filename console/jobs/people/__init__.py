"""Logging on and off, PINs, and the register of people (利用者)."""

from typing import TYPE_CHECKING

from console.lazy import submodules

if TYPE_CHECKING:
    from console.jobs.people import changes, codes, deeds, lease, logon, register, sessions, telling

__all__ = ["changes", "codes", "deeds", "lease", "logon", "register", "sessions", "telling"]
__getattr__ = submodules(__name__)
