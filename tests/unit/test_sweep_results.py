"""Rows of results, edges of days and periods, and what statistics make of them: worked out by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from tests.parity.kernel_markets import Columns
from tests.unit.sweeps import SPEC, program, settings, task

from fsmtrader.data.stream import EventStream, stream_of
from fsmtrader.diagnostics import UsageError
from fsmtrader.domain.market import Kind
from fsmtrader.research.run import run
from fsmtrader.research.sweep.bench import Bench, bench_of
from fsmtrader.research.sweep.edges import edges_of
from fsmtrader.research.sweep.grid import Case
from fsmtrader.research.sweep.periods import Period, periods_of
from fsmtrader.research.sweep.results import Curve, Objective, Result, Row, frame_of, levels_at, ranked, undominated
from fsmtrader.research.sweep.statistics import deflated, expected_maximum, moments, rank_correlation, ranks

DAY_US = 86_400_000_000
START_US = 1_704_067_200_000_000
HOUR_US = DAY_US // 24


def row(bench: Bench, case: Case) -> Row:
    return bench.row(bench.on_machine(case), 0.0)


def test_a_row_says_what_came_of_a_set(tmp_path: Path) -> None:
    """Eight days, bought at 90 and sold at 110 on each: 20 a day; the deepest is none, since it is bought at the low."""
    found = row(bench_of(task(tmp_path)), (("size", "2"),))
    assert (found["status"], found["engine"], found["ended"], found["again"]) == ("done", "machine", "running", False)
    assert (found["profit"], found["realised"], found["unrealised"], found["fees"]) == (320.0, 320.0, 0.0, 0.0)
    assert (found["fills"], found["transitions"], found["turnover"]) == (16, 16, 8 * 2 * (90.0 + 110.0))
    assert (found["profit_1"], found["profit_2"], found["worst_period"]) == (160.0, 160.0, 160.0)
    assert found["max_drawdown"] == 0.0 and found["broken"] == 0 and found["faults"] == ""
    # held from 12:00 to 18:00 of each day; flat from the first bar's close at 06:00 to the last's at 24:00
    assert (found["seconds_LONG"], found["seconds_FLAT"]) == (8 * 6 * 3600.0, 7 * 86_400.0 + 18 * 3600 - 8 * 6 * 3600.0)


def test_the_sharpe_ratio_and_profit_are_those_of_a_run(tmp_path: Path) -> None:
    """Days of 40 on 1000, 1040, ...: the last bar of a day closes at midnight, so that it belongs to the next one."""
    found = row(bench_of(task(tmp_path)), (("size", "2"),))
    alone = run(program(), settings(tmp_path, overrides={"size": "2"}))
    assert found["sharpe"] == pytest.approx(alone.sharpe, rel=1e-12) and found["profit"] == alone.profit
    returns = [40.0 / (1000.0 + 40.0 * day) for day in range(8)] + [0.0]
    assert found["days"] == 9
    mean = sum(returns) / 9
    deviation = math.sqrt(sum((value - mean) ** 2 for value in returns) / 8)
    assert found["sharpe"] == pytest.approx(mean / deviation * math.sqrt(365))


def test_a_set_that_breaks_a_bound_or_a_check_says_so(tmp_path: Path) -> None:
    bench = bench_of(task(tmp_path))
    assert row(bench, (("low", "79"),))["error"] == "low is 79, but its min is 80"
    found = row(bench, (("low", "106"),))
    assert found["error"] == "the check `low < high` does not hold: it would sell at a loss"
    assert found["status"] == "failed" and found["again"] is False


def test_a_set_that_never_trades_has_no_ratio(tmp_path: Path) -> None:
    found = row(bench_of(task(tmp_path)), (("low", "85"),))
    assert (found["profit"], found["fills"], found["sharpe"]) == (0.0, 0, None)


def market(*sources: Columns) -> EventStream:
    return stream_of(list(sources), ["a", "b"][: 1 + max(source.market for source in sources)])


def of(kind: Kind, hours: list[float], *numbers: list[float], at: int = 0) -> Columns:
    times = np.array([START_US + round(hour * HOUR_US) for hour in hours], dtype=np.int64)
    return Columns(kind, times, tuple(np.array(column) for column in numbers), at, rows=2)


def test_the_price_at_an_edge_is_the_last_one_before_it() -> None:
    quotes = of(Kind.BOOK, [1, 2, 25], [99.0, 101.0, 103.0], [1.0] * 3, [101.0, 103.0, 105.0], [1.0] * 3)
    edges = edges_of(market(quotes), frozenset(), [Period("1", START_US + 2 * HOUR_US, START_US + 26 * HOUR_US)])
    hours = [(time_us - START_US) / HOUR_US for time_us in edges.times.tolist()]
    assert hours == [pytest.approx(1), 2, 24, 26, 48]  # just after the first event, the period, midnights
    assert edges.prices[:, 0].tolist() == [100.0, 100.0, 102.0, 104.0, 104.0]
    assert edges.days.tolist() == [2, 4] and edges.periods.tolist() == [[1, 3]]
    assert edges.first == 0 and edges.last_prices.tolist() == [104.0]


def test_a_trade_is_the_price_from_then_on_and_a_mark_where_it_counts() -> None:
    quotes = of(Kind.BOOK, [1, 3, 5], [99.0] * 3, [1.0] * 3, [101.0] * 3, [1.0] * 3)
    trades = of(Kind.TRADE, [2], [90.0], [1.0], [1.0])
    marks = of(Kind.MARK, [4], [95.0])
    periods = [Period("1", START_US + hour * HOUR_US, START_US + (hour + 1) * HOUR_US) for hour in (2, 3, 4, 5)]
    plain = edges_of(market(quotes, trades, marks), frozenset(), periods)
    assert plain.prices[plain.periods[:, 1], 0].tolist() == [90.0, 90.0, 90.0, 90.0]
    marked = edges_of(market(quotes, trades, marks), frozenset({0}), periods)
    assert marked.prices[marked.periods[:, 1], 0].tolist() == [90.0, 90.0, 95.0, 95.0]


def test_a_run_begins_when_every_market_has_a_price() -> None:
    first = of(Kind.BAR, [1, 2, 3], [1.0] * 3, [1.0] * 3, [1.0] * 3, [5.0, 6.0, 7.0], [1.0] * 3)
    second = of(Kind.BAR, [2, 3], [1.0] * 2, [1.0] * 2, [1.0] * 2, [8.0, 9.0], [1.0] * 2, at=1)
    edges = edges_of(market(first, second), frozenset(), [])
    assert edges.first_us == START_US + 2 * HOUR_US
    assert edges.prices.tolist() == [[6.0, 8.0], [7.0, 9.0]]


def result(times: list[float], equity: list[float], gains: list[float], prices: list[float]) -> Result:
    curve = Curve(
        np.array([START_US + round(hour * HOUR_US) for hour in times], dtype=np.int64),
        np.array(equity),
        np.array(gains).reshape(-1, 1),
        np.array(prices).reshape(-1, 1),
    )
    return Result("machine", "running", 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0, 0, (), 0.0, 1000.0, {}, curve)


def test_equity_at_an_edge_is_what_was_held_times_what_the_price_did_since() -> None:
    quotes = of(Kind.BOOK, [1, 2, 25], [99.0, 101.0, 103.0], [1.0] * 3, [101.0, 103.0, 105.0], [1.0] * 3)
    edges = edges_of(market(quotes), frozenset(), [Period("1", START_US, START_US + 26 * HOUR_US)])
    # bought 3 at 100 at 1 h for a fee of 5: 995, then +3 for each 1 that the price goes up
    levels = levels_at(edges, result([1], [995.0], [3.0], [100.0]))
    hours = [(time_us - START_US) / HOUR_US for time_us in edges.times.tolist()]
    assert hours == [0, pytest.approx(1), 24, 26, 48]
    assert levels.tolist() == [1000.0, 995.0, 1001.0, 1007.0, 1007.0]
    # nothing is held: the price does not matter, even where there is none
    assert levels_at(edges, result([1], [995.0], [0.0], [math.nan])).tolist() == [1000.0, 995.0, 995.0, 995.0, 995.0]


def test_periods_are_equal_parts_or_those_that_the_spec_names(tmp_path: Path) -> None:
    bench = bench_of(task(tmp_path, periods=4))
    first_us, last_us = bench.stream.prices_us
    assert [period.name for period in bench.periods] == ["1", "2", "3", "4"]
    assert bench.periods[0].begin_us == first_us and bench.periods[-1].end_us == last_us + 1
    assert all(one.end_us == two.begin_us for one, two in zip(bench.periods, bench.periods[1:], strict=False))
    named = program(SPEC.replace("run: {", "run: {periods: {early: 20240101..20240103, gone: 20200101..20200102}, "))
    assert periods_of(named, bench.stream) == (Period("early", START_US, START_US + 2 * DAY_US),)
    assert len(periods_of(named, bench.stream, 3)) == 3
    assert len(periods_of(program(), bench.stream)) == 4
    with pytest.raises(UsageError, match="at most 100"):
        periods_of(named, bench.stream, 101)


# -- statistics ------------------------------------------------------------------------------------------------------


def test_the_best_of_many_worthless_sets() -> None:
    """Ten sets: Φ⁻¹(0.9) = 1.28155, Φ⁻¹(1 - 1/(10 e)) = 1.78926; (1 - γ) and γ of them make 1.5746 deviations."""
    assert expected_maximum(1.0, 10) == pytest.approx(1.5746, abs=2e-4)
    assert expected_maximum(0.5, 10) == pytest.approx(0.5 * 1.5746, abs=2e-4)
    assert expected_maximum(1.0, 1) == 0.0
    chance = np.random.default_rng(1).normal(size=(4000, 100)).max(axis=1).mean()
    assert expected_maximum(1.0, 100) == pytest.approx(chance, rel=0.02)


def test_the_deflated_ratio_of_normal_returns() -> None:
    """γ₃ = 0, γ₄ = 3: a ratio of 0.1 a day over 101 days is 10 × 0.1 / √(1 + 0.005) deviations above nothing."""
    year = 0.1 * math.sqrt(365)
    assert deflated(year, 0.0, 101, 0.0, 3.0) == pytest.approx(0.8408, abs=2e-4)
    assert deflated(year, year, 101, 0.0, 3.0) == pytest.approx(0.5)
    assert deflated(year, 0.0, 1, 0.0, 3.0) is None


def test_moments_of_returns() -> None:
    assert moments(np.array([-1.0, 1.0, -1.0, 1.0])) == (0.0, 1.0)
    skewness, kurtosis = moments(np.array([0.0, 0.0, 0.0, 4.0])) or (0.0, 0.0)
    assert (skewness, kurtosis) == (pytest.approx(2 / math.sqrt(3)), pytest.approx(7 / 3))
    assert moments(np.array([2.0, 2.0])) is None


def test_rank_correlation_is_that_of_ranks() -> None:
    assert ranks(np.array([10.0, 30.0, 20.0, 20.0])).tolist() == [1.0, 4.0, 2.5, 2.5]
    up, nan = np.array([1.0, 2.0, 3.0, 4.0]), math.nan
    assert rank_correlation(up, up**3) == pytest.approx(1.0)
    assert rank_correlation(up, -up) == pytest.approx(-1.0)
    # 1 2 3 4 against 1 2 4 3: 1 - 6 · 2 / (4 · 15)
    assert rank_correlation(up, np.array([5.0, 6.0, 8.0, 7.0])) == pytest.approx(0.8)
    assert rank_correlation(np.append(up, nan), np.append(up, 9.0)) == pytest.approx(1.0)
    assert rank_correlation(up[:2], up[:2]) is None and rank_correlation(up, up * 0.0) is None


def test_ranks_of_sets() -> None:
    schema = {"key": str, "status": str, "profit": float, "max_drawdown": float}
    rows: list[Row] = [
        {"key": "a", "status": "done", "profit": 1.0, "max_drawdown": 1.0},
        {"key": "b", "status": "done", "profit": 3.0, "max_drawdown": 5.0},
        {"key": "c", "status": "failed"},
        {"key": "d", "status": "done", "profit": 2.0, "max_drawdown": 6.0},
        {"key": "e", "status": "done", "profit": 3.0, "max_drawdown": 4.0},
    ]
    frame = frame_of(rows, schema)
    assert ranked(frame, Objective.PROFIT)["key"].to_list() == ["b", "e", "d", "a"]
    assert ranked(frame, Objective.MAX_DRAWDOWN)["key"].to_list() == ["a", "e", "b", "d"]
    both = (Objective.PROFIT, Objective.MAX_DRAWDOWN)
    assert sorted(undominated(frame, both)["key"].to_list()) == ["a", "e"]
