"""The page of a report: it opens without a network, its figure reads back, no text of a spec becomes markup."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fsmtrader.research.report import tables, write_report
from fsmtrader.research.report.cells import lasting, shorter, value
from fsmtrader.research.report.page import page
from fsmtrader.research.report.source import read_run

Folder = Callable[..., Path]
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'${x}$$"


class Seen(HTMLParser):
    """The elements of a page, and the text of its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script":
            self.scripts.append(data)


def figure_of(text: str) -> dict[str, Any]:
    found = re.search(r'<script id="figure" type="application/json">(.*?)</script>', text, flags=re.DOTALL)
    assert found is not None
    figure: dict[str, Any] = json.loads(found.group(1))
    return figure


def test_the_figure_in_the_page_reads_back(made_folder: Folder) -> None:
    figure = figure_of(page(read_run(made_folder({"price": [1.0, 2.5, float("nan"), 4.0, 5.0]})), ""))
    assert figure["panels"] == ["price", "profit and its parts", "net exposure", "drawdown"]
    price = next(entry for entry in figure["data"] if entry["name"] == "price")
    y = np.frombuffer(base64.b64decode(price["y"]["bdata"]), dtype="<f8")
    assert y[:2].tolist() == [1.0, 2.5] and np.isnan(y[2])
    assert [figure["data"][i]["meta"]["panel"] for i in figure["closer"]["lines"]] == [0]


def test_the_page_needs_nothing_from_elsewhere(made_folder: Folder) -> None:
    text = write_report(made_folder()).read_text(encoding="utf-8")
    seen = Seen(text)
    assert not [attrs for _, attrs in seen.tags if attrs.get("src") or str(attrs.get("href") or "").startswith("http")]
    policy = next(attrs["content"] for tag, attrs in seen.tags if tag == "meta" and "http-equiv" in attrs)
    assert policy is not None and policy.startswith("default-src 'none'")
    assert len(text) > 1_000_000, "the charts' library is in the page"


def test_hostile_texts_stay_text(made_folder: Folder) -> None:
    folder = made_folder(
        fills=[(1, "L", 1.0, 100.0)],
        moves=[(2, HOSTILE, HOSTILE)],
        name=HOSTILE,
        market=HOSTILE,
        status=HOSTILE,
        notes=[HOSTILE],
        faults=[HOSTILE],
        words=[HOSTILE],
        bands=[{"name": HOSTILE, "leg": "L", "leaves": []}],
        limits=[{"name": HOSTILE, "value": 1.0}],
        stays=[{"region": HOSTILE, "state": HOSTILE, "seconds": 1.0, "times": 1}],
        states=[{"region": region, "state": HOSTILE, "final": False} for region in ("mode", HOSTILE)],
        markets=[{"name": HOSTILE, "symbol": HOSTILE, "legs": ["L"], "column": "price"}],
        promises=[{"name": HOSTILE, "verdict": HOSTILE, "broken": 2, "first": HOSTILE}],
        positions=[
            {"leg": HOSTILE, **dict.fromkeys(("quantity", "realised", "unrealised", "fees"), 0.0)}
            | {"average_price": None}
        ],
        parameters=[{"name": HOSTILE, "value": HOSTILE, "unit": HOSTILE, "doc": HOSTILE}],
        actions=[[HOSTILE, HOSTILE, 1]],
        alerts=[[HOSTILE, 1]],
    )
    text = page(read_run(folder), "/* plotly */")
    seen = Seen(text)
    plain = Seen(page(read_run(made_folder()), "/* plotly */"))
    assert len([tag for tag, _ in seen.tags if tag == "script"]) == len(
        [tag for tag, _ in plain.tags if tag == "script"]
    )
    assert not [tag for tag, attrs in seen.tags if tag == "img" or any(name.startswith("on") for name in attrs)]
    assert "<script>alert" not in text
    figure = figure_of(text)
    assert not [entry["name"] for entry in figure["data"] if "<" in entry["name"]], "plotly reads some markup"


