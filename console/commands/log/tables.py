"""How the commands tell what a comparison of the tables with the log found."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from console.words import Words

if TYPE_CHECKING:
    from store.comparison import Comparison


def facts_of(comparison: "Comparison") -> dict[str, object]:
    """Return a comparison as JSON holds it."""
    return {
        "rows": comparison.rows,
        "differences": comparison.differences,
        "named": [{"table": each.table, "row": each.row, "how": each.how} for each in comparison.named],
    }


def described(comparison: "Comparison", words: Words) -> Iterator[str]:
    """Yield a line for each row that differs, and one for those that are only counted."""
    for each in comparison.named:
        yield words("log.tables.differs", table=each.table, row=each.row, how=words(f"log.tables.how.{each.how}"))
    rest = comparison.differences - len(comparison.named)
    if rest:
        yield words("log.tables.more", count=f"{rest:,}")
