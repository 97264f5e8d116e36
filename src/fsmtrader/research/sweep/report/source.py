"""What the report of a sweep reads: the files of its folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsmtrader.research.sweep.keeping import CURVES, SUMMARY
from fsmtrader.research.sweep.place import RESULTS
from fsmtrader.research.sweep.results import DONE, Objective, ranked

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True, eq=False)
class SweepFiles:
    """A sweep as its files tell it."""

    summary: dict[str, Any]
    results: pl.DataFrame
    curves: pl.DataFrame

    @property
    def objective(self) -> Objective:
        """What sets are ranked by."""
        return Objective(self.summary["objectives"][0])

    @property
    def ranked(self) -> pl.DataFrame:
        """The sets that were done, the best first, those without a value of the objective last."""
        import polars as pl

        best = ranked(self.results, self.objective)
        rest = self.results.filter((pl.col("status") == DONE) & pl.col(self.objective.value).is_null())
        return pl.concat([best, rest])

    @property
    def names(self) -> list[str]:
        """The parameters that were varied."""
        return [entry["name"] for entry in self.summary["parameters"]]

    @property
    def periods(self) -> list[str]:
        return [period[0] for period in self.summary["periods"]]


def read_sweep(folder: Path) -> SweepFiles:
    """The files of one sweep."""
    import polars as pl

    summary = json.loads((folder / SUMMARY).read_text("utf-8"))
    return SweepFiles(summary, pl.read_parquet(folder / RESULTS), pl.read_parquet(folder / CURVES))
