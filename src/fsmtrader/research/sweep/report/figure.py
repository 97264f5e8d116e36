"""What the charts of a sweep's report are drawn from, as plain values and arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fsmtrader.research.report import palette
from fsmtrader.research.report.thin import thinned
from fsmtrader.research.sweep.report.source import SweepFiles

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MOST_SETS = 20_000
"""sets that the page has; of more the best"""
MOST_VALUES = 40
"""of a parameter; where there are more, or no list of them at all, values that lie together share a cell"""
CELLS = 12
MEASURES = (
    ("profit", "profit", False),
    ("worst_period", "profit of the worst part", False),
    ("sharpe", "Sharpe ratio", False),
    ("max_drawdown", "greatest drawdown", True),
    ("fees", "fees", True),
    ("turnover", "turnover", True),
    ("fills", "fills", True),
)
"""column, title, and whether less is better"""


def figure(sweep: SweepFiles) -> dict[str, Any]:
    """Sets in the order of their rank: where each stands on the axis of each parameter, and what came of it."""
    frame = sweep.ranked.head(MOST_SETS)
    parts = [(f"profit_{name}", f"profit of part {name}", False) for name in sweep.periods]
    measures = [
        {"name": column, "title": title, "is_cost": is_cost, "values": _numbers(frame[column])}
        for column, title, is_cost in (*MEASURES, *parts)
        if frame[column].is_not_null().any()
    ]
    chosen = next((i for i, entry in enumerate(measures) if entry["name"] == sweep.objective.value), 0)
    return {
        "count": frame.height,
        "parameters": [_axis(entry, frame[f"p_{entry['name']}"]) for entry in sweep.summary["parameters"]],
        "measures": measures,
        "measure": chosen,
        "curves": _curves(sweep),
    }


def _axis(entry: dict[str, Any], column: pl.Series) -> dict[str, Any]:
    """A parameter: the cell of the heat map that each set is in, with the cells' names, and its share of the axis."""
    import numpy as np

    texts, known = entry["values"], entry["numbers"]
    if entry["is_open"] or len(texts) > MOST_VALUES:
        values = _numbers(column)
        low, high = float(known[0]), float(known[-1])
        share = (values - low) / ((high - low) or 1.0)
        cell = np.clip(np.floor(share * CELLS), 0, CELLS - 1)
        edges = [low + (high - low) * (index + 0.5) / CELLS for index in range(CELLS)]
        ticks = [[0.0, texts[0]], [1.0, texts[-1]]]
        return {"name": entry["name"], "cells": [f"{edge:.4g}" for edge in edges], "cell": cell, "share": share,
                "ticks": ticks}  # fmt: skip
    places = {value: place for place, value in enumerate(known)}
    cell = np.array([places[value] for value in column.to_list()], dtype=np.float64)
    reach = max(len(texts) - 1, 1)
    ticks = [[place / reach if len(texts) > 1 else 0.5, text] for place, text in enumerate(texts)]
    share = cell / reach if len(texts) > 1 else cell + 0.5
    return {"name": entry["name"], "cells": texts, "cell": cell, "share": share, "ticks": ticks}


def _numbers(column: pl.Series) -> Floats:
    """A column as numbers, NaN for none."""
    import polars as pl

    found: Floats = column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return found


def _curves(sweep: SweepFiles) -> list[dict[str, Any]]:
    """The equity of the best sets."""
    import polars as pl

    found = []
    for rank, best in enumerate(sweep.summary["best"]):
        curve = sweep.curves.filter(pl.col("key") == best["key"])
        if curve.height == 0:
            continue
        time_ms = _numbers(curve["time_us"]) / 1_000.0
        x, y = thinned(time_ms, curve["equity"].to_numpy())
        found.append({"name": f"{rank + 1}", "x": x, "y": y, "colour": palette.LEGS[rank % len(palette.LEGS)]})
    return found
