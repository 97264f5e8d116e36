"""The page: template, style and script of the package, filled with one run."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from html import escape
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

from fsmtrader.diagnostics import RunError
from fsmtrader.research.moments import instant
from fsmtrader.research.report import tables
from fsmtrader.research.report.figure import figure
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


def page(run: RunFiles, plotly: str) -> str:
    """The whole text of the page."""
    s = run.summary
    return Template(_file("page.html")).substitute(
        title=escape(f"{s['name']}: {s['market']}"),
        name=escape(s["name"]),
        market=escape(s["market"]),
        period=f"{instant(s['start_us'])} to {instant(s['end_us'])} UTC, {_events(s['events'])}",
        style=_file("style.css"),
        script=_file("page.js"),
        plotly=plotly,
        figure=as_json(figure(run)),
        verdict=tables.verdict(run),
        tiles=tables.tiles(run),
        stays=tables.stays(run),
        parts=tables.parts(run),
        promises=tables.promises(run),
        transitions=tables.transitions(run),
        legs=tables.legs(run),
        actions=tables.actions(run),
        orders=tables.orders(run),
        parameters=tables.parameters(run),
        notes=tables.notes(run),
        footer=escape(
            f"fsmtrader {s.get('version', '')} · spec {s.get('spec_digest', '')} · journal {s.get('journal_hash', '')}"
        ),
    )


def _events(count: int) -> str:
    return "1 event" if count == 1 else f"{count:,} events"


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def as_json(value: dict[str, Any]) -> str:
    """JSON that may stand in a script element; arrays of numbers as plotly reads them, base64 of doubles."""
    return json.dumps(value, default=_coded, allow_nan=False).replace("<", "\\u003c")


def _coded(value: Any) -> dict[str, str]:
    import numpy as np

    coded = base64.b64encode(np.ascontiguousarray(value, dtype="<f8").tobytes()).decode("ascii")
    return {"dtype": "f8", "bdata": coded}
