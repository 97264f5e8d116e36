"""A closer look: a short stretch of the run, in which a band of fees can be told from the price."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from fsmtrader.research.report import palette
from fsmtrader.research.report.lines import line, panel_layout
from fsmtrader.research.report.marks import sides, trade_traces
from fsmtrader.research.report.source import RunFiles, milliseconds
from fsmtrader.research.report.thin import held, kept

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PANELS = (("price", 0.68), ("position of each leg", 0.32))
MINUTE, HOUR, DAY = 60_000.0, 3_600_000.0, 86_400_000.0
LENGTHS = (MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, DAY, 3 * DAY, 7 * DAY, 30 * DAY, 90 * DAY)
"""milliseconds that can be looked at"""
LEAST_PART = 2_000.0
PARTS = 40.0
"""A closer look is about this part of the run"""
ENOUGH = 12
"""fills of each side in a window; more do not make it better"""
QUANTITY_STEPS = 10_000


def closer(run: RunFiles, lines: list[int], span: list[float]) -> dict[str, Any]:
    """The chart of the closer look. `lines` are the traces of the overview's price, which it shows again."""
    length = length_for(span)
    return {
        "data": [*trade_traces(run, close=True), *_quantities(run)],
        "lines": lines,
        "layout": panel_layout(PANELS, span, 520),
        "panels": [title for title, _ in PANELS],
        "lengths": [value for value in LENGTHS if (span[1] - span[0]) / LEAST_PART <= value <= span[1] - span[0]],
        "window": list(window(run, span, length)),
    }


def length_for(span: list[float]) -> float:
    """The length nearest to a fortieth of the run, by its ratio."""
    wanted = max((span[1] - span[0]) / PARTS, 1.0)
    return min(LENGTHS, key=lambda length: max(length / wanted, wanted / length))


def window(run: RunFiles, span: list[float], length: float) -> tuple[float, float]:
    """Where to look first: where trades of both sides are many and the band is widest against what the price does."""
    import numpy as np

    if span[1] - span[0] <= length:
        return span[0], span[1]
    starts = np.arange(span[0], span[1] - length, length / 2.0)
    bought, sold = (
        np.searchsorted(fills, starts + length) - np.searchsorted(fills, starts)
        for fills in (np.sort(milliseconds(part)) for part in sides(run))
    )
    if not (bought + sold).any():
        return _around(milliseconds(run.transitions), span, length)
    both = np.minimum(np.minimum(bought, sold), ENOUGH) + np.minimum(bought + sold, 1) / ENOUGH
    score = both * _legibility(run, starts, length)
    start = float(starts[int(np.argmax(score))])
    return start, start + length


def _around(moments: Floats, span: list[float], length: float) -> tuple[float, float]:
    """The first transition in the middle of it, or the beginning."""
    middle = float(moments[0]) if len(moments) else span[0]
    start = min(max(middle - length / 2.0, span[0]), span[1] - length)
    return start, start + length


def _legibility(run: RunFiles, starts: Floats, length: float) -> Floats:
    """The width of the widest band over the range of the price, in each window; 1 where there is no band at all."""
    import numpy as np

    bands = range(len(run.summary.get("bands", [])))
    time, price = run.time, run.column("price")
    found = np.ones(len(starts))
    if not bands:
        return found
    widths = np.nan_to_num(np.stack([run.column(f"band_{index}_width") for index in bands])).max(axis=0)
    for place, start in enumerate(starts.tolist()):
        first, last = np.searchsorted(time, (start, start + length))
        part = price[first:last][~np.isnan(price[first:last])]
        reach = float(np.ptp(part)) if len(part) else 0.0
        found[place] = float(widths[first:last].mean()) / reach if reach > 0.0 else 0.0
    return found


def _quantities(run: RunFiles) -> list[dict[str, Any]]:
    """What each leg holds, step by step."""
    traces = []
    for index, position in enumerate(run.summary["positions"]):
        x, y = held(run.time, run.column(f"q_{position['leg']}"))
        places = kept(x, y, QUANTITY_STEPS)
        name, colour = escape(position["leg"]), palette.LEGS[index % len(palette.LEGS)]
        hover = f"%{{y:,.7~g}}<extra>{name}</extra>"
        traces.append(line(x[places], y[places], name, colour, 1, shape="hv", width=1.5, hovertemplate=hover))
    return traces
