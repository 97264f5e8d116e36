"""The charts: price with trades, states and bands; profit and its parts; exposure; drawdown. One axis of time."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from fsmtrader.research.report import palette
from fsmtrader.research.report.closer import closer
from fsmtrader.research.report.lines import PANELS, line, panel_layout
from fsmtrader.research.report.maker import maker
from fsmtrader.research.report.marks import Stretch, colours, regions, stretches, trade_traces
from fsmtrader.research.report.source import RunFiles
from fsmtrader.research.report.thin import held, kept, outline, thinned

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PRICE_POINTS = 20_000
"""of a price: it is looked at closely"""
BAND_STEPS = 5_000


def figure(run: RunFiles) -> dict[str, Any]:
    """All that the page's script draws, as plain values and arrays.

    `data` and `layout` are plotly's. A trace's `meta` says its panel, and its market if it is about one (-1: all).
    `states` has the stretches of each region, which the script paints in the colours of the page's theme.
    """
    price = [*_prices(run), *_bands(run)]
    overview = [*price, *trade_traces(run), *_profit(run), *_exposure(run), *_drawdown(run)]
    span = [run.summary["start_us"] / 1_000.0, run.summary["end_us"] / 1_000.0]
    return {
        "data": overview,
        "layout": panel_layout(PANELS, span, 960),
        "panels": [title for title, _ in PANELS],
        "span": span,
        "market": _busiest(run),
        "markets": [entry["name"] for entry in run.summary["markets"]],
        "states": [_painted(region, stretches(run, region), colours(run, region)) for region in regions(run)],
        "closer": closer(run, list(range(len(price))), span),
        "maker": maker(run, span),
    }


def _busiest(run: RunFiles) -> int:
    """The market that is shown first: the one with the most fills."""
    legs = run.fills["leg"]
    counts = [int(legs.is_in(entry["legs"]).sum()) for entry in run.summary["markets"]]
    return counts.index(max(counts)) if counts else 0


def _painted(region: str, found: list[Stretch], colour: dict[str, str]) -> dict[str, Any]:
    """Stretches as three arrays; a state is its place among the names."""
    import numpy as np

    names = list(colour)
    return {
        "region": region,
        "names": names,
        "colours": list(colour.values()),
        "begin": np.array([begin for begin, _, _ in found], dtype=np.float64),
        "end": np.array([end for _, end, _ in found], dtype=np.float64),
        "state": np.array([names.index(state) for _, _, state in found], dtype=np.float64),
    }


# -- price -----------------------------------------------------------------------------------------------------------


def _prices(run: RunFiles) -> list[dict[str, Any]]:
    traces = []
    for market, entry in enumerate(run.summary["markets"]):
        x, y = thinned(run.time, run.column(entry["column"]), PRICE_POINTS)
        hover = "%{y:,.7~g}<extra>price</extra>"
        traces.append(line(x, y, "price", palette.PRICE, 0, market=market, ink=True, hovertemplate=hover))
    return traces


def _bands(run: RunFiles) -> list[dict[str, Any]]:
    """Each reference price and the band around it, in the states in which guards look at it."""
    traces: list[dict[str, Any]] = []
    for index, band in enumerate(run.summary.get("bands", [])):
        x, centre, width = held(run.time, run.column(f"band_{index}_centre"), run.column(f"band_{index}_width"))
        places = kept(x, centre, BAND_STEPS)
        x, centre, width = x[places], centre[places], width[places]
        if len(x) == 0:
            continue
        name = escape(band["name"])
        about: dict[str, Any] = {"market": _market_of(run, band.get("leg", "")), "legendgroup": f"b{index}"}
        fill: dict[str, Any] = {
            "fill": "toself",
            "fillcolor": palette.translucent(palette.REFERENCE, 0.16),
            "hoverinfo": "skip",
        }
        edge = palette.translucent(palette.REFERENCE, 0.5)
        around = outline(x, centre - width, centre + width)
        traces.append(line(around[0], around[1], f"band of {name}", edge, 0, width=0.7, **fill, **about))
        hover = f"%{{y:,.7~g}}<extra>{name}</extra>"
        look: dict[str, Any] = {"width": 1.3, "shape": "hv", "dash": "dot", "hovertemplate": hover}
        traces.append(line(x, centre, name, palette.REFERENCE, 0, **look, **about))
    return traces


def _market_of(run: RunFiles, leg: str) -> int:
    return next((i for i, entry in enumerate(run.summary["markets"]) if leg in entry["legs"]), 0)


# -- money -----------------------------------------------------------------------------------------------------------


def _profit(run: RunFiles) -> list[dict[str, Any]]:
    """Equity's change and what it is made of: captured volatility, fees, funding, the cost of leaving (R000-57)."""
    equity = run.column("equity")
    first = next((value for value in equity.tolist() if value == value), 0.0)
    parts = (
        ("captured volatility", run.column("captured"), palette.CAPTURED, 1.2),
        ("fees and slippage", -run.column("friction"), palette.FEES, 1.2),
        ("funding", run.column("funding"), palette.FUNDING, 1.2),
        ("cost of leaving", -run.column("exit_cost"), palette.EXIT_COST, 1.2),
        ("profit", equity - first, palette.EQUITY, 2.0),
    )
    hover = "%{y:,.2f}<extra>%{fullData.name}</extra>"
    return [
        line(*thinned(run.time, y), name, colour, 1, width=width, hovertemplate=hover)
        for name, y, colour, width in parts
    ]


def _exposure(run: RunFiles) -> list[dict[str, Any]]:
    x, y = thinned(run.time, run.column("exposure"))
    fill = {"fill": "tozeroy", "fillcolor": palette.translucent(palette.EXPOSURE, 0.14)}
    hover = "%{y:,.0f}<extra>net exposure</extra>"
    traces = [line(x, y, "net exposure", palette.EXPOSURE, 2, hovertemplate=hover, **fill)]
    for limit in run.summary.get("limits", []):
        if limit["value"] is None or run.equity.height == 0:
            continue
        ends, name = run.time[[0, -1]], escape(limit["name"])
        look = {"dash": "dash", "width": 1.3, "hovertemplate": f"%{{y:,.0f}}<extra>limit of {name}</extra>"}
        traces.append(line(ends, ends * 0.0 + float(limit["value"]), f"limit of {name}", palette.LIMIT, 2, **look))
    return traces


def _drawdown(run: RunFiles) -> list[dict[str, Any]]:
    x, y = thinned(run.time, -run.column("drawdown"))
    fill = {"fill": "tozeroy", "fillcolor": palette.translucent(palette.DRAWDOWN, 0.18)}
    hover = "%{y:,.2f}<extra>below the peak</extra>"
    return [line(x, y, "drawdown", palette.DRAWDOWN, 3, hovertemplate=hover, **fill)]
