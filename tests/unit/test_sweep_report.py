"""The report of a sweep says what its files say, and opens without anything else."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.unit.sweeps import SPEC, InProcess, plan, task

from fsmtrader.research.sweep import crew
from fsmtrader.research.sweep.keeping import sweep_into
from fsmtrader.research.sweep.report import tables, write_sweep_report
from fsmtrader.research.sweep.report.page import page as page_of
from fsmtrader.research.sweep.report.source import SweepFiles, read_sweep

GRID = ("size=1:3:1", "low=79,95", "way=once,twice")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    InProcess.asked = []
    monkeypatch.setattr(crew, "Worker", InProcess)
    sweep_into(tmp_path / "s", plan(task(tmp_path), GRID))
    return tmp_path / "s"


def text_of(page: str) -> str:
    """What a reader sees."""
    found: list[str] = []

    class Reader(HTMLParser):
        hidden = False

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.hidden = tag in ("script", "style")

        def handle_endtag(self, tag: str) -> None:
            self.hidden = False

        def handle_data(self, data: str) -> None:
            if not self.hidden:
                found.append(data)

    Reader().feed(page)
    return " ".join(" ".join(found).split())


def decoded(value: Any) -> Any:
    if isinstance(value, dict) and "bdata" in value:
        return np.frombuffer(base64.b64decode(value["bdata"]), "<f8").tolist()
    if isinstance(value, dict):
        return {key: decoded(entry) for key, entry in value.items()}
    return [decoded(entry) for entry in value] if isinstance(value, list) else value


def figure_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script id="figure" type="application/json">(.*?)</script>', page, flags=re.DOTALL)
    assert found is not None
    figure: dict[str, Any] = decoded(json.loads(found[1]))
    return figure


def test_the_page_says_what_was_tried_and_what_was_best(folder: Path) -> None:
    page = write_sweep_report(folder).read_text("utf-8")
    said = text_of(page)
    assert "12 sets tried" in said and "6 done" in said and "6 failed" in said and "0 taken from the store" in said
    assert "The best sets by profit" in said and "fsm run … --set size=3 --set low=95 --set way=twice" in said
    assert "960.00 profit of the best set" in said  # six coins, 20 each, on eight days
    assert "low is 79, but its min is 80 6" in said
    assert "The best of 6 sets looks better than it is" in said
    assert "size: 1, 2, 3" in said and "every combination" in said
    assert re.findall("(?:src|href)=", page_of(read_sweep(folder), "")) == [] and "default-src 'none'" in page


def test_the_charts_have_every_set_that_was_done(folder: Path) -> None:
    figure = figure_of(write_sweep_report(folder).read_text("utf-8"))
    size, low, way = figure["parameters"]
    assert figure["count"] == 6 and [entry["name"] for entry in figure["parameters"]] == ["size", "low", "way"]
    assert size["cells"] == ["1", "2", "3"] and way["cells"] == ["once", "twice"] and low["cells"] == ["79", "95"]
    profit = next(entry for entry in figure["measures"] if entry["name"] == "profit")
    # the best first: 3 twice, 2 twice, 3 once, 1 twice and 2 once (as good), 1 once
    assert profit["values"] == [960.0, 640.0, 480.0, 320.0, 320.0, 160.0]
    assert size["cell"] == [2.0, 1.0, 2.0, 0.0, 1.0, 0.0] and size["share"] == [1.0, 0.5, 1.0, 0.0, 0.5, 0.0]
    assert way["cell"] == [1.0, 1.0, 0.0, 1.0, 0.0, 0.0] and low["share"] == [1.0] * 6
    assert {entry["name"] for entry in figure["measures"]} >= {"sharpe", "worst_period", "profit_1", "profit_2"}
    assert [curve["name"] for curve in figure["curves"]] == ["1", "2", "3", "4", "5"]
    assert figure["curves"][0]["y"][-1] == 1960.0 and figure["curves"][4]["y"][-1] == 1320.0


def test_values_that_were_drawn_lie_together_in_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    InProcess.asked = []
    monkeypatch.setattr(crew, "Worker", InProcess)
    sweep_into(tmp_path / "s", plan(task(tmp_path), ["size=1:7", "low=90,95"], random=20))
    figure = figure_of(write_sweep_report(tmp_path / "s").read_text("utf-8"))
    size = figure["parameters"][0]
    values = pl.read_parquet(tmp_path / "s" / "results.parquet").sort("profit", descending=True)["p_size"].to_list()
    assert size["share"] == pytest.approx([(value - 1) / 6 for value in values])
    assert size["cell"] == [float(min(int((value - 1) * 2), 11)) for value in values]
    assert size["cells"][0] == "1.25" and size["ticks"] == [[0.0, "1"], [1.0, "7"]]


def test_stability_is_told_by_correlation_and_period(folder: Path) -> None:
    """All sets earn in both halves alike: the order is the same."""
    sweep = read_sweep(folder)
    assert sweep.summary["stability"]["correlations"] == [[pytest.approx(1.0)] * 2] * 2
    assert "+1.00" in tables.correlations(sweep)
    assert "480.00" in tables.parts(sweep) and "2024-01-01 06:00" in tables.parts(sweep)


def changed(sweep: SweepFiles, **values: Any) -> SweepFiles:
    return SweepFiles({**sweep.summary, **values}, sweep.results, sweep.curves)


def test_chance_is_told_plainly(folder: Path) -> None:
    chance = {"tried": 50, "deviation": 0.5, "expected": 1.13, "best": 2.4, "best_key": "k", "probability": 0.61}
    said = tables.luck(changed(read_sweep(folder), chance=chance))
    assert "would still be about 1.13" in said and "2.40, which is more than that" in said and "61%" in said
    assert "no more than that" in tables.luck(changed(read_sweep(folder), chance={**chance, "best": 0.9}))
    assert "too few days" in tables.luck(changed(read_sweep(folder), chance=None))


def test_a_sweep_that_was_cut_short_or_came_to_nothing_says_so(folder: Path, tmp_path: Path) -> None:
    assert tables.verdict(read_sweep(folder)) == ""
    assert "cut short: 12 of 20 sets" in tables.verdict(changed(read_sweep(folder), is_whole=False, asked=20))
    searched = changed(read_sweep(folder), is_whole=False, asked=20, repeated=3)
    assert "cut short: 15 of 20 trials" in tables.verdict(searched)
    sweep_into(tmp_path / "none", plan(task(tmp_path), ["low=70,79"]))
    page = write_sweep_report(tmp_path / "none").read_text("utf-8")
    assert "not one set could be run" in text_of(page) and figure_of(page)["count"] == 0


def test_texts_of_a_spec_are_only_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    InProcess.asked = []
    monkeypatch.setattr(crew, "Worker", InProcess)
    evil = SPEC.replace("{name: dips}", '{name: "<b>x</b><script>alert(1)</script>"}')
    sweep_into(tmp_path / "s", plan(task(tmp_path, evil), ["size=1,2"]))
    page = write_sweep_report(tmp_path / "s").read_text("utf-8")
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs a browser")
def test_a_browser_draws_it(folder: Path, tmp_path: Path) -> None:
    """Every chart is there: the lines of the sets, the cells of the heat map, the curves."""
    page = write_sweep_report(folder)
    command = [
        "chromium",
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--virtual-time-budget=8000",
        "--dump-dom",
    ]
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    dom = subprocess.run(
        [*command, profile, page.as_uri()], capture_output=True, text=True, timeout=120, check=True
    ).stdout
    assert dom.count('class="set"') == 6
    assert "; the best one is framed" in dom and '<path data-index="0"' in dom
    assert dom.count("heatmaplayer") and dom.count('class="trace scatter') == 5
