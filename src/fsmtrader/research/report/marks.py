"""Marks on the price: coloured bands for the states, triangles for the trades."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fsmtrader.research.report import palette
from fsmtrader.research.report.source import RunFiles, milliseconds

if TYPE_CHECKING:
    import polars as pl

MOST_BANDS = 1_500
MOST_TRADES = 4_000


def colours(run: RunFiles) -> dict[str, str]:
    """A colour for each state of the main region, in order of its declaration."""
    names = [stay["state"] for stay in run.summary["stays"] if stay["region"] == main_region(run)]
    return {name: palette.STATES[i % len(palette.STATES)] for i, name in enumerate(names)}


def main_region(run: RunFiles) -> str:
    """The region whose states are drawn: the first one that was in any."""
    return next((str(stay["region"]) for stay in run.summary["stays"]), "")


def stretches(run: RunFiles) -> list[tuple[float, float, str]]:
    """(from, to, state) in milliseconds; stretches too short to be seen are merged into their neighbour."""
    end = run.summary["end_us"] / 1_000.0
    start = (run.summary["started_us"] or run.summary["start_us"]) / 1_000.0
    frame = run.transitions
    if "region" in frame.columns:
        frame = frame.filter(frame["region"] == main_region(run))
    times = milliseconds(frame).tolist()
    targets = frame["target"].to_list()
    sources = frame["source"].to_list()
    first = sources[0] if sources else next((s["state"] for s in run.summary["stays"]), "")
    found = list(zip([start, *times], [*times, end], [first, *targets], strict=True))
    return _merged(found, (end - start) / MOST_BANDS)


def _merged(found: list[tuple[float, float, str]], least: float) -> list[tuple[float, float, str]]:
    merged: list[tuple[float, float, str]] = []
    for begin, end, state in found:
        if merged and (merged[-1][2] == state or end - begin < least):
            merged[-1] = (merged[-1][0], end, merged[-1][2])
        elif end > begin:
            merged.append((begin, end, state))
    return merged


def state_shapes(run: RunFiles, domain: tuple[float, float]) -> list[dict[str, Any]]:
    """All bands at once: one update of the layout, however many there are."""
    colour = colours(run)
    return [
        {
            "type": "rect",
            "xref": "x",
            "yref": "paper",
            "x0": begin,
            "x1": end,
            "y0": domain[0],
            "y1": domain[1],
            "line": {"width": 0},
            "layer": "below",
            "fillcolor": palette.translucent(colour.get(state, palette.PRICE), palette.BAND_OPACITY),
        }
        for begin, end, state in stretches(run)
    ]


def state_legend(run: RunFiles) -> list[dict[str, Any]]:
    """A square in the legend for each state that was visited."""
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [None],
            "y": [None],
            "name": name,
            "marker": {"symbol": "square", "size": 11, "color": palette.translucent(colour, 0.45)},
            "hoverinfo": "skip",
        }
        for name, colour in colours(run).items()
    ]


def trade_traces(run: RunFiles) -> list[dict[str, Any]]:
    """Triangles at the fills: up where the strategy bought, down where it sold."""
    if run.fills.height == 0:
        return []
    frame = run.fills
    more = {"leg": frame["leg"].to_list()}
    shorts = set(run.summary.get("short_legs", []))
    buys = [(change > 0) != (leg in shorts) for change, leg in zip(frame["change"].to_list(), more["leg"], strict=True)]
    traces = []
    for is_buy, name, symbol, colour in (
        (True, "bought", "triangle-up", palette.BUY),
        (False, "sold", "triangle-down", palette.SELL),
    ):
        part = frame.filter([buy is is_buy for buy in buys])
        if part.height:
            traces.append(_triangles(part, name, symbol, colour))
    return traces


def _triangles(frame: pl.DataFrame, name: str, symbol: str, colour: str) -> dict[str, Any]:
    shown = name
    if frame.height > MOST_TRADES:
        shown = f"{name} ({MOST_TRADES:,} of {frame.height:,} shown)"
        frame = frame.gather_every(frame.height // MOST_TRADES + 1)
    actions = frame["action"].to_list() if "action" in frame.columns else [""] * frame.height
    text = [
        f"{leg} {change:+.6g} at {price:,.6g}<br>{action or ''}"
        for leg, change, price, action in zip(
            frame["leg"].to_list(), frame["change"].to_list(), frame["price"].to_list(), actions, strict=True
        )
    ]
    return {
        "type": "scattergl" if frame.height > 1_000 else "scatter",
        "mode": "markers",
        "x": milliseconds(frame),
        "y": frame["price"].to_numpy(),
        "name": shown,
        "text": text,
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "symbol": symbol,
            "size": 9 if frame.height < 200 else 6,
            "color": colour,
            "line": {"width": 0.6, "color": "rgba(255,255,255,0.7)"},
        },
        "xaxis": "x",
        "yaxis": "y",
    }
