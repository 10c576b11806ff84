"""The figures of one benchmark: several runs of several things, compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any


@dataclass(frozen=True, slots=True)
class Report:
    """`runs` are the measured values by what was measured, all in `unit`; `verdict` is the comparison in words."""

    unit: str
    runs: Mapping[str, Sequence[float]]
    verdict: str
    figures: Mapping[str, float]

    def lines(self) -> list[str]:
        """Return median and spread (first and third quartile) of each, and the verdict."""
        lines = []
        for name, values in self.runs.items():
            low, high = _quartiles(values)
            spread = f"quartiles {low:.0f}–{high:.0f}, {len(values)} runs"
            lines.append(f"{name}: median {median(values):.0f} {self.unit} ({spread})")
        return [*lines, self.verdict]

    def json(self) -> dict[str, Any]:
        """Return everything for JSON."""
        medians = {name: median(values) for name, values in self.runs.items()}
        runs = {name: list(values) for name, values in self.runs.items()}
        spread = {name: _quartiles(values) for name, values in self.runs.items()}
        return {
            "unit": self.unit,
            "runs": runs,
            "medians": medians,
            "quartiles": spread,
            "figures": dict(self.figures),
        }


def _quartiles(values: Sequence[float]) -> tuple[float, float]:
    """Return the first and the third quartile; of a single run, that run."""
    if len(values) == 1:
        return values[0], values[0]
    first, _, third = quantiles(values, n=4)
    return first, third
