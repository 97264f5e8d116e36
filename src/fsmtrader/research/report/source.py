"""What the report reads: the files of a run's folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class RunFiles:
    """A run as its files tell it. `summary` is summary.json; the frames are the Parquet files of the same names."""

    summary: dict[str, Any]
    equity: pl.DataFrame
    fills: pl.DataFrame
    orders: pl.DataFrame
    transitions: pl.DataFrame
    touch: pl.DataFrame | None = None
    """with `quotes`: where the run had working quotes"""
    quotes: pl.DataFrame | None = None

    @property
    def time(self) -> NDArray[np.float64]:
        """Times of the samples in milliseconds since 1970, as a browser counts."""
        return milliseconds(self.equity)

    def column(self, name: str) -> NDArray[np.float64]:
        """A column of the samples; all NaN if the run has none of that name."""
        import numpy as np

        if name not in self.equity.columns:
            return np.full(self.equity.height, np.nan)
        return self.equity[name].cast(_float()).fill_null(float("nan")).to_numpy()


def read_run(folder: Path) -> RunFiles:
    """The files of one run."""
    import polars as pl

    frames = {
        name: pl.read_parquet(folder / f"{name}.parquet") for name in ("equity", "fills", "orders", "transitions")
    }
    for name in ("touch", "quotes"):
        path = folder / f"{name}.parquet"
        if path.exists():
            frames[name] = pl.read_parquet(path)
    return RunFiles(json.loads((folder / "summary.json").read_text("utf-8")), **frames)


def milliseconds(frame: pl.DataFrame) -> NDArray[np.float64]:
    """The column `time_us` as milliseconds."""
    return frame["time_us"].cast(_float()).to_numpy() / 1_000.0


def _float() -> type[pl.Float64]:
    import polars as pl

    return pl.Float64
