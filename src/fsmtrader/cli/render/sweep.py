"""The summary of a sweep as text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fsmtrader.cli.output import counted
from fsmtrader.diagnostics.visible import visible
from fsmtrader.research.moments import instant
from fsmtrader.research.sweep.worth import is_of_use, no_gain

MOST_REASONS = 3
COLUMNS = (
    ("profit", "profit"),
    ("worst_period", "worst part"),
    ("sharpe", "Sharpe"),
    ("max_drawdown", "drawdown"),
    ("fees", "fees"),
    ("fills", "fills"),
    ("broken", "broken"),
)


def sweep_text(summary: Mapping[str, Any], folder: Path, page: Path | None) -> str:
    """What was tried, the best sets, what chance alone would have found, and where all of it is kept."""
    kept = f"kept in {folder}" + (f"\nreport  {page}" if page is not None else "")
    blocks = [_head(summary), _best(summary), chance_text(summary), kept]
    return visible("\n\n".join(block for block in blocks if block), keep="\n") + "\n"


def _head(s: Mapping[str, Any]) -> str:
    engines = ", ".join(f"{count:,} {name}" for name, count in s["engines"].items())
    lines = [
        str(s["name"]),
        f"  {counted(s['events'], 'event')} of {s['market']}",
        f"  {instant(s['start_us'])} to {instant(s['end_us'])} UTC",
        f"  {counted(s['done'] + s['failed'], 'set')}: {s['done']:,} done, {s['failed']:,} failed, "
        f"{s['known']:,} of them known before",
    ]
    if s["repeated"]:
        lines.append(f"  {counted(s['repeated'], 'trial')} chose a set that had been tried")
    if engines:
        lines.append(f"  by engine: {engines}")
    lines += [f"  {count:,} failed: {reason}" for reason, count in s["failures"][:MOST_REASONS]]
    return "\n".join([*lines, *(f"  note: {note}" for note in s["notes"])])


def _best(s: Mapping[str, Any]) -> str:
    """The best sets as a table."""
    if not s["best"]:
        return f"best\n  none: {s['no_best']}"
    names = [parameter["name"] for parameter in s["parameters"]]
    head = [*names, *(title for _, title in COLUMNS)]
    rows = [
        [*(row["values"][name] for name in names), *(_number(row[column]) for column, _ in COLUMNS)]
        for row in s["best"]
    ]
    widths = [max(len(line[place]) for line in (head, *rows)) for place in range(len(head))]
    lines = ["  " + "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in rows]
    top = "  " + "  ".join(cell.rjust(width) for cell, width in zip(head, widths, strict=True))
    again = f"  the first again: fsm run … {s['best'][0]['set']}"
    return "\n".join([f"best by {s['objectives'][0]}", top, *lines, again])


def chance_text(s: Mapping[str, Any]) -> str:
    """That the best of many is better than it will be."""
    if s["done"] < 2 or not s["best"]:
        return ""
    nothing, chance = no_gain(s), s["chance"]
    lines = [nothing or f"The best of {s['done']:,} sets looks better than it is: part of what it won by was luck."]
    if chance is not None and (not nothing or is_of_use(chance)):
        lines.append(
            f"Were all of them worthless, the best Sharpe ratio of {chance['tried']:,} would be about "
            f"{chance['expected']:.2f}; here it is {chance['best']:.2f}."
        )
        if chance["probability"] is not None:
            lines.append(f"That it is truly above that: {chance['probability']:.0%} (deflated Sharpe ratio).")
    return "\n".join(lines)


def _number(value: float | None) -> str:
    """An amount with two decimals, a count as it is."""
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
