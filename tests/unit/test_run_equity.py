"""The equity of a run over time, worked out by hand: every change of the books is a row, the rest is sampled."""

from __future__ import annotations

import pytest

from fsmtrader.domain.orders import Answer, CancelIntent, Filled, Funded, OrderIntent, PoolIntent
from fsmtrader.engine.core import Core
from fsmtrader.engine.drive import Driver
from fsmtrader.engine.events import Market, Told
from fsmtrader.program.compiler import check
from fsmtrader.program.ir import Query
from fsmtrader.research.equity import EquityCurve
from fsmtrader.research.hooks import Hooks, heard_by
from fsmtrader.spec.source import Source

SPEC = """
fsm: 1
accounts: {main: {exchange: binanceusdm, position_mode: hedge}}
legs:
  L: {account: main, symbol: BTC/USDT:USDT, side: long}
  S: {account: main, symbol: BTC/USDT:USDT, side: short}
events: {tick: price(L)}
states:
  A: {on: {tick: {if: mark(L) > 100, do: [{qL: 2, qS: 0.5}], transition_to: B}}}
  B: {on: {tick: {if: mark(L) < 91, do: [{qL: 0}], transition_to: C}}}
  C: {}
"""


class Desk:
    """A market of one price whose venue fills at it for a fee of 1, and a curve that looks on."""

    def __init__(self, limit: int = 100) -> None:
        self.mark = float("nan")
        self.core = Core(check(Source("spec.yml", SPEC.encode())).require(), {}, self)
        self.curve = EquityCurve(self.core, limit)
        self.driver: Driver = heard_by(Hooks(), lambda core: None, self.curve.heard, lambda items: None).driver(
            self.core, self
        )

    def at(self, second: int, price: float, *told: Told) -> None:
        self.mark = price
        self.driver.deliver(Market(second * 1_000_000, (0,), told))
        self.curve.after(second * 1_000_000)

    def answer(self, query: Query, arguments: tuple[float, ...]) -> float:
        return self.mark

    def lot(self, leg: str) -> float:
        return 0.0

    tick = least = lot

    def price(self, leg: str) -> float:
        return self.mark

    def equity(self, account: str) -> float:
        return 1000.0

    def take(self, order: OrderIntent | PoolIntent, now_us: int) -> tuple[Answer, ...]:
        assert isinstance(order, OrderIntent)
        return (Filled(order.client_id, abs(order.change), self.mark, 1.0),)

    def cancel(self, cancel: CancelIntent, now_us: int) -> tuple[Answer, ...]:
        return ()


def test_every_column_by_hand() -> None:
    """2 long and 0.5 short at 101; at 90 the long leg is closed, 22 worse; the short one has won 5.5, funding paid 3."""
    desk = Desk()
    for second, price in ((1, 99.0), (2, 101.0), (3, 111.0), (4, 95.0), (5, 90.0)):
        desk.at(second, price, *((Funded("L", -3.0, 1e-4, 95.0),) if second == 4 else ()))
    frame = desk.curve.frame()
    columns = ("price", "equity", "cash", "realised", "unrealised", "fees", "funding", "exposure", "drawdown", "gross")
    assert frame.select("time_us", *columns).rows() == [
        pytest.approx(row, abs=1e-9)
        for row in [
            (1_000_000, 99.0, 1000.0, 1000.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
            (2_000_000, 101.0, 998.0, 998.0, 0.0, 0.0, 2.0, 0.0, 151.5, 2.0, 252.5),
            (3_000_000, 111.0, 1013.0, 998.0, 0.0, 15.0, 2.0, 0.0, 166.5, 0.0, 277.5),
            (4_000_000, 95.0, 986.0, 995.0, 0.0, -9.0, 2.0, -3.0, 142.5, 27.0, 237.5),
            (5_000_000, 90.0, 977.5, 972.0, -22.0, 5.5, 3.0, -3.0, 45.0, 35.5, 45.0),
        ]
    ]
    assert frame.select("mark", "q_L", "q_S").rows()[-2:] == [(95.0, 2.0, 0.5), (90.0, 0.0, 0.5)]
    assert desk.curve.peak == 1013.0 and desk.curve.deepest == pytest.approx(35.5)


def test_samples_are_thinned_and_changes_and_the_peak_are_not() -> None:
    """Of 101 events 8 samples at most are kept: the first, and others ever further apart; both fills stay."""
    desk = Desk(limit=8)
    for second in range(1, 102):
        price = {50: 101.0, 60: 150.0, 77: 90.0}.get(second, 99.0)
        desk.at(second, price)
    seconds = [time_us // 1_000_000 for time_us in desk.curve.frame()["time_us"].to_list()]
    assert {1, 50, 77, 101} <= set(seconds)
    assert len(seconds) <= 8 + 3
    assert seconds == sorted(set(seconds))
    assert 60 not in seconds and desk.curve.peak == pytest.approx(998.0 + 1.5 * 49), "seen at every event"
    between = [second for second in seconds if second not in (50, 77, 101)]
    assert between == [1, 17, 33, 49, 65, 81, 97]


def test_a_run_without_events_has_no_rows() -> None:
    assert Desk().curve.frame().height == 0


def test_each_further_market_has_a_column_for_its_price() -> None:
    desk = Desk()
    spec = SPEC.replace("S: {account: main, symbol: BTC", "S: {account: main, symbol: ETH")
    curve = EquityCurve(Core(check(Source("spec.yml", spec.encode())).require(), {}, desk))
    desk.mark = 7.0
    curve.after(1_000_000)
    row = curve.frame().row(0, named=True)
    assert row["price_S"] == 7.0 and "price_L" not in row, "the first market's is called price"
