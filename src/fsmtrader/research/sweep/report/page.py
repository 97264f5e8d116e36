"""The page: parts and script of this folder in the frame that all reports have, filled with one sweep."""

from __future__ import annotations

from html import escape
from importlib import resources
from pathlib import Path

from fsmtrader.research.report.page import framed, write_page
from fsmtrader.research.sweep.report import tables
from fsmtrader.research.sweep.report.figure import MOST_SETS, figure
from fsmtrader.research.sweep.report.source import SweepFiles, read_sweep


def write_sweep_report(folder: Path) -> Path:
    """Write report.html into the folder of a sweep; gives its path. RunError as for the report of a run."""
    return write_page(folder, lambda plotly: page(read_sweep(folder), plotly))


def page(sweep: SweepFiles, plotly: str) -> str:
    """The whole text of the page."""
    s = sweep.summary
    left_out = max(s["done"] - MOST_SETS, 0)
    return framed(
        __package__,
        s,
        figure(sweep),
        plotly,
        title=f"sweep of {s['name']}",
        heading=f"{s['name']}: sweep",
        period=f"{s['events']:,} events",
        style=resources.files(__package__).joinpath("style.css").read_text("utf-8"),
        footer=f"fsmtrader {s['version']} · spec {s['spec_digest']} · data {s['data_digest']}",
        verdict=tables.verdict(sweep),
        tiles=tables.tiles(sweep),
        luck=tables.luck(sweep),
        best=tables.best(sweep),
        again=tables.again(sweep),
        objective=escape(s["objectives"][0].replace("_", " ")),
        left_out=f" Of all sets, the {MOST_SETS:,} best are drawn." if left_out else "",
        parts=tables.parts(sweep),
        correlations=tables.correlations(sweep),
        failures=tables.failures(sweep),
        how=tables.how(sweep),
    )
