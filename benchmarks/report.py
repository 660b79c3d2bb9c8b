"""How a benchmark speaks: figures for people, then one JSON object a line, each with the baseline of the same run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure beside its baseline."""

    name: str
    value: float
    unit: str
    baseline: float
    baseline_name: str

    @property
    def ratio(self) -> float:
        """Value over baseline; for a rate more is better, for a time less is."""
        return self.value / self.baseline if self.baseline else float("nan")


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so many of the others do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def tell(figures: Sequence[Figure]) -> None:
    """Print them: lines first, objects last."""
    for one in figures:
        print(
            f"{one.name:44} {one.value:12.2f} {one.unit:8} {one.ratio:7.2f} x {one.baseline_name} ({one.baseline:.2f})"
        )
    for one in figures:
        print(
            json.dumps(
                {
                    "name": one.name,
                    "value": round(one.value, 3),
                    "unit": one.unit,
                    "baseline": round(one.baseline, 3),
                    "baseline_name": one.baseline_name,
                    "ratio": round(one.ratio, 3),
                }
            )
        )
