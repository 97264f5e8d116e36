"""What the report draws, by hand: stays, bands that end where their state ends, thinning that keeps extremes, trades."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fsmtrader.research.report import marks
from fsmtrader.research.report.closer import length_for, window
from fsmtrader.research.report.figure import figure
from fsmtrader.research.report.marks import colours, stretches, trade_traces
from fsmtrader.research.report.source import RunFiles, read_run
from fsmtrader.research.report.thin import held, kept, outline, thinned

Folder = Callable[..., Path]
NAN = math.nan
START_MS = 1_704_067_200_000.0
MINUTE = 60_000.0


def minutes(times: Any) -> list[float]:
    """Milliseconds as minutes of the run."""
    return [(time - START_MS) / MINUTE for time in times]


def trace(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(entry for entry in found["data"] if entry["name"] == name)


# -- thinning --------------------------------------------------------------------------------------------------------


def test_thinning_keeps_the_extremes_and_the_ends() -> None:
    x = np.arange(100_000.0)
    y = np.sin(x / 500.0)
    y[31_234], y[77_777] = 9.0, -9.0
    places = kept(x, y, 300)
    assert len(places) <= 300
    assert {0, 31_234, 77_777, 99_999} <= set(places.tolist())


def test_what_is_not_there_stays_a_gap() -> None:
    y = np.ones(10_000)
    y[4_000:6_000] = NAN
    x, line = thinned(np.arange(10_000.0), y, 100)
    gaps = x[np.isnan(line)].tolist()
    assert gaps == [4_000.0], "one place keeps the two parts apart"
    assert {3_999.0, 6_000.0} <= set(x.tolist())


def test_of_more_runs_than_can_be_drawn_the_longest_stay() -> None:
    y = np.where(np.arange(10_000) % 2 == 0, 1.0, NAN)
    y[5_000:5_100] = 2.0
    x, line = thinned(np.arange(10_000.0), y, 40)
    assert len(x) < 100
    assert 2.0 in line.tolist()


def test_a_held_value_lasts_until_it_is_gone() -> None:
    """2 holds from 1 to 4, where it is gone; 5 holds from 5 to the end."""
    x, y = held(np.arange(8.0), np.array([NAN, 2.0, 2.0, 2.0, NAN, 5.0, 5.0, 5.0]))
    assert x.tolist() == [1.0, 4.0, 4.0, 5.0, 7.0]
    assert y.tolist()[:2] == [2.0, 2.0] and math.isnan(y[2]) and y.tolist()[3:] == [5.0, 5.0]


def test_the_outline_of_steps_has_every_corner() -> None:
    x, y = outline(np.array([0.0, 2.0, 3.0]), np.array([1.0, 2.0, 2.0]), np.array([3.0, 4.0, 4.0]))
    corners = set(zip(x.tolist()[:-1], y.tolist()[:-1], strict=True))
    assert corners == {(0.0, 1.0), (2.0, 1.0), (2.0, 2.0), (3.0, 2.0), (3.0, 4.0), (2.0, 4.0), (2.0, 3.0), (0.0, 3.0)}
    assert (x[0], y[0]) == (x[-2], y[-2]), "it is closed"
    assert math.isnan(y[-1])


# -- states ----------------------------------------------------------------------------------------------------------


def test_a_stretch_for_each_stay(made_folder: Folder) -> None:
    run = read_run(made_folder(moves=[(1, "A", "B"), (3, "B", "A"), (3, "A", "B")]))
    found = stretches(run, "mode")
    assert [(*minutes((begin, end)), state) for begin, end, state in found] == [(0.0, 1.0, "A"), (1.0, 4.0, "B")]


def test_a_run_without_a_move_is_in_its_first_state_and_one_that_never_started_in_none(made_folder: Folder) -> None:
    assert [state for _, _, state in stretches(read_run(made_folder()), "mode")] == ["A"]
    assert stretches(read_run(made_folder(started_us=None)), "mode") == []


def test_too_many_stretches_are_cells_of_the_longest_state(made_folder: Folder) -> None:
    """Nine tenths of each minute are B: that is what is seen of 4 cells."""
    moves = [entry for i in range(40) for entry in ((i / 10, "B", "A"), (i / 10 + 0.01, "A", "B"))]
    found = stretches(read_run(made_folder(moves=moves)), "mode", most=4)
    assert [(*minutes((begin, end)), state) for begin, end, state in found] == [(0.0, 4.0, "B")]


def test_a_state_has_its_colour_whether_or_not_others_were_visited(made_folder: Folder) -> None:
    found = colours(read_run(made_folder()), "mode")
    assert list(found) == ["A", "B", "END"]
    assert len(set(found.values())) == 3
    assert found["END"] in marks.palette.FINALS


def test_the_states_of_the_figure_are_numbers_into_their_names(made_folder: Folder) -> None:
    (states,) = figure(read_run(made_folder(moves=[(2, "A", "END")])))["states"]
    assert [states["names"][int(i)] for i in states["state"]] == ["A", "END"]
    assert minutes(states["end"]) == [2.0, 4.0]


# -- lines -----------------------------------------------------------------------------------------------------------


def test_a_band_is_drawn_where_it_is_looked_at(made_folder: Folder) -> None:
    samples = {"band_0_centre": [100.0, 100.0, 101.0, NAN, NAN], "band_0_width": [1.0, 1.0, 1.0, NAN, NAN]}
    found = figure(read_run(made_folder(samples)))
    ref = trace(found, "ref")
    assert minutes(ref["x"]) == [0.0, 2.0, 3.0, 3.0]
    assert ref["y"].tolist()[:3] == [100.0, 101.0, 101.0]
    assert ref["line"]["shape"] == "hv"
    area = trace(found, "band of ref")
    assert (np.nanmin(area["y"]), np.nanmax(area["y"])) == (99.0, 102.0)
    assert minutes([np.nanmax(area["x"])]) == [3.0]


def test_profit_is_the_change_of_equity_and_costs_are_below_zero(made_folder: Folder) -> None:
    samples = {"equity": [NAN, 1000.0, 990.0, 1005.0, 1010.0], "friction": [0.0, 1.0, 2.0, 2.0, 3.0]}
    found = figure(read_run(made_folder(samples)))
    assert trace(found, "profit")["y"].tolist()[1:] == [0.0, -10.0, 5.0, 10.0]
    assert trace(found, "fees and slippage")["y"].tolist() == [0.0, -1.0, -2.0, -2.0, -3.0]


def test_exposure_stands_against_its_limit(made_folder: Folder) -> None:
    found = figure(read_run(made_folder({"exposure": [0.0, 1.0, 2.0, 3.0, 4.0]})))
    assert trace(found, "limit of risk")["y"].tolist() == [500.0, 500.0]
    assert trace(found, "limit of risk")["yaxis"] == trace(found, "net exposure")["yaxis"] == "y3"


def test_each_market_has_its_price_its_trades_and_its_bands(made_folder: Folder) -> None:
    markets = [
        {"name": "x.BTC", "symbol": "BTC", "legs": ["B"], "column": "price"},
        {"name": "x.ETH", "symbol": "ETH", "legs": ["L", "S"], "column": "price_L"},
    ]
    samples = {"price_L": [5.0] * 5, "band_0_centre": [5.0] * 5, "band_0_width": [1.0] * 5}
    run = read_run(made_folder(samples, [(1, "L", 1.0, 5.0)], markets=markets))
    found = figure(run)
    prices = {entry["meta"]["market"]: entry["y"][0] for entry in found["data"] if entry["name"] == "price"}
    assert prices == {0: 100.0, 1: 5.0}
    assert trace(found, "bought")["meta"]["market"] == trace(found, "ref")["meta"]["market"] == 1
    assert found["market"] == 1, "the one that was traded is shown first"
    assert found["markets"] == ["x.BTC", "x.ETH"]


# -- trades ----------------------------------------------------------------------------------------------------------


def test_closing_a_short_leg_is_buying(made_folder: Folder) -> None:
    fills = [(0, "L", 1.0, 100.0), (1, "S", 1.0, 101.0), (2, "S", -0.5, 102.0), (3, "L", -1.0, 103.0)]
    bought, sold = trade_traces(read_run(made_folder(fills=fills)))
    assert bought["y"].tolist() == [100.0, 102.0] and bought["marker"]["symbol"] == "triangle-up"
    assert sold["y"].tolist() == [101.0, 103.0] and sold["marker"]["symbol"] == "triangle-down"
    assert bought["text"][0] == "L +1 at 100 <i>buy</i>"


def test_many_trades_are_counted_and_drawn_one_by_one_in_the_closer_look(
    made_folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marks, "MOST_TRADES", 3)
    monkeypatch.setattr(marks, "TRADE_BINS", 2)
    fills = [(0, "L", 1.0, 100.0), (0.5, "L", 1.0, 104.0), (1, "L", 1.0, 102.0), (4, "L", 1.0, 110.0)]
    run = read_run(made_folder(fills=fills))
    (counted,) = trade_traces(run)
    assert counted["name"] == "bought (4, counted)"
    assert counted["text"] == ["bought 3 times", "bought 1 time"]
    assert counted["y"].tolist() == [102.0, 110.0]
    assert counted["marker"]["size"][0] > counted["marker"]["size"][1]
    (each,) = trade_traces(run, close=True)
    assert len(each["x"]) == 4


# -- the closer look -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "length"), [(30, 86_400_000), (1, 3_600_000), (1 / 1440, 60_000), (365, 7 * 86_400_000)]
)
def test_the_closer_look_is_about_a_fortieth_of_the_run(days: float, length: float) -> None:
    assert length_for([0.0, days * 86_400_000.0]) == length


def wide(made_folder: Folder, fills: list[tuple[float, str, float, float]], moves: Any = ()) -> RunFiles:
    """A hundred minutes: the price moves by 10 a minute up to minute 50, then by 1; the band is 1 wide."""
    price = [10.0 * minute if minute < 50 else 500.0 + minute % 2 for minute in range(101)]
    samples = {"price": price, "band_0_centre": price, "band_0_width": [1.0] * 101}
    return read_run(made_folder(samples, fills, moves, end_us=round((START_MS + 100 * MINUTE) * 1000)))


def test_it_begins_where_the_band_can_be_seen_and_both_sides_trade(made_folder: Folder) -> None:
    fills = [(minute, "L", change, 1.0) for minute in (12.0, 82.0) for change in (1.0, -1.0)]
    begin, end = window(wide(made_folder, fills), [START_MS, START_MS + 100 * MINUTE], 10 * MINUTE)
    assert minutes((begin, end)) in ([75.0, 85.0], [80.0, 90.0])


def test_without_a_fill_it_begins_at_the_first_transition(made_folder: Folder) -> None:
    run = wide(made_folder, [], [(60, "A", "B")])
    assert minutes(window(run, [START_MS, START_MS + 100 * MINUTE], 10 * MINUTE)) == [55.0, 65.0]


def test_a_run_that_is_shorter_is_seen_whole(made_folder: Folder) -> None:
    span = [START_MS, START_MS + 4 * MINUTE]
    assert list(window(read_run(made_folder()), span, 10 * MINUTE)) == span
