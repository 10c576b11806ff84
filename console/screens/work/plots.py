"""Small plots in text, which are read without colour: a digit for each day, or a column of signs."""

from collections.abc import Iterator, Sequence
from math import ceil
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from store.workload import Day

_HIGHEST_DIGIT: Final = 9
_WORKDAYS: Final = 5
_WEEK: Final = 7


def weeks(days: "Sequence[Day]") -> list["Sequence[Day]"]:
    """Return the days by weeks, without weekends on which nobody worked; the first day is a Monday."""
    by_week = [days[start : start + _WEEK] for start in range(0, len(days), _WEEK)]
    weekends = [day for week in by_week for day in week[_WORKDAYS:]]
    worked = any(day.sent or day.received or day.refused for day in weekends)
    return by_week if worked else [week[:_WORKDAYS] for week in by_week]


def digits(values: Sequence[float], most: float) -> str:
    """Return a digit for each value, 9 for `most`; 0 only where there was nothing at all."""
    return "".join(str(ceil(_HIGHEST_DIGIT * value / most)) if most else "0" for value in values)


def columns(values: Sequence[float], most: float, height: int) -> Iterator[str]:
    """Yield the lines of a plot from the top down: over each value as many signs as its part of `most`."""
    # Rounded up: a day on which little was done must not look like one on which nothing was.
    heights = [ceil(height * value / most) if most else 0 for value in values]
    for level in range(height, 0, -1):
        yield "".join("#" if tall >= level else " " for tall in heights)
