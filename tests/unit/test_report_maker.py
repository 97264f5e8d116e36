"""The part of a report that is about working quotes: its chart and its tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.unit.maker_run import MAKER, run_small

from fsmtrader.research.report.maker import MOST_LIVES, life_lines, maker
from fsmtrader.research.report.maker_tables import legs, liquidity, maker_part, markouts, queue, reasons, uptime
from fsmtrader.research.report.page import page
from fsmtrader.research.report.source import RunFiles, read_run

BEGIN_MS = 1_704_067_200_000.0
ONE = """\
fsm: 1
legs: {X: {account: main, symbol: BTC/USDT:USDT}}
accounts: {main: {exchange: exact}}
events: {look: price(X)}
states: {A: {on: {look: {if: qX < 1, do: {qX: 1}}}}}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFiles:
    return read_run(run_small(tmp_path_factory.mktemp("maker")))


def chart(run: RunFiles) -> dict[str, Any]:
    found = maker(run, [run.summary["start_us"] / 1e3, run.summary["end_us"] / 1e3])
    assert found is not None
    return found


def trace(run: RunFiles, name: str) -> dict[str, Any]:
    return next(entry for entry in chart(run)["data"] if entry["name"] == name)


def test_the_chart_has_a_panel_for_each_thing(run: RunFiles) -> None:
    found = chart(run)
    assert found["panels"] == ["touch, own quotes and fills", "inventory", "own spread, bp", "skew, bp"]
    panels = {entry["name"]: entry["meta"]["panel"] for entry in found["data"]}
    assert panels == {
        "bid and ask": 0, "own buy": 0, "own sell": 0, "bought as maker": 0, "sold as maker": 0,
        "held of X": 1, "own spread": 2, "skew": 3,
    }  # fmt: skip


def test_each_own_quote_is_a_line_from_its_rest_to_its_end(run: RunFiles) -> None:
    own = trace(run, "own buy")
    seconds = ((np.asarray(own["x"]) - BEGIN_MS) / 1e3).reshape(-1, 3)[:, :2].tolist()
    assert seconds == [[0, 3], [10, 20], [20, 26], [46, 60]], "the last is open, and drawn to the end of the run"
    prices = np.asarray(own["y"]).reshape(-1, 3)
    assert prices[:, 0].tolist() == [98.0, 98.0, 100.0, 98.0] and np.isnan(prices[:, 2]).all()


def test_fills_spread_skew_and_inventory_are_drawn(run: RunFiles) -> None:
    assert trace(run, "bought as maker")["y"].tolist() == [98.0]
    assert trace(run, "sold as maker")["y"].tolist() == [102.0, 104.0]
    spread = np.asarray(trace(run, "own spread")["y"])
    assert spread[0] == pytest.approx(400.0) and np.nanmin(spread) == pytest.approx(4 / 102 * 1e4)
    assert np.nanmax(np.abs(trace(run, "skew")["y"])) == pytest.approx(0.0, abs=1e-9)
    held = trace(run, "held of X")
    assert sorted(set(held["y"].tolist())) == [-1.0, 0.0, 1.0]


def test_many_quotes_are_thinned_and_it_is_said(run: RunFiles) -> None:
    assert run.quotes is not None
    many = pl.concat([run.quotes.filter(pl.col("side") == "buy")] * (MOST_LIVES // 4 + 1))
    long = RunFiles(run.summary, run.equity, run.fills, run.orders, run.transitions, run.touch, many)
    name = next(entry["name"] for entry in chart(long)["data"] if entry["name"].startswith("own buy"))
    assert name == f"own buy ({MOST_LIVES // 2 + 2:,} of {MOST_LIVES + 4:,} are drawn)"


def test_a_life_that_is_not_over_ends_with_the_run() -> None:
    quotes = pl.DataFrame({"rested_us": [1_000, 5_000], "ended_us": [2_000, None], "price": [10.0, 11.0]})
    x, y = life_lines(quotes, 9_000)
    assert x.tolist() == [1.0, 2.0, 2.0, 5.0, 9.0, 9.0] and y[[0, 1, 3, 4]].tolist() == [10.0, 10.0, 11.0, 11.0]


def test_the_tables_say_what_the_summary_says(run: RunFiles) -> None:
    found = run.summary["quoting"]
    assert '<td>X buy</td><td class="n">55.0%</td><td class="n">3 of 3</td><td class="n">20.0 s</td>' in uptime(found)
    assert '<td>X either</td><td class="n">63.3%</td>' in uptime(found), "38 of 60 seconds"
    assert '<td>X buy</td><td>not wanted: risk SHUT</td><td class="n">20.0 s</td><td class="n">33.3%</td>' in reasons(
        found
    )
    assert '<td>maker, 10 s</td><td class="n">3</td>' in markouts(found) and "+2.0000" in markouts(found)
    assert (
        '<td>maker</td><td class="n">3</td><td class="n">304.00</td><td class="n">100.0%</td><td class="n">0.30</td><td class="n">10.00 bp</td>'
        in liquidity(found)
    )
    assert (
        "0.304" in liquidity(found)
        and "<td>not known</td>" in queue(found)
        and '<td class="n">0.65</td>' in legs(found)
    )


def test_the_page_has_that_part_only_where_there_are_quotes(run: RunFiles, tmp_path: Path) -> None:
    assert '<div id="maker"></div>' in page(run, "")
    plain = read_run(run_small(tmp_path, ONE))
    assert maker_part(plain) == "" and maker(plain, [0.0, 1.0]) is None
    assert '<div id="maker"></div>' not in page(plain, "")


def test_reasons_are_shown_and_run_nothing(run: RunFiles) -> None:
    hostile = {**run.summary["quoting"]}
    hostile["sides"] = [{**side, "reasons": [["<img src=x onerror=alert(1)>", 1.0]]} for side in hostile["sides"]]
    assert "<img" not in reasons(hostile) and "&lt;img" in reasons(hostile)


def test_both_legs_of_a_pair_are_drawn(tmp_path: Path) -> None:
    """A short leg's quotes are told by what they buy and sell."""
    spec = MAKER.replace(
        "{account: main, symbol: BTC/USDT:USDT}", "{account: main, symbol: BTC/USDT:USDT, side: short}"
    )
    spec = spec.replace("exchange: exact", "exchange: exact, position_mode: hedge")
    found = read_run(run_small(tmp_path, spec))
    assert found.quotes is not None
    assert set(found.quotes.filter(pl.col("price") < 100.0)["side"]) == {"buy"}


def test_a_run_that_never_began_has_a_page(tmp_path: Path) -> None:
    """What a first value hangs on is never ready."""
    kept = run_small(tmp_path, MAKER.replace("turns: {initial: 0}", "turns: {initial: funding_rate(X) / 1bp}"))
    run = read_run(kept)
    found = run.summary["quoting"]
    assert run.summary["started_us"] is None and (found["seconds"], found["sides"], found["orders"]) == (0.0, [], 0)
    assert run.touch is not None and run.touch.height == 0
    assert '<div id="maker"></div>' in page(run, "")
