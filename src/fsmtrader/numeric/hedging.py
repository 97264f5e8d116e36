"""Band-limited dynamic hedging: the formulas of document 000 (R000-12 to R000-22, R000-40, R000-41).

A pair is `(q_long, p_long, q_short, p_short)`: quantities at least zero, the short one stored positive, and average
prices. `up` says that the price stands above the reference, so that the long leg is the winning one. All is gross of
fees and slippage (C000-14).
"""

from __future__ import annotations

import math

from fsmtrader.numeric.compare import greater, is_number


def profits(q_long: float, p_long: float, q_short: float, p_short: float, price: float) -> tuple[float, float]:
    """What each leg has won so far (R000-12); an empty leg has won nothing."""
    on_long = q_long * (price - p_long) if q_long > 0.0 else 0.0
    on_short = q_short * (p_short - price) if q_short > 0.0 else 0.0
    return on_long, on_short


def net_exposure(q_long: float, q_short: float, price: float) -> float:
    """What the pair stands to win or lose on a move, in quote: E_t (R000-28)."""
    return abs(q_long - q_short) * price


def realize(
    q_long: float, p_long: float, q_short: float, p_short: float, price: float, up: bool, beta: float
) -> tuple[float, float, float]:
    """Close the share `beta` of the winning leg: `(q_long, q_short, profit)` (R000-13, R000-19)."""
    on_long, on_short = profits(q_long, p_long, q_short, p_short, price)
    if up:
        return q_long * (1.0 - beta), q_short, beta * on_long
    return q_long, q_short * (1.0 - beta), beta * on_short


def transfer(
    q_long: float,
    p_long: float,
    q_short: float,
    p_short: float,
    price: float,
    up: bool,
    profit: float,
    alpha: float,
    by_loss: bool,
) -> tuple[float, float, float, float]:
    """Spend the share `alpha` of a profit on the losing leg: `(q_long, q_short, closed, realized)`.

    As written (R000-15) the share is the notional that is closed; `by_loss` reads it as the loss that is taken
    (C000-09). Never more is closed than there is.
    """
    held = q_short if up else q_long
    per_unit = (p_short - price if up else price - p_long) if held > 0.0 else 0.0
    wanted = alpha * profit / price
    if by_loss:
        wanted = alpha * profit / -per_unit if per_unit < 0.0 else 0.0
    closed = min(wanted, held)
    left = max(held - wanted, 0.0)
    if up:
        return q_long, left, closed, closed * per_unit
    return left, q_short, closed, closed * per_unit


def rebuild(
    q_long: float,
    p_long: float,
    q_short: float,
    p_short: float,
    price: float,
    profit: float,
    alpha: float,
    target_gross: float,
) -> tuple[float, float, float, float, float]:
    """Add the same quantity to both legs: `(q_long, p_long, q_short, p_short, added)` (R000-16, R000-17).

    The quantity is what the rest of the profit buys. With a `target_gross` above zero it is at least what brings both
    legs together back to that size (C000-08).
    """
    added = max((1.0 - alpha) * profit / (2.0 * price), (target_gross - q_long - q_short) / 2.0)
    if added <= 0.0:
        return q_long, p_long, q_short, p_short, 0.0
    new_long = q_long + added
    new_short = q_short + added
    mean_long = (q_long * p_long + added * price) / new_long if q_long > 0.0 else price
    mean_short = (q_short * p_short + added * price) / new_short if q_short > 0.0 else price
    return new_long, mean_long, new_short, mean_short, added


def realized(
    q_long: float, p_long: float, q_short: float, p_short: float, price: float, reference: float, beta: float
) -> tuple[float, float, float]:
    """`realize_profit` as a step: `(q_long, q_short, profit)`; all NaN while a value is not ready.

    Where the winning side has won nothing, it stays as it is and the profit is zero (C000-11).
    """
    on_long, on_short = profits(q_long, p_long, q_short, p_short, price)
    up = greater(price, reference)
    won = on_long if up else on_short
    if not (price > 0.0 and is_number(reference) and is_number(beta) and is_number(won)):
        return math.nan, math.nan, math.nan
    if not greater(won, 0.0):
        return q_long, q_short, 0.0
    return realize(q_long, p_long, q_short, p_short, price, up, beta)


