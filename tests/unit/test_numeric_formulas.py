"""Comparisons, rounding, ledger and document 000's formulas against numbers worked out on paper."""

from __future__ import annotations

import math

import pytest

from fsmtrader.numeric import compare, hedging, ledger, rounding

NAN = math.nan
INF = math.inf
ALL = (compare.less, compare.less_equal, compare.greater, compare.greater_equal, compare.equal, compare.not_equal)


def test_a_boundary_behaves_as_on_paper() -> None:
    assert 60000 * 1.005 < 60300  # what doubles say, R003-20
    assert compare.equal(60000 * 1.005, 60300)
    assert compare.greater_equal(60000 * 1.005, 60300)
    assert not compare.less(60000 * 1.005, 60300)
    assert compare.equal(0.1 + 0.2, 0.3)
    assert compare.greater_equal(abs(99.99 - 101), 0.01 * 101)


def test_the_tolerance_is_relative_with_an_absolute_floor() -> None:
    assert compare.close(1.0, 1.0 + 0.9e-9)
    assert not compare.close(1.0, 1.0 + 1.1e-9)
    assert compare.close(0.0, 1e-12)
    assert not compare.close(0.0, 1.1e-12)
    assert compare.less(1.0, 1.1)
    assert compare.not_equal(1.0, 1.1)
    assert compare.greater(-1.0, -1.1)


@pytest.mark.parametrize("comparison", ALL)
@pytest.mark.parametrize(("a", "b"), [(NAN, 1.0), (1.0, NAN), (NAN, NAN), (NAN, INF)])
def test_nothing_holds_of_what_is_not_ready(comparison: object, a: float, b: float) -> None:
    assert callable(comparison)
    assert comparison(a, b) is False


def test_infinity_is_close_to_itself_alone() -> None:
    assert compare.equal(INF, INF)
    assert not compare.less(INF, INF)
    assert compare.less(1e308, INF)
    assert compare.greater(1.0, -INF)
    assert compare.not_equal(INF, -INF)
    assert not compare.close(INF, 1e308)
    assert compare.less(-1.7e308, 1.7e308)


def test_prices_go_to_the_safe_side() -> None:
    assert rounding.round_price(600.203, 0.01, False) == 600.21  # V002
    assert rounding.round_price(600.203, 0.01, True) == 600.2
    assert rounding.round_price(600.087, 0.01, True) == 600.08
    assert rounding.round_price(95502.74, 0.1, True) == 95502.7
    assert rounding.round_price(1234.0, 5.0, False) == 1235.0
    assert rounding.round_price(1.0, 0.025, False) == 1.0


def test_an_exact_multiple_stays() -> None:
    for is_buy in (True, False):
        assert rounding.round_price(0.1 + 0.2, 0.1, is_buy) == 0.3
        assert rounding.round_price(60000 * 1.005, 0.1, is_buy) == 60300.0
        assert rounding.round_price(600.21, 0.01, is_buy) == 600.21
        assert rounding.round_price(0.3, 0.3, is_buy) == 0.3
    assert rounding.is_multiple(0.1 + 0.2, 0.1)
    assert not rounding.is_multiple(600.203, 0.01)


def test_sizes_go_down_whatever_their_sign() -> None:
    assert rounding.floor_quantity(1000 / 600.12, 0.01) == 1.66  # V002
    assert rounding.floor_quantity(-1.669, 0.01) == -1.66
    assert math.copysign(1.0, rounding.floor_quantity(-0.001, 0.01)) == 1.0
    assert rounding.floor_quantity(0.7 - 0.1, 0.1) == 0.6
    assert rounding.floor_quantity(0.002475247524752475, 1e-12) == 0.002475247524


def test_without_a_grid_the_value_stays() -> None:
    assert rounding.round_price(1.23456, 0.0, True) == 1.23456
    assert math.isnan(rounding.floor_quantity(NAN, 0.01))
    assert rounding.round_price(INF, 0.01, True) == INF
    assert rounding.floor_quantity(1e300, 0.01) == 1e300


