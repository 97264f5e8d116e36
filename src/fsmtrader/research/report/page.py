"""The page: template, style and script of the package, filled with one run."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from html import escape
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

from fsmtrader.diagnostics import RunError
from fsmtrader.research.moments import instant
from fsmtrader.research.report import tables
from fsmtrader.research.report.figure import figure
from fsmtrader.research.report.maker_tables import maker_part
from fsmtrader.research.report.source import RunFiles, read_run
from fsmtrader.research.writing import writing

NAME = "report.html"


def write_report(folder: Path) -> Path:
    """Write report.html into the folder of a run; gives its path.

    RunError when plotly is not installed or the file cannot be written: there is none then that is cut off.
    """
    return write_page(folder, lambda plotly: page(read_run(folder), plotly))


def write_page(folder: Path, page_of: Callable[[str], str]) -> Path:
    """Write report.html into a folder; `page_of` makes its text, given plotly's script. RunError as above."""
    try:
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise RunError("the report needs plotly: pip install 'fsmtrader[report]'") from error
    path = folder / NAME
    text = page_of(get_plotlyjs())
    with writing(path) as unfinished:
        unfinished.write_text(text, "utf-8")
    return path


def framed(
    package: str, summary: Mapping[str, Any], figure_of: dict[str, Any], plotly: str, *, title: str, heading: str,
    period: str, footer: str, style: str = "", **parts: str,
) -> str:  # fmt: skip
    """A page in the frame that all reports have: `page.html` and `page.js` of a package, with its `parts`."""
    return Template(_file(__package__, "frame.html")).substitute(
        title=escape(title),
        heading=escape(heading),
        market=escape(summary["market"]),
        period=f"{instant(summary['start_us'])} to {instant(summary['end_us'])} UTC, {period}",
        style=_file(__package__, "style.css") + style,
        body=Template(_file(package, "page.html")).substitute(parts),
        script=_file(__package__, "frame.js") + _file(package, "page.js"),
        plotly=plotly,
        figure=as_json(figure_of),
        footer=escape(footer),
    )


def page(run: RunFiles, plotly: str) -> str:
    """The whole text of the page."""
    s = run.summary
    return framed(
        __package__,
        s,
        figure(run),
        plotly,
        title=f"{s['name']}: {s['market']}",
        heading=s["name"],
        period=_events(s["events"]),
        footer=(
            f"fsmtrader {s.get('version', '')} · spec {s.get('spec_digest', '')} · journal {s.get('journal_hash', '')}"
        ),
        verdict=tables.verdict(run),
        tiles=tables.tiles(run),
        maker=maker_part(run),
        stays=tables.stays(run),
        parts=tables.parts(run),
        promises=tables.promises(run),
        transitions=tables.transitions(run),
        legs=tables.legs(run),
        actions=tables.actions(run),
        orders=tables.orders(run),
        parameters=tables.parameters(run),
        notes=tables.notes(run),
    )


def _events(count: int) -> str:
    return "1 event" if count == 1 else f"{count:,} events"


def _file(package: str, name: str) -> str:
    return resources.files(package).joinpath(name).read_text("utf-8")


def as_json(value: dict[str, Any]) -> str:
    """JSON that may stand in a script element; arrays of numbers as plotly reads them, base64 of doubles."""
    return json.dumps(value, default=_coded, allow_nan=False).replace("<", "\\u003c")


def _coded(value: Any) -> dict[str, str]:
    import numpy as np

    coded = base64.b64encode(np.ascontiguousarray(value, dtype="<f8").tobytes()).decode("ascii")
    return {"dtype": "f8", "bdata": coded}
