"""The band strategy in nautilus_trader. Run by `bench_run.py` with the Python of an environment that has it.

nautilus_trader trades one net position of a perpetual with margin on a simulated exchange, so the pair's books and
decisions are the plain loop's, and each rebalance is one market order for the change of the net. Timers are counted
here (its own clock would raise one event more for each second); it has an account, no equity curve and no journal.
"""

from __future__ import annotations

import sys
from decimal import Decimal

import numpy as np
import pandas as pd
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.common.config import LoggingConfig
from nautilus_trader.model import Bar, BarType, Money, Quantity, QuoteTick, Venue
from nautilus_trader.model.currencies import BTC, USDT
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Price
from nautilus_trader.persistence.wranglers import BarDataWrangler, QuoteTickDataWrangler
from nautilus_trader.trading.strategy import Strategy
from plain_band import FEE, SECOND_US, Band, Variance

VENUE = Venue("BINANCE")
LOT = 3
"""decimals of a quantity"""


def perpetual() -> CryptoPerpetual:
    """A contract with the plain loop's fee, and prices as fine as the market's."""
    return CryptoPerpetual(
        InstrumentId(Symbol("BTCUSDT-PERP"), VENUE),
        Symbol("BTCUSDT"),
        BTC,
        USDT,
        USDT,
        is_inverse=False,
        price_precision=4,
        size_precision=LOT,
        price_increment=Price.from_str("0.0001"),
        size_increment=Quantity.from_str("0.001"),
        ts_event=0,
        ts_init=0,
        margin_init=Decimal("0.05"),
        margin_maint=Decimal("0.025"),
        maker_fee=Decimal(str(FEE)),
        taker_fee=Decimal(str(FEE)),
    )


class BandOfPeer(Strategy):  # type: ignore[misc]  # its module is not typed
    """Decides as the plain loop does."""

    def __init__(self, instrument: CryptoPerpetual, bars: BarType | None, half_spread: float) -> None:
        super().__init__()
        self.instrument = instrument
        self.bars = bars
        self.half_spread = half_spread
        self.variance = Variance()
        self.band: Band | None = None
        self.timer_us = float("inf")
        self.price = 0.0

    def on_start(self) -> None:
        if self.bars is None:
            self.subscribe_quote_ticks(self.instrument.id)
        else:
            self.subscribe_bars(self.bars)

    def on_quote_tick(self, tick: QuoteTick) -> None:
        self.look(tick.ts_event // 1_000, tick.bid_price.as_double(), tick.ask_price.as_double())

    def on_bar(self, bar: Bar) -> None:
        close = bar.close.as_double()
        self.look(bar.ts_event // 1_000, close * (1.0 - self.half_spread), close * (1.0 + self.half_spread))

    def look(self, time_us: int, bid: float, ask: float) -> None:
        band = self.band
        if band is None:
            self.band = band = Band(bid, ask)
            self.timer_us = time_us + SECOND_US if self.bars is None else float("inf")
        while self.timer_us < time_us:
            band.monitor(self.price)
            self.timer_us += SECOND_US
        self.price = price = (bid + ask) / 2.0
        before = band.long.quantity - band.short.quantity
        band.variance = self.variance.add(time_us, price)
        band.monitor(price)
        band.price_update(price, bid, ask)
        change = round(band.long.quantity - band.short.quantity - before, LOT)
        if change:
            side = OrderSide.BUY if change > 0.0 else OrderSide.SELL
            self.submit_order(self.order_factory.market(self.instrument.id, side, Quantity(abs(change), LOT)))


def main() -> None:
    """`peer_nautilus.py MARKET.npy GRAIN`: prints how often it rebalanced."""
    time_us, bid, ask = np.load(sys.argv[1])
    index = pd.to_datetime(time_us.astype(np.int64), unit="us", utc=True)
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True), run_analysis=False))
    engine.add_venue(VENUE, OmsType.NETTING, AccountType.MARGIN, [Money(200_000, USDT)], default_leverage=Decimal(20))
    instrument = perpetual()
    engine.add_instrument(instrument)
    bars = None
    if sys.argv[2] == "quotes":
        table = pd.DataFrame({"bid_price": bid, "ask_price": ask}, index=index)
        engine.add_data(QuoteTickDataWrangler(instrument).process(table))
    else:
        bars = BarType.from_str(f"{instrument.id}-1-MINUTE-LAST-EXTERNAL")
        close = (bid + ask) / 2.0
        table = pd.DataFrame({name: close for name in ("open", "high", "low", "close")}, index=index)
        engine.add_data(BarDataWrangler(bars, instrument).process(table))
    strategy = BandOfPeer(instrument, bars, float((ask[0] - bid[0]) / (ask[0] + bid[0])))
    engine.add_strategy(strategy)
    engine.run()
    assert strategy.band is not None, "there are no events"
    print(strategy.band.outcome.rebalances)
    engine.dispose()


if __name__ == "__main__":
    main()
