"""A run as its files tell it, of a few samples: what the report is made of, without a run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

MINUTE_US = 60_000_000
START_US = 1_704_067_200_000_000
"""2024-01-01 00:00 UTC"""
SUMMARY: dict[str, Any] = {
    "name": "made",
    "market": "made up",
    "events": 5,
    "start_us": START_US,
    "end_us": START_US + 4 * MINUTE_US,
    "started_us": START_US,
    "status": "running",
    "stays": [{"region": "mode", "state": "A", "seconds": 120.0, "times": 1}],
    "short_legs": ["S"],
    "bands": [{"name": "ref", "leg": "L", "leaves": ["A"]}],
    "limits": [{"name": "risk", "value": 500.0}],
    "promises": [{"name": "small", "verdict": "kept", "broken": 0, "first": ""}],
    "positions": [
        {"leg": leg, "quantity": 1.0, "average_price": 100.0, "realised": 0.0, "unrealised": 0.0, "fees": 0.0}
        for leg in ("L", "S")
    ],
    "parameters": [{"name": "f", "value": 0.0005, "unit": "a ratio", "doc": "fee"}],
    "states": [
        {"region": "mode", "state": name, "final": name == "END", "description": ""} for name in ("A", "B", "END")
    ],
    "markets": [{"name": "x.BTC", "symbol": "BTC", "legs": ["L", "S"], "column": "price"}],
    "units": {},
    "words": [],
    "actions": [],
    "alerts": [],
    "notes": [],
    "faults": [],
    "capital": 1000.0,
    **dict.fromkeys(("profit", "max_drawdown", "fees", "funding", "turnover"), 0.0),
    **dict.fromkeys(("captured", "friction", "exit_cost"), 0.0),
    "sharpe": None,
    "fills": 0,
}
FILL = {"client_id": "1", "fee": 0.0, "realised": 0.0, "maker": False, "action": "buy", "kind": "action"}
MOVE = {"region": "mode", "trigger": "tick", "because": "", "row": 0, "guard": "x > 1", "operands": '{"x":2.0}'}
Folder = Callable[..., Path]


@pytest.fixture
def made_folder(tmp_path: Path) -> Folder:
    """Writes the folder of a run: samples by column, fills (minute, leg, change, price), moves (minute, from, to)."""
    import polars as pl

    from fsmtrader.research.files import FILL_COLUMNS, ORDER_COLUMNS, TRANSITION_COLUMNS

    types = {int: pl.Int64, float: pl.Float64, bool: pl.Boolean, str: pl.String}

    def frame(columns: Mapping[str, type], rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
        return pl.DataFrame(list(rows), schema={name: types[of] for name, of in columns.items()})

    def make(
        samples: Mapping[str, Sequence[float]] | None = None,
        fills: Sequence[tuple[float, str, float, float]] = (),
        moves: Sequence[tuple[float, str, str]] = (),
        **summary: Any,
    ) -> Path:
        columns = {"price": [100.0] * 5, **(samples or {})}
        at = [START_US + minute * MINUTE_US for minute in range(len(columns["price"]))]
        pl.DataFrame({"time_us": at, **columns}).write_parquet(tmp_path / "equity.parquet")
        filled = [
            {**FILL, "time_us": START_US + round(minute * MINUTE_US), "leg": leg, "change": change, "price": price}
            for minute, leg, change, price in fills
        ]
        moved = [
            {**MOVE, "time_us": START_US + round(minute * MINUTE_US), "source": source, "target": target}
            for minute, source, target in moves
        ]
        frame(FILL_COLUMNS, filled).write_parquet(tmp_path / "fills.parquet")
        frame(TRANSITION_COLUMNS, moved).write_parquet(tmp_path / "transitions.parquet")
        frame(ORDER_COLUMNS, []).write_parquet(tmp_path / "orders.parquet")
        (tmp_path / "summary.json").write_text(json.dumps({**SUMMARY, **summary}), encoding="utf-8")
        return tmp_path

    return make
