"""The dated register of the peer (相手先), and the terminal's own keys for the line."""

from typing import TYPE_CHECKING

from console.lazy import submodules

if TYPE_CHECKING:
    from console.jobs.peers import handing_over, line_keys, register

__all__ = ["handing_over", "line_keys", "register"]
__getattr__ = submodules(__name__)