@pytest.mark.parametrize("is_short", [False, True])
def test_v08_adding_weights_and_reducing_keeps(is_short: bool) -> None:
    quantity, average, realized = ledger.book_fill(0.0, NAN, 2.0, 100.0, is_short)
    assert (quantity, average, realized) == (2.0, 100.0, 0.0)
    quantity, average, realized = ledger.book_fill(quantity, average, 2.0, 110.0, is_short)
    assert (quantity, average, realized) == (4.0, 105.0, 0.0)
    quantity, average, realized = ledger.book_fill(quantity, average, -1.0, 115.0, is_short)
    assert (quantity, average, realized) == (3.0, 105.0, -10.0 if is_short else 10.0)
    assert ledger.unrealized(quantity, average, 110.0, is_short) == (-15.0 if is_short else 15.0)


def test_v08_a_signed_leg_flips_at_the_price_of_the_fill() -> None:
    assert ledger.book_fill(2.0, 100.0, -5.0, 103.0) == (-3.0, 103.0, 6.0)
    assert ledger.book_fill(-2.0, 100.0, 5.0, 103.0) == (3.0, 103.0, -6.0)
    assert ledger.book_fill(-2.0, 100.0, -2.0, 90.0) == (-4.0, 95.0, 0.0)
    assert ledger.book_fill(-4.0, 95.0, 1.0, 90.0) == (-3.0, 95.0, 5.0)


def test_a_leg_closed_in_pieces_is_flat_and_has_no_average() -> None:
    quantity, average, _ = ledger.book_fill(0.3, 100.0, -0.1, 101.0)
    quantity, average, realized = ledger.book_fill(quantity, average, -0.2, 101.0)
    assert quantity == 0.0
    assert math.isnan(average)
    assert realized == pytest.approx(0.2, abs=1e-12)
    assert ledger.unrealized(quantity, average, 50.0) == 0.0


def test_fees_and_funding() -> None:
    assert ledger.fee(-2.0, 100.0, 0.0005) == 0.1
    assert ledger.fee(2.0, 100.0, -0.0001) == -0.02
    assert ledger.funding_received(2.0, 100.0, 0.0001) == -0.02  # V-10: a positive rate lets longs pay
    assert ledger.funding_received(-2.0, 100.0, 0.0001) == 0.02


def test_d_number_of_reductions_c000_20() -> None:
    assert hedging.exit_steps_bound(2.0, 0.02, 0.2) == 21
    assert hedging.exit_steps_bound(2.0, 0.02, 0.3) == 13
    assert hedging.exit_steps_bound(2.0, 0.01, 0.3) == 15
    assert hedging.exit_steps_bound(2.0, 0.02, 0.4) == 10
    assert hedging.exit_steps_bound(8.0, 1.0, 0.5) == 4  # a whole logarithm: 3 leave exactly epsilon, which is not less
    assert hedging.exit_steps_bound(1.0, 1.0, 0.3) == 1
    assert hedging.exit_steps_bound(0.5, 1.0, 0.3) == 0


def test_e_first_passage_time_c000_05() -> None:
    assert hedging.expected_interval(21600.0, 0.004, 1.5e-5) == pytest.approx(23040.0)  # above tau_max: C3
    assert hedging.expected_interval(21600.0, 0.004, 2.1e-5) < 21600.0
    assert math.isnan(hedging.expected_interval(21600.0, 0.004, 0.0))
    assert math.isnan(hedging.expected_interval(21600.0, 0.004, NAN))


def test_c000_09_the_profit_may_also_pay_for_the_loss() -> None:
    q_long, q_short, closed, realized = hedging.transfer(0.0, 100.0, 1.0, 100.0, 101.0, True, 1.0, 0.5, True)
    assert (q_long, q_short, closed, realized) == (0.0, 0.5, 0.5, -0.5)
    assert hedging.transfer(0.0, 100.0, 1.0, 100.0, 101.0, True, 9.0, 0.5, True)[1:] == (0.0, 1.0, -1.0)
    assert hedging.transfer(0.0, 100.0, 1.0, 102.0, 101.0, True, 1.0, 0.5, True)[1:] == (1.0, 0.0, 0.0)
