"""Whether there is a gain at all that luck could have a part in, from the summary of a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fsmtrader.research.sweep.results import Objective


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
