"""What people do with the log (証跡): viewing it, asking it questions, exporting it, pruning it."""

from typing import TYPE_CHECKING

from console.lazy import submodules

if TYPE_CHECKING:
    from console.jobs.log import conditions, export, periods, pruning, questions, search, tables, viewing

__all__ = ["conditions", "export", "periods", "pruning", "questions", "search", "tables", "viewing"]
__getattr__ = submodules(__name__)
