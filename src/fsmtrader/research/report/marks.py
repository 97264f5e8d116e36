"""Marks on the price: how long each state lasted, and triangles for the trades."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from fsmtrader.research.report import palette
from fsmtrader.research.report.source import RunFiles, milliseconds

if TYPE_CHECKING:
    import polars as pl

Stretch = tuple[float, float, str]

MOST_STRETCHES = 10_000
MOST_TRADES = 1_500
"""triangles of one side; of more than these counts in `TRADE_BINS` stretches of time are drawn"""
TRADE_BINS = 150
MOST_CLOSE = 12_000
"""triangles of one side and market in the closer look"""
SIZES = ((120, 9.0), (500, 7.0), (MOST_TRADES, 5.0))
OUTLINE = {"width": 0.7, "color": "rgba(255,255,255,0.75)"}


# -- states ----------------------------------------------------------------------------------------------------------


def regions(run: RunFiles) -> list[str]:
    """The regions of the spec in their order."""
    return list(dict.fromkeys(str(entry["region"]) for entry in run.summary["states"]))


def colours(run: RunFiles, region: str) -> dict[str, str]:
    """A colour for each state of a region, in order of declaration: the same one whatever a run has visited."""
    entries = [entry for entry in run.summary["states"] if entry["region"] == region]
    found: dict[str, str] = {}
    used = {True: 0, False: 0}
    for entry in entries:
        shades = palette.FINALS if entry["final"] else palette.STATES
        found[entry["state"]] = shades[used[entry["final"]] % len(shades)]
        used[entry["final"]] += 1
    return found


def stretches(run: RunFiles, region: str, most: int = MOST_STRETCHES) -> list[Stretch]:
    """(from, to, state) in milliseconds; of more than `most`, parts of the time in the state that fills most of it."""
    summary = run.summary
    if summary["started_us"] is None:
        return []
    end, start = summary["end_us"] / 1_000.0, summary["started_us"] / 1_000.0
    frame = run.transitions.filter(run.transitions["region"] == region)
    times, targets, sources = milliseconds(frame).tolist(), frame["target"].to_list(), frame["source"].to_list()
    stays = [stay["state"] for stay in summary["stays"] if stay["region"] == region]
    first = sources[0] if sources else next(iter(stays), "")
    found = zip([start, *times], [*times, end], [first, *targets], strict=True)
    joined = _joined([(begin, until, state) for begin, until, state in found if state])
    return joined if len(joined) <= most else _joined(_dominant(joined, most))


def _joined(found: list[Stretch]) -> list[Stretch]:
    """Neighbours in one state are one stretch; those without length are none."""
    joined: list[Stretch] = []
    for begin, end, state in found:
        if joined and joined[-1][2] == state:
            joined[-1] = (joined[-1][0], end, state)
        elif end > begin:
            joined.append((begin, end, state))
    return joined


def _dominant(found: list[Stretch], cells: int) -> list[Stretch]:
    """Time in `cells` equal parts, each in the state that it was in for longest."""
    start, end = found[0][0], found[-1][1]
    width = (end - start) / cells
    time: list[dict[str, float]] = [{} for _ in range(cells)]
    for begin, until, state in found:
        first = min(int((begin - start) / width), cells - 1)
        last = min(int((until - start) / width), cells - 1)
        for cell in range(first, last + 1):
            left = start + cell * width
            share = min(until, left + width) - max(begin, left)
            time[cell][state] = time[cell].get(state, 0.0) + share
    return [
        (start + cell * width, start + (cell + 1) * width, max(shares, key=lambda state: shares[state]))
        for cell, shares in enumerate(time)
        if shares
    ]


# -- trades ----------------------------------------------------------------------------------------------------------


def sides(run: RunFiles) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The fills that bought and those that sold; closing a short leg is buying."""
    fills = run.fills.drop_nulls(["change", "price"])
    is_buy = (fills["change"] > 0) != fills["leg"].is_in(run.summary.get("short_legs", []))
    return fills.filter(is_buy), fills.filter(~is_buy)


def trade_traces(run: RunFiles, close: bool = False) -> list[dict[str, Any]]:
    """Triangles at the fills, up where the strategy bought and down where it sold, for each market.

    With `close` each trade is drawn alone, however many there are (up to `MOST_CLOSE`).
    """
    looks = (("bought", "triangle-up", palette.BUY), ("sold", "triangle-down", palette.SELL))
    traces = []
    for market, entry in enumerate(run.summary["markets"]):
        for side, (name, symbol, colour) in zip(sides(run), looks, strict=True):
            part = side.filter(side["leg"].is_in(entry["legs"]))
            if part.height:
                drawn = _each(part, name, close) if close or part.height <= MOST_TRADES else _counted(part, name)
                look = {"symbol": symbol, "color": colour, **drawn.pop("marker")}
                axes = {"xaxis": "x", "yaxis": "y", "meta": {"panel": 0, "market": market, "colour": colour}}
                traces.append({"type": "scatter", "mode": "markers", **axes, **drawn, "marker": look})
    return traces


def _each(frame: pl.DataFrame, name: str, close: bool) -> dict[str, Any]:
    """A triangle for each fill."""
    shown, whole = name, frame.height
    if whole > MOST_CLOSE:
        frame = frame.gather_every(-(-whole // MOST_CLOSE))
        shown = f"{name} ({frame.height:,} of {whole:,} are drawn)"
    size = 9.0 if close else next((size for most, size in SIZES if frame.height <= most), 4.0)
    is_short = frame.height > MOST_TRADES
    return {
        "x": milliseconds(frame),
        "y": frame["price"].to_numpy(),
        "name": shown,
        "text": frame["leg"].to_list() if is_short else [_said(row) for row in frame.iter_rows(named=True)],
        "hovertemplate": "%{text} at %{y:,.7~g}<extra></extra>" if is_short else "%{text}<extra></extra>",
        "marker": {"size": size, "line": OUTLINE if size > SIZES[-1][1] else {"width": 0}},
    }


def _said(row: dict[str, Any]) -> str:
    what = row["action"] or row["kind"]
    return f"{escape(row['leg'])} {row['change']:+.6g} at {row['price']:,.7g} <i>{escape(what)}</i>"


def _counted(frame: pl.DataFrame, name: str) -> dict[str, Any]:
    """A triangle for each stretch of time in which there were fills, the larger the more there were."""
    import polars as pl

    first, last = frame["time_us"].min(), frame["time_us"].max()
    assert isinstance(first, int) and isinstance(last, int)
    width = max(1, -(-(last - first + 1) // TRADE_BINS))
    bins = (
        frame.group_by(((pl.col("time_us") - first) // width).alias("bin"))
        .agg(pl.col("time_us").mean().cast(pl.Int64), pl.col("price").mean(), pl.len().alias("count"))
        .sort("bin")
    )
    counts = bins["count"].to_list()
    most = max(counts)
    return {
        "x": milliseconds(bins),
        "y": bins["price"].to_numpy(),
        "name": f"{name} ({frame.height:,}, counted)",
        "text": [f"{name} {count:,} {'time' if count == 1 else 'times'}" for count in counts],
        "hovertemplate": "%{text}, at %{y:,.7~g} on average<extra></extra>",
        "marker": {"size": [round(4.0 + 8.0 * (count / most) ** 0.5, 1) for count in counts], "line": {"width": 0}},
    }
