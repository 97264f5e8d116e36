"""The band strategy in backtesting.py. Run by `bench_run.py` with the Python of an environment that has it.

backtesting.py trades one net position at the close, so the pair's books and decisions are the plain loop's, and each
rebalance is one order for the change of the net. It has an equity curve; it has no legs, timers of its own are counted
here, and there is no touch, no journal and no margin by tiers.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy
from plain_band import FEE, SECOND_US, Band, Variance

UNITS = 1_000.0
"""backtesting.py trades whole units: thousandths of a coin, at a thousandth of the price"""


class BandOfPeer(Strategy):
    """Decides as the plain loop does."""

    time_us: np.ndarray
    bid: np.ndarray
    ask: np.ndarray
    has_timer = False
    rebalances = 0

    def init(self) -> None:
        self.variance = Variance()
        self.band: Band | None = None
        self.price = 0.0

    def next(self) -> None:
        place = len(self.data) - 1
        if self.band is None:
            for earlier in range(place):  # the first row is the library's own
                self.look(earlier)
        self.look(place)

    def look(self, place: int) -> None:
        time_us, bid, ask = int(self.time_us[place]), float(self.bid[place]), float(self.ask[place])
        if self.band is None:
            self.band = Band(bid, ask)
            self.timer_us = time_us + SECOND_US if self.has_timer else float("inf")
        band = self.band
        while self.timer_us < time_us:
            band.monitor(self.price)
            self.timer_us += SECOND_US
        self.price = price = (bid + ask) / 2.0
        before = band.long.quantity - band.short.quantity
        band.variance = self.variance.add(time_us, price)
        band.monitor(price)
        band.price_update(price, bid, ask)
        units = round((band.long.quantity - band.short.quantity - before) * UNITS)
        if units > 0:
            self.buy(size=units)
        elif units < 0:
            self.sell(size=-units)
        type(self).rebalances = band.outcome.rebalances


def main() -> None:
    """`peer_backtesting.py MARKET.npy GRAIN`: prints how often it rebalanced."""
    time_us, bid, ask = np.load(sys.argv[1])
    close = (bid + ask) / 2.0 / UNITS
    table = pd.DataFrame({name: close for name in ("Open", "High", "Low", "Close")})
    table.index = pd.to_datetime(time_us.astype(np.int64), unit="us")
    BandOfPeer.time_us, BandOfPeer.bid, BandOfPeer.ask = time_us, bid, ask
    BandOfPeer.has_timer = sys.argv[2] == "quotes"
    test = Backtest(
        table, BandOfPeer, cash=200_000.0, commission=FEE, margin=0.05, trade_on_close=True, finalize_trades=True
    )
    test.run()
    print(BandOfPeer.rebalances)


if __name__ == "__main__":
    main()
