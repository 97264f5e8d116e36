"""The charts: price with trades, states and bands; profit and its parts; exposure; drawdown. One axis of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fsmtrader.research.report import palette
from fsmtrader.research.report.marks import state_legend, state_shapes, trade_traces
from fsmtrader.research.report.source import RunFiles
from fsmtrader.research.report.thin import steps, thinned

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PANELS = (("price", 0.40), ("profit and its parts", 0.24), ("net exposure", 0.18), ("drawdown", 0.18))
GAP = 0.035
INK = "ink"
"""`meta` of traces that take the page's own text colour"""


def figure(run: RunFiles) -> dict[str, Any]:
    """The whole figure as plotly reads it: `data` and `layout`, plain values and arrays."""
    data = [
        *state_legend(run),
        *_price(run),
        *_bands(run),
        *trade_traces(run),
        *_profit(run),
        *_exposure(run),
        *_drawdown(run),
    ]
    return {"data": data, "layout": _layout(run)}


def _line(x: Floats, y: Floats, name: str, colour: str, axis: int, **more: Any) -> dict[str, Any]:
    line = {"color": colour, "width": more.pop("width", 1.4), "shape": more.pop("shape", "linear")}
    if "dash" in more:
        line["dash"] = more.pop("dash")
    return {
        "type": "scattergl" if len(x) > 5_000 else "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "name": name,
        "line": line,
        "xaxis": "x",
        "yaxis": f"y{axis if axis > 1 else ''}",
        "connectgaps": False,
        **more,
    }


# -- price -----------------------------------------------------------------------------------------------------------


def _price(run: RunFiles) -> list[dict[str, Any]]:
    x, y = thinned(run.time, run.column("price"))
    return [_line(x, y, "price", palette.PRICE, 1, meta=INK, hovertemplate="%{y:,.6g}<extra>price</extra>")]


def _bands(run: RunFiles) -> list[dict[str, Any]]:
    """Each reference price and the band around it, in the states that it is looked at in."""
    traces: list[dict[str, Any]] = []
    for index, band in enumerate(run.summary.get("bands", [])):
        centre, width = run.column(f"band_{index}_centre"), run.column(f"band_{index}_width")
        name, group = band["name"], f"band{index}"
        fill = palette.translucent(palette.REFERENCE, 0.10)
        edge: dict[str, Any] = {"width": 0.6, "shape": "hv", "legendgroup": group}
        edge |= {"showlegend": False, "hoverinfo": "skip"}
        low, high = steps(run.time, centre - width), steps(run.time, centre + width)
        traces.append(_line(*high, f"{name} + band", palette.translucent(palette.REFERENCE, 0.55), 1, **edge))
        lower = _line(*low, f"{name} - band", palette.translucent(palette.REFERENCE, 0.55), 1, **edge)
        traces.append({**lower, "fill": "tonexty" if _is_whole(centre) else "none", "fillcolor": fill})
        middle: dict[str, Any] = {"width": 1.2, "shape": "hv", "dash": "dot", "legendgroup": group}
        hover = f"%{{y:,.6g}}<extra>{name}</extra>"
        traces.append(_line(*steps(run.time, centre), name, palette.REFERENCE, 1, hovertemplate=hover, **middle))
    return traces


def _is_whole(y: Floats) -> bool:
    """Whether a band has no gap: only then can the space between its edges be filled."""
    import numpy as np

    return not bool(np.isnan(y).any())


# -- money -----------------------------------------------------------------------------------------------------------


def _profit(run: RunFiles) -> list[dict[str, Any]]:
    """Equity's change and what it is made of: captured volatility, fees, funding, the cost of leaving (R000-57)."""
    equity = run.column("equity")
    first = next((value for value in equity.tolist() if value == value), 0.0)
    parts = (
        ("captured", run.column("captured"), palette.CAPTURED, 1.2),
        ("fees and slippage", -run.column("friction"), palette.FEES, 1.2),
        ("funding", run.column("funding"), palette.FUNDING, 1.2),
        ("cost of leaving", -run.column("exit_cost"), palette.EXIT_COST, 1.2),
        ("profit", equity - first, palette.EQUITY, 2.2),
    )
    hover = "%{y:,.2f}<extra>%{fullData.name}</extra>"
    return [
        _line(*thinned(run.time, y), name, colour, 2, width=width, hovertemplate=hover)
        for name, y, colour, width in parts
    ]


def _exposure(run: RunFiles) -> list[dict[str, Any]]:
    x, y = thinned(run.time, run.column("exposure"))
    hover = "%{y:,.0f}<extra>net exposure</extra>"
    fill = palette.translucent(palette.EXPOSURE, 0.12)
    traces = [_line(x, y, "net exposure", palette.EXPOSURE, 3, fill="tozeroy", fillcolor=fill, hovertemplate=hover)]
    for limit in run.summary.get("limits", []):
        ends = run.time[[0, -1]] if run.equity.height else run.time
        level = ends * 0.0 + float(limit["value"])
        text = f"{limit['name']} limit {limit['value']:,.0f}<extra></extra>"
        more = {"dash": "dash", "hovertemplate": text, "width": 1.3}
        traces.append(_line(ends, level, f"limit of {limit['name']}", palette.LIMIT, 3, **more))
    return traces


def _drawdown(run: RunFiles) -> list[dict[str, Any]]:
    x, y = thinned(run.time, -run.column("drawdown"))
    fill = palette.translucent(palette.DRAWDOWN, 0.18)
    hover = "%{y:,.2f}<extra>below the peak</extra>"
    return [_line(x, y, "drawdown", palette.DRAWDOWN, 4, fill="tozeroy", fillcolor=fill, hovertemplate=hover)]


# -- layout ----------------------------------------------------------------------------------------------------------


def _layout(run: RunFiles) -> dict[str, Any]:
    layout: dict[str, Any] = {
        "height": 980,
        "margin": {"l": 72, "r": 36, "t": 34, "b": 40},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "x",
        "dragmode": "zoom",
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "font": {"size": 11}, "entrywidth": 0},
        "xaxis": _time_axis(run),
        "modebar": {"orientation": "v", "bgcolor": "rgba(0,0,0,0)"},
        "shapes": state_shapes(run, _domain(0)),
        "annotations": [_title(i) for i in range(len(PANELS))],
    }
    for index in range(len(PANELS)):
        axis = {"domain": list(_domain(index)), "zeroline": index > 0, "automargin": False, "tickformat": ",.6~g"}
        layout[f"yaxis{index + 1 if index else ''}"] = axis
    return layout


def _time_axis(run: RunFiles) -> dict[str, Any]:
    axis = {"type": "date", "anchor": "y4", "showspikes": True, "spikemode": "across", "spikethickness": 1}
    ends = [run.summary["start_us"] / 1_000.0, run.summary["end_us"] / 1_000.0]
    return {**axis, "range": ends} if ends[1] > ends[0] else axis


def _domain(index: int) -> tuple[float, float]:
    """Where a panel stands, from the bottom, as shares of the height; the first panel is on top."""
    usable = 1.0 - GAP * (len(PANELS) - 1)
    top = 1.0 - sum(share * usable + GAP for _, share in PANELS[:index])
    return max(top - PANELS[index][1] * usable, 0.0), top


def _title(index: int) -> dict[str, Any]:
    top = _domain(index)[1]
    return {
        "text": f"<b>{PANELS[index][0]}</b>",
        "x": 0.004,
        "y": top - 0.003,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "top",
        "showarrow": False,
        "font": {"size": 12},
    }