def transferred(
    q_long: float,
    p_long: float,
    q_short: float,
    p_short: float,
    price: float,
    reference: float,
    profit: float,
    alpha: float,
    by_loss: float,
) -> tuple[float, float]:
    """`transfer_profit` as a step: `(q_long, q_short)`; both NaN while a value is not ready. `by_loss`: 1.0 or 0.0."""
    if not (price > 0.0 and is_number(reference) and is_number(profit) and is_number(alpha)):
        return math.nan, math.nan
    up = greater(price, reference)
    new_long, new_short, _, _ = transfer(q_long, p_long, q_short, p_short, price, up, profit, alpha, by_loss == 1.0)
    return new_long, new_short


def rebuilt(
    q_long: float, q_short: float, price: float, profit: float, alpha: float, size: float
) -> tuple[float, float]:
    """`rebuild_positions` as a step: `(q_long, q_short)`; both NaN while a value is not ready.

    `size` is what each leg had at the start, 0.0 for a pair that is rebuilt from its profit alone (C000-08). Without a
    profit nothing is added (C000-11).
    """
    if not (price > 0.0 and is_number(profit) and is_number(alpha) and is_number(size)):
        return math.nan, math.nan
    if not profit > 0.0:
        return q_long, q_short
    new_long, _, new_short, _, _ = rebuild(q_long, price, q_short, price, price, profit, alpha, 2.0 * size)
    return new_long, new_short


def rebalance(
    q_long: float,
    p_long: float,
    q_short: float,
    p_short: float,
    price: float,
    reference: float,
    alpha: float,
    beta: float,
    target_gross: float,
    by_loss: bool,
) -> tuple[float, float, float, float, float, float, float]:
    """One whole rebalance: `(q_long, p_long, q_short, p_short, reference, realized, traded)`.

    `traded` is the notional of all its steps (R000-22), `realized` what goes to cash. Without a profit on the winning
    side nothing changes, the reference neither (C000-11, C000-12).
    """
    up = greater(price, reference)
    q1_long, q1_short, profit = realized(q_long, p_long, q_short, p_short, price, reference, beta)
    if not profit > 0.0:
        return q_long, p_long, q_short, p_short, reference, 0.0, 0.0
    q2_long, q2_short, closed, loss = transfer(q1_long, p_long, q1_short, p_short, price, up, profit, alpha, by_loss)
    new_long, mean_long, new_short, mean_short, added = rebuild(
        q2_long, p_long, q2_short, p_short, price, profit, alpha, target_gross
    )
    taken = q_long - q1_long if up else q_short - q1_short
    return new_long, mean_long, new_short, mean_short, price, profit + loss, (taken + closed + 2.0 * added) * price


def reduce_both(q_long: float, q_short: float, eta: float) -> tuple[float, float]:
    """One step of the exit: the share `eta` of each leg is closed (R000-36)."""
    return q_long * (1.0 - eta), q_short * (1.0 - eta)


def exit_steps_bound(quantity: float, epsilon: float, eta: float) -> int:
    """The number of reductions until less than `epsilon` of `quantity` is left (R000-40, C000-20).

    The document's logarithm, rounded up; where it is whole one more is needed, because the test is strict.
    """
    if quantity < epsilon:
        return 0
    exact = math.log(epsilon / quantity) / math.log(1.0 - eta)
    nearest = math.floor(exact + 0.5)
    if abs(exact - nearest) <= 1e-9 * max(abs(exact), 1.0):
        return nearest + 1
    return math.ceil(exact)


def exit_cost_bounds(f: float, quantity: float, p_max: float, eta: float) -> tuple[float, float]:
    """Upper bounds of the exit's fees in quote: the tight one and the document's (R000-41, C000-21)."""
    tight = f * quantity * p_max
    return tight, 2.0 * tight / eta


def expected_interval(tau_max: float, mes: float, variance: float) -> float:
    """Mean time between two crossings of the band, for the variance of `tau_max` seconds (C000-05).

    Not ready where nothing has moved: a division by zero has no value in the language either.
    """
    return tau_max * (mes * mes) / variance if variance > 0.0 else math.nan
