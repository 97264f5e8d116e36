"""What every chart of the report is made of: lines, and panels above each other on one axis of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PANELS = (("price", 0.40), ("profit and its parts", 0.24), ("net exposure", 0.18), ("drawdown", 0.18))
"""of the overview, from the top, with their shares of the height"""
GAP_PX = 34
"""between panels: a title stands in it"""
MARGIN_PX = {"l": 66, "r": 18, "t": 26, "b": 36}


def line(x: Floats, y: Floats, name: str, colour: str, panel: int, **more: Any) -> dict[str, Any]:
    """A line in a panel. `market`: the one that it is about; `ink`: it takes a colour of the page's theme."""
    meta = {"panel": panel, "market": more.pop("market", -1), "colour": colour, "ink": more.pop("ink", False)}
    look = {"color": colour, "width": more.pop("width", 1.4), "shape": more.pop("shape", "linear")}
    if "dash" in more:
        look["dash"] = more.pop("dash")
    axes = {"xaxis": "x", "yaxis": axis_name(panel)}
    return {
        "type": "scatter",
        "mode": "lines" if len(x) > 1 else "lines+markers",
        "x": x,
        "y": y,
        "name": name,
        "line": look,
        "meta": meta,
        "connectgaps": False,
        **axes,
        **more,
    }


def axis_name(panel: int) -> str:
    """How plotly calls the axis of a panel."""
    return f"y{panel + 1 if panel else ''}"


def panel_layout(panels: Sequence[tuple[str, float]], span: Sequence[float], height: int) -> dict[str, Any]:
    """Panels from the top with their titles above them; `span` is the time at both ends, in milliseconds."""
    inside = height - MARGIN_PX["t"] - MARGIN_PX["b"]
    domains = _domains([share for _, share in panels], GAP_PX / inside)
    time = {"type": "date", "anchor": axis_name(len(panels) - 1), "showspikes": True, "spikemode": "across"}
    time |= {"spikethickness": 1, "spikesnap": "cursor", "spikedash": "solid"}
    if span[1] > span[0]:
        time["range"] = list(span)
    layout: dict[str, Any] = {
        "height": height,
        "margin": MARGIN_PX,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "x unified",
        "dragmode": "zoom",
        "showlegend": False,
        "xaxis": time,
        "annotations": [_title(title, top) for (title, _), (_, top) in zip(panels, domains, strict=True)],
    }
    for index, domain in enumerate(domains):
        axis = {"domain": list(domain), "zeroline": index > 0, "tickformat": ",.6~g", "nticks": 6}
        layout[f"yaxis{index + 1 if index else ''}"] = axis
    return layout


def _domains(shares: Sequence[float], gap: float) -> list[tuple[float, float]]:
    """(bottom, top) of each panel as shares of the height, from the top."""
    usable, top, found = 1.0 - gap * (len(shares) - 1), 1.0, []
    for share in shares:
        bottom = top - usable * share / sum(shares)
        found.append((max(bottom, 0.0), top))
        top = bottom - gap
    return found


def _title(text: str, top: float) -> dict[str, Any]:
    place = {"x": 0, "y": top, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom"}
    return {"text": f"<b>{text}</b>", "showarrow": False, "font": {"size": 12}, "yshift": 3, **place}
