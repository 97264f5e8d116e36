"""The band strategy as somebody would write it by hand: one loop over quotes or bars, nothing general in it.

The rules are those of `specs/band_limited_hedging.yml` at its own parameters: fills at the touch without lots, fees
at a flat rate, no margin, no funding, no journal, no equity curve. It decides what `fsm run --profile exact` decides.
"""

from __future__ import annotations

import math
import sys
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

SECOND_US = 1_000_000
FEE, K, ALPHA, BETA, E_MAX, TAU, DELTA, ETA, STREAK, Q0 = 0.0005, 8.0, 0.5, 0.25, 130_000.0, 21_600, 0.5, 0.3, 3, 1.0
MES = K * FEE
HALF_SPREAD = 0.5e-4


@dataclass(slots=True)
class Outcome:
    """What the loop did: completed rebalances and steps of the exit, moves between states, and profit in quote."""

    rebalances: int = 0
    reductions: int = 0
    moves: int = 0
    profit: float = 0.0


@dataclass(slots=True)
class Leg:
    """One side of the pair: quantity, average price, and what it has realised after fees."""

    sign: float
    quantity: float = 0.0
    average: float = 0.0
    cash: float = 0.0

    def trade(self, bid: float, ask: float, *path: float) -> None:
        """Go along a path of quantities with one order for its net, at the touch; the books follow the path."""
        change = path[-1] - self.quantity
        price = ask if (change > 0.0) == (self.sign > 0.0) else bid
        self.cash -= abs(change) * price * FEE
        for target in path:
            step = target - self.quantity
            if step > 0.0:
                self.average = (self.average * self.quantity + price * step) / target
            elif step < 0.0:
                self.cash -= step * self.sign * (price - self.average)
            self.quantity = target


class Variance:
    """Sum of squared log returns over the last six hours; NaN until they are covered."""

    __slots__ = ("first_us", "last", "sum", "window")

    def __init__(self) -> None:
        self.window: deque[tuple[int, float]] = deque()
        self.sum = 0.0
        self.last = 0.0
        self.first_us = 0

    def add(self, time_us: int, price: float) -> float:
        window = self.window
        if self.last:
            step = math.log(price / self.last)
            window.append((time_us, step * step))
            self.sum += step * step
        else:
            self.first_us = time_us
        self.last = price
        cutoff = time_us - TAU * SECOND_US
        while window and window[0][0] <= cutoff:
            self.sum -= window.popleft()[1]
        return self.sum if time_us - self.first_us >= TAU * SECOND_US else math.nan


class Band:
    """The strategy's state and its four rules."""

    __slots__ = ("dust", "exit_reference", "long", "outcome", "reference", "short", "state", "streak", "variance")

    def __init__(self, bid: float, ask: float) -> None:
        self.long, self.short = Leg(1.0), Leg(-1.0)
        self.long.trade(bid, ask, Q0)
        self.short.trade(bid, ask, Q0)
        self.reference = self.exit_reference = (bid + ask) / 2.0
        self.state = "ACTIVE"
        self.streak = 0
        self.variance = math.nan
        self.dust = 0.0
        self.outcome = Outcome()

    def monitor(self, price: float) -> None:
        """Is it still worth while? Asked at each price and each second."""
        variance = self.variance
        if variance == variance:
            self.streak = self.streak + 1 if variance < MES * FEE else 0
        if self.state == "EXIT" or self.state == "TERMINATED":
            return
        calm = variance == variance and (variance == 0.0 or TAU * MES * MES / variance > TAU)
        if self.streak >= STREAK or abs(self.long.quantity - self.short.quantity) * price > E_MAX:
            self.exit_reference = price
            self.dust = 0.01 * (self.long.quantity + self.short.quantity)
            self.move("EXIT")
        elif self.state == "ACTIVE" and calm:
            self.move("PAUSE")
        elif self.state == "PAUSE" and variance == variance and not calm:
            self.move("ACTIVE")

    def move(self, state: str) -> None:
        self.state = state
        self.outcome.moves += 1

    def price_update(self, price: float, bid: float, ask: float) -> None:
        """Rebalance outside the band; in the exit reduce outside its own."""
        long, short = self.long, self.short
        if self.state == "ACTIVE" and abs(price - self.reference) >= MES * self.reference * (1.0 - 1e-9):
            up = price > self.reference
            winning = long.quantity * (price - long.average) if up else short.quantity * (short.average - price)
            if winning > 0.0:
                self.rebalance(price, bid, ask, up, BETA * winning)
        elif self.state == "EXIT" and abs(price - self.exit_reference) >= DELTA * MES * self.exit_reference:
            long.trade(bid, ask, long.quantity * (1.0 - ETA))
            short.trade(bid, ask, short.quantity * (1.0 - ETA))
            self.exit_reference = price
            self.outcome.reductions += 1
        if self.state == "EXIT" and long.quantity + short.quantity < self.dust:
            self.move("TERMINATED")
            long.trade(bid, ask, 0.0)
            short.trade(bid, ask, 0.0)

    def rebalance(self, price: float, bid: float, ask: float, up: bool, profit: float) -> None:
        """Realise a part of the winner, repair the loser, restore the gross; one net order a leg."""
        kept, repair = 1.0 - BETA, ALPHA * profit / price
        q_long, q_short = self.long.quantity, self.short.quantity
        first = (q_long * kept, q_short) if up else (q_long, q_short * kept)
        second = (first[0], max(first[1] - repair, 0.0)) if up else (max(first[0] - repair, 0.0), first[1])
        more = max((1.0 - ALPHA) * profit / (2.0 * price), (2.0 * Q0 - second[0] - second[1]) / 2.0)
        self.long.trade(bid, ask, first[0], second[0], second[0] + more)
        self.short.trade(bid, ask, first[1], second[1], second[1] + more)
        self.reference = price
        self.outcome.rebalances += 1


def play(quotes: Iterable[tuple[int, float, float]], *, has_timer: bool) -> Outcome:
    """Run over (time in microseconds, bid, ask). `has_timer`: the strategy also looks once a second between quotes."""
    variance = Variance()
    band: Band | None = None
    timer_us = math.inf
    price = bid = ask = 0.0
    for time_us, bid, ask in quotes:
        if band is None:
            band = Band(bid, ask)
            timer_us = time_us + SECOND_US if has_timer else math.inf
        while timer_us < time_us:
            band.monitor(price)
            timer_us += SECOND_US
        price = (bid + ask) / 2.0
        band.variance = variance.add(time_us, price)
        band.monitor(price)
        band.price_update(price, bid, ask)
    assert band is not None, "there are no quotes"
    outcome = band.outcome
    for leg in (band.long, band.short):
        outcome.profit += leg.cash + leg.sign * leg.quantity * (price - leg.average)
    return outcome


def main() -> None:
    """`plain_band.py MARKET.npy GRAIN`: prints how often it rebalanced."""
    time_us, bid, ask = np.load(sys.argv[1])
    quotes = zip(time_us.astype(np.int64).tolist(), bid.tolist(), ask.tolist(), strict=True)
    print(play(quotes, has_timer=sys.argv[2] == "quotes").rebalances)


if __name__ == "__main__":
    main()
