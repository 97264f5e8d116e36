"""What must hold of document 000's formulas and of the ledger for any numbers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsmtrader.numeric import compare, hedging, ledger, rounding

quantities = st.floats(0.01, 100.0)
prices = st.floats(50.0, 200.0)
shares = st.floats(0.01, 1.0)
inner_shares = st.floats(0.01, 0.99)
pairs = st.tuples(quantities, prices, quantities, prices)
LIMIT = settings(max_examples=150, deadline=None)


def near(number: float, scale: float = 1.0) -> object:
    return pytest.approx(number, rel=1e-9, abs=1e-9 * scale)


@given(pairs, prices, inner_shares, shares, st.sampled_from([0.0, 50.0]), st.booleans(), st.sampled_from([0.9, 1.1]))
@LIMIT
def test_r000_20_swapping_the_legs_mirrors_everything(
    pair: tuple[float, float, float, float],
    price: float,
    alpha: float,
    beta: float,
    gross: float,
    by_loss: bool,
    move: float,
) -> None:
    q_long, p_long, q_short, p_short = pair
    here = hedging.rebalance(q_long, p_long, q_short, p_short, price, price / move, alpha, beta, gross, by_loss)
    there = hedging.rebalance(
        q_short, 2 * price - p_short, q_long, 2 * price - p_long, price, price * move, alpha, beta, gross, by_loss
    )
    assert (here[6] > 0.0) == (there[6] > 0.0)
    assert (there[0], there[2]) == (near(here[2]), near(here[0]))
    assert (there[1], there[3]) == (near(2 * price - here[3], price), near(2 * price - here[1], price))
    assert (there[5], there[6]) == (near(here[5], 100 * price), near(here[6], 100 * price))


@given(pairs, prices, prices, inner_shares, shares, st.sampled_from([0.0, 50.0]), st.booleans())
@LIMIT
def test_r000_21_a_rebalance_leaves_equity_as_it_was(
    pair: tuple[float, float, float, float],
    price: float,
    reference: float,
    alpha: float,
    beta: float,
    gross: float,
    by_loss: bool,
) -> None:
    before = sum(hedging.profits(*pair, price))
    after = hedging.rebalance(*pair, price, reference, alpha, beta, gross, by_loss)
    assert sum(hedging.profits(*after[:4], price)) + after[5] == pytest.approx(before, abs=1e-8)
    assert after[0] >= 0.0
    assert after[2] >= 0.0


@given(pairs, prices, prices, inner_shares, shares)
@LIMIT
def test_r000_22_traded_notional(
    pair: tuple[float, float, float, float], price: float, reference: float, alpha: float, beta: float
) -> None:
    q_long, _, q_short, _ = pair
    up = compare.greater(price, reference)
    profit = beta * hedging.profits(*pair, price)[0 if up else 1]
    traded = hedging.rebalance(*pair, price, reference, alpha, beta, 0.0, False)[6]
    if not compare.greater(profit, 0.0):
        assert traded == 0.0
        return
    winner, loser = (q_long, q_short) if up else (q_short, q_long)
    repaired = min(alpha * profit, loser * price)
    assert traded == near(beta * winner * price + repaired + (1 - alpha) * profit)


@given(st.floats(0.001, 10.0), st.floats(0.001, 0.99), st.floats(0.2, 0.4))
@LIMIT
def test_r000_40_r000_41_the_exit_ends_within_its_bounds(quantity: float, share: float, eta: float) -> None:
    epsilon = share * quantity
    left, steps, fees = quantity, 0, 0.0
    while not compare.less(left, epsilon):
        less, _ = hedging.reduce_both(left, 0.0, eta)
        fees += 0.001 * (left - less) * 100.0
        left, steps = less, steps + 1
    assert steps <= hedging.exit_steps_bound(quantity, epsilon, eta)
    tight, wide = hedging.exit_cost_bounds(0.001, quantity, 100.0, eta)
    assert fees <= tight <= wide


fills = st.lists(st.tuples(st.integers(-30, 30).filter(bool), prices), min_size=1, max_size=30)


@given(fills, prices)
@LIMIT
def test_v09_cash_identity_of_a_signed_leg(trades: list[tuple[int, float]], mark: float) -> None:
    quantity, average, gained, paid = 0.0, math.nan, 0.0, 0.0
    for lots, price in trades:
        quantity, average, realized = ledger.book_fill(quantity, average, lots / 10, price)
        gained += realized
        paid += lots / 10 * price
    assert quantity == pytest.approx(sum(lots for lots, _ in trades) / 10, abs=1e-9)
    assert gained + ledger.unrealized(quantity, average, mark) == pytest.approx(quantity * mark - paid, abs=1e-8)


@given(fills, prices, st.booleans())
@LIMIT
def test_v09_cash_identity_of_a_leg_with_a_side(trades: list[tuple[int, float]], mark: float, is_short: bool) -> None:
    quantity, average, gained, held = 0.0, math.nan, 0.0, 0
    sign = -1.0 if is_short else 1.0
    paid = 0.0
    for lots, price in trades:
        change = max(lots, -held)  # a leg with a side is never closed beyond zero
        held += change
        quantity, average, realized = ledger.book_fill(quantity, average, change / 10, price, is_short)
        gained += realized
        paid += change / 10 * price
        assert quantity >= 0.0
        assert math.isnan(average) == (held == 0)
    assert gained + ledger.unrealized(quantity, average, mark, is_short) == pytest.approx(
        sign * (quantity * mark - paid), abs=1e-8
    )


@given(st.floats(1e-6, 1e6), st.sampled_from([0.01, 0.1, 0.5, 1.0, 0.001, 0.025, 5.0]))
@LIMIT
def test_rounding_is_safe_and_near(value: float, step: float) -> None:
    down, up = rounding.round_price(value, step, True), rounding.round_price(value, step, False)
    slack = 2e-9 * step + 1e-13 * value
    assert value - step - slack < down <= value + slack
    assert value - slack <= up < value + step + slack
    for rounded in (down, up):
        assert rounding.is_multiple(rounded, step)
        assert rounding.round_price(rounded, step, True) == rounded == rounding.round_price(rounded, step, False)


@given(st.integers(0, 10**7), st.sampled_from([(0.01, 2), (0.1, 1), (0.001, 3), (1e-8, 8), (1.0, 0)]))
@LIMIT
def test_every_multiple_is_the_decimal_number(count: int, grid: tuple[float, int]) -> None:
    step, decimals = grid
    written = float(f"{count}e-{decimals}")
    assert rounding.floor_quantity(count * step, step) == written
    assert rounding.round_price(written, step, False) == written


numbers = st.floats(-1e9, 1e9) | st.sampled_from([math.nan, math.inf, -math.inf])


@given(numbers, numbers)
@LIMIT
def test_exactly_one_of_three_unless_not_ready(a: float, b: float) -> None:
    truths = [compare.less(a, b), compare.equal(a, b), compare.greater(a, b)]
    assert sum(truths) == (0 if math.isnan(a) or math.isnan(b) else 1)
    assert compare.less_equal(a, b) == (truths[0] or truths[1])
    assert compare.greater_equal(a, b) == (truths[1] or truths[2])
    assert compare.not_equal(a, b) == (truths[0] or truths[2])
    assert compare.less(b, a) == truths[2]
