"""The chart of a market maker: the touch with own quotes and fills, inventory, and the own spread and skew."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from fsmtrader.research.quoting.measures import BP, quoted_spread, skew
from fsmtrader.research.report import palette
from fsmtrader.research.report.closer import LENGTHS, length_for, window
from fsmtrader.research.report.lines import line, panel_layout
from fsmtrader.research.report.marks import MOST_CLOSE, sides
from fsmtrader.research.report.source import RunFiles, milliseconds
from fsmtrader.research.report.thin import held, kept, thinned

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PANELS = (("touch, own quotes and fills", 0.52), ("inventory", 0.16), ("own spread, bp", 0.16), ("skew, bp", 0.16))
TOUCH_POINTS = 20_000
STEPS = 20_000
MOST_LIVES = 12_000
"""own quotes of one side that are drawn; of more every second, third and so on"""
SIDES = (("buy", palette.BUY), ("sell", palette.SELL))


def maker(run: RunFiles, span: list[float]) -> dict[str, Any] | None:
    """The chart as `figure` gives its others; None for a run without working quotes."""
    if run.touch is None or run.quotes is None or not run.summary.get("quoting"):
        return None
    traces: list[dict[str, Any]] = []
    for leg in [entry["leg"] for entry in run.summary["quoting"]["legs"]]:
        market = _market_of(run, leg)
        traces += [*_touch(run.touch, leg, market), *_lives(run, leg, market), *_fills(run, leg, market)]
        traces += [*_inventory(run, leg, market), *_width(run.touch, leg, market)]
    return {
        "data": traces,
        "layout": panel_layout(PANELS, span, 820),
        "panels": [title for title, _ in PANELS],
        "lengths": [value for value in LENGTHS if value < span[1] - span[0]],
        "window": list(window(run, span, length_for(span))),
    }


def _market_of(run: RunFiles, leg: str) -> int:
    return next((i for i, entry in enumerate(run.summary["markets"]) if leg in entry["legs"]), 0)


def _touch(touch: pl.DataFrame, leg: str, market: int) -> list[dict[str, Any]]:
    """Best bid and ask as steps."""
    traces = []
    for name in ("bid", "ask"):
        x, y = thinned(milliseconds(touch), touch[f"{name}_{leg}"].to_numpy(), TOUCH_POINTS)
        look: dict[str, Any] = {"shape": "hv", "width": 1.1, "hovertemplate": f"%{{y:,.7~g}}<extra>{name}</extra>"}
        traces.append(line(x, y, name, palette.PRICE, 0, market=market, ink=True, legendgroup="touch", **look))
    traces[0]["name"] = traces[1]["name"] = "bid and ask"
    return traces


def _lives(run: RunFiles, leg: str, market: int) -> list[dict[str, Any]]:
    """Each own quote as a line from its coming to rest to its end."""
    import polars as pl

    assert run.quotes is not None, "there is no chart without them"
    there = run.quotes.filter((pl.col("leg") == leg) & pl.col("rested_us").is_not_null())
    traces = []
    for side, colour in SIDES:
        part = there.filter(pl.col("side") == side).sort("rested_us")
        whole, name = part.height, f"own {side}"
        if whole > MOST_LIVES:
            part = part.gather_every(-(-whole // MOST_LIVES))
            name = f"{name} ({part.height:,} of {whole:,} are drawn)"
        x, y = life_lines(part, run.summary["end_us"])
        hover = f"%{{y:,.7~g}}<extra>own {side}</extra>"
        traces.append(line(x, y, name, colour, 0, market=market, width=1.8, hovertemplate=hover))
    return traces


def life_lines(quotes: pl.DataFrame, end_us: int) -> tuple[Floats, Floats]:
    """Three points for each quote: begin and end at its price, and a gap. What is still open ends with the run."""
    import numpy as np

    begin = quotes["rested_us"].to_numpy() / 1_000.0
    end = quotes["ended_us"].fill_null(end_us).to_numpy() / 1_000.0
    price = quotes["price"].to_numpy()
    x = np.stack((begin, end, end), axis=1).ravel()
    y = np.stack((price, price, np.full(len(price), np.nan)), axis=1).ravel()
    return x, y


def _fills(run: RunFiles, leg: str, market: int) -> list[dict[str, Any]]:
    """Triangles, full where the strategy was the maker and hollow where it took."""
    traces = []
    for frame, (side, colour), symbol in zip(sides(run), SIDES, ("triangle-up", "triangle-down"), strict=True):
        for is_maker in (True, False):
            part = frame.filter((frame["leg"] == leg) & (frame["maker"] == is_maker))
            if not part.height:
                continue
            part = part.gather_every(-(-part.height // MOST_CLOSE))
            word = "maker" if is_maker else "taker"
            said = "bought" if side == "buy" else "sold"
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "x": milliseconds(part),
                    "y": part["price"].to_numpy(),
                    "name": f"{said} as {word}",
                    "hovertemplate": f"{said} as {word} at %{{y:,.7~g}}<extra></extra>",
                    "marker": {"symbol": symbol if is_maker else f"{symbol}-open", "color": colour, "size": 9.0},
                    "meta": {"panel": 0, "market": market, "colour": colour},
                    "xaxis": "x",
                    "yaxis": "y",
                }
            )
    return traces


def _inventory(run: RunFiles, leg: str, market: int) -> list[dict[str, Any]]:
    """What is held, step by step; a short leg's quantity is shown as it is kept, above zero."""
    x, y = held(run.time, run.column(f"q_{leg}"))
    places = kept(x, y, STEPS)
    name = escape(leg)
    look: dict[str, Any] = {"shape": "hv", "width": 1.5, "hovertemplate": f"%{{y:,.7~g}}<extra>{name}</extra>"}
    return [line(x[places], y[places], f"held of {name}", palette.EXPOSURE, 1, market=market, **look)]


def _width(touch: pl.DataFrame, leg: str, market: int) -> list[dict[str, Any]]:
    """Spread and skew of the best own quotes, against the middle of the book."""
    x = milliseconds(touch)
    bid, ask, own_bid, own_ask = (touch[f"{part}_{leg}"].to_numpy() for part in ("bid", "ask", "own_bid", "own_ask"))
    mid = (bid + ask) / 2.0
    found = (
        ("own spread", quoted_spread(own_bid, own_ask, mid) / BP, palette.CAPTURED, 2),
        ("skew", skew(own_bid, own_ask, mid) / BP, palette.FUNDING, 3),
    )
    traces = []
    for name, values, colour, panel in found:
        look: dict[str, Any] = {"shape": "hv", "width": 1.2, "hovertemplate": f"%{{y:,.3~f}} bp<extra>{name}</extra>"}
        traces.append(line(*thinned(x, values, STEPS), name, colour, panel, market=market, **look))
    return traces