def test_values_are_written_as_a_spec_would() -> None:
    assert value(1.0, "truth", ()) == "true" and value(0.0, "truth", ()) == "false"
    assert value(0.0005, "ratio", ()) == "0.05%"
    assert value(22_787.06, "seconds", ()) == "6h 19m 47s"
    assert value(1.0, "word", ("a", "b")) == "b"
    assert value(None, "ratio", ()) == "not ready"
    assert value(1_704_067_200_000_000.0, "instant", ()) == "2024-01-01 00:00:00 UTC"
    assert value(float("-inf"), "instant", ()) == "never"
    assert value(130000.0, "quote", ()) == "130,000"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0s"), (0.25, "0.25s"), (60.0, "1m"), (108_000.0, "1d 6h"), (-90.0, "-1m 30s"), (float("inf"), "inf")],
)
def test_durations(seconds: float, text: str) -> None:
    assert lasting(seconds) == text


def test_units_are_said_in_a_word() -> None:
    assert [shorter(text) for text in ("a quantity of base", "an amount of quote", "a bare number")] == [
        "base",
        "quote",
        "",
    ]


def test_a_transition_is_shown_with_its_guard_and_values(made_folder: Folder) -> None:
    text = tables.transitions(read_run(made_folder(moves=[(1, "A", "B")], units={"x": "truth"})))
    assert "<code>x &gt; 1</code>" in text
    assert ">x = true</code>" in text
    assert 'data-time="1704067260000.000"' in text


def test_of_many_transitions_the_first_and_the_last_are_shown(
    made_folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 4)
    states = [f"s{i}" for i in range(11)]
    run = read_run(made_folder(moves=[(i / 10, states[i], states[i + 1]) for i in range(10)]))
    text = tables.transitions(run)
    shown = re.findall(r"<td>s\d+</td><td>(s\d+)</td>", text)
    assert shown == ["s1", "s2", "s9", "s10"]
    assert "6 between these are in transitions.parquet" in text


def test_states_that_were_never_entered_are_said(made_folder: Folder) -> None:
    text = tables.stays(read_run(made_folder()))
    assert text.count("never") == 2 and "100.0%" in text


def test_a_broken_invariant_is_said_on_top(made_folder: Folder) -> None:
    promises = [{"name": "small", "verdict": "broken", "broken": 3, "first": "at noon"}]
    run = read_run(made_folder(promises=promises))
    assert "the invariant small was broken" in tables.verdict(run)
    assert "3 times; first: at noon" in tables.promises(run)
    assert tables.verdict(read_run(made_folder())) == ""


@pytest.mark.parametrize("moves", [0, 100_000])
def test_a_long_run_makes_a_page_that_opens_quickly(made_folder: Folder, moves: int) -> None:
    """Two hundred thousand samples, fifty thousand fills."""
    rows, rng = 200_000, np.random.default_rng(1)
    price = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 1e-4, rows)))
    centre = np.repeat(price[::20], 20)
    part = {name: np.cumsum(rng.normal(0.0, 1.0, rows)) for name in ("equity", "captured", "friction", "funding")}
    samples = {"price": price, **part, "exposure": abs(part["equity"]), "drawdown": abs(part["captured"])}
    samples |= {
        "band_0_centre": centre,
        "band_0_width": centre * 0.004,
        "q_L": np.round(centre),
        "q_S": -np.round(centre),
    }
    minute = np.sort(rng.integers(0, rows, 50_000)).tolist()
    fills = [(at, "LS"[i % 2], 1.0 - (i % 4) // 2 * 2, price[at]) for i, at in enumerate(minute)]
    moved = [(2 * i, *(("A", "B") if i % 2 == 0 else ("B", "A"))) for i in range(moves)]
    end_us = 1_704_067_200_000_000 + (rows - 1) * 60_000_000
    folder = made_folder(samples, fills, moved, events=rows, end_us=end_us)
    begun = time.process_time()
    path = write_report(folder)
    assert time.process_time() - begun < 3.0
    assert path.stat().st_size < 8_000_000
