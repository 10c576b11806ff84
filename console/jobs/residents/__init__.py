"""What is done about one resident: hiding the address, and everything about the person on one page."""

from typing import TYPE_CHECKING

from console.lazy import submodules

if TYPE_CHECKING:
    from console.jobs.residents import hits, person, protection

__all__ = ["hits", "person", "protection"]
__getattr__ = submodules(__name__)
