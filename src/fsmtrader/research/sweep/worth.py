"""Whether there is a best set, and whether it gained anything that luck could have a part in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fsmtrader.research.metrics import LEAST_DAYS
from fsmtrader.research.sweep.results import Objective


def no_best(done: int, days: int) -> str:
    """Why no set can be called the best. Only a Sharpe ratio may be unknown of a set that was done.

    `done`: sets; `days`: of the market.
    """
    if not done:
        return "results.parquet says why each set failed"
    if days < LEAST_DAYS:
        return f"the market is too short for a Sharpe ratio, which takes {LEAST_DAYS} days"
    return "no set has a Sharpe ratio: its equity never changed, or came to nothing"


def no_gain(summary: Mapping[str, Any]) -> str:
    """That the best set won nothing; empty where it made money, or where there is no best set."""
    if not summary["best"]:
        return ""
    best, objective = summary["best"][0], summary["objectives"][0]
    if not best["fills"]:
        return "The best set never traded."
    if best["profit"] > 0.0:
        return ""
    if objective == Objective.PROFIT.value:
        return "No set made money."
    return f"The best set by {objective.replace('_', ' ')} made no money."


def is_of_use(chance: Mapping[str, Any] | None) -> bool:
    """Whether what chance would have found is worth saying of sets that won nothing: one has a ratio above zero."""
    return chance is not None and chance["best"] > 0.0
