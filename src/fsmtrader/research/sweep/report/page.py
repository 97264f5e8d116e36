"""The page: template and script of this folder, the style of a run's report, filled with one sweep."""

from __future__ import annotations

from html import escape
from importlib import resources
from pathlib import Path
from string import Template

from fsmtrader.research import report
from fsmtrader.research.moments import instant
from fsmtrader.research.report.page import as_json, write_page
from fsmtrader.research.sweep.report import tables
from fsmtrader.research.sweep.report.figure import MOST_SETS, figure
from fsmtrader.research.sweep.report.source import SweepFiles, read_sweep


def write_sweep_report(folder: Path) -> Path:
    """Write report.html into the folder of a sweep; gives its path. RunError as for the report of a run."""
    return write_page(folder, lambda plotly: page(read_sweep(folder), plotly))


def page(sweep: SweepFiles, plotly: str) -> str:
    """The whole text of the page."""
    s = sweep.summary
    style = resources.files(report).joinpath("style.css").read_text("utf-8")
    left_out = max(s["done"] - MOST_SETS, 0)
    return Template(_file("page.html")).substitute(
        title=escape(f"sweep of {s['name']}"),
        name=escape(s["name"]),
        market=escape(s["market"]),
        period=f"{instant(s['start_us'])} to {instant(s['end_us'])} UTC, {s['events']:,} events",
        style=style + _file("style.css"),
        script=_file("page.js"),
        plotly=plotly,
        figure=as_json(figure(sweep)),
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
        footer=escape(f"fsmtrader {s['version']} · spec {s['spec_digest']} · data {s['data_digest']}"),
    )


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")
