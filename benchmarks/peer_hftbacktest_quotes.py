"""The orders of a market maker in hftbacktest. Run by `bench_market_making.py` with the Python that has it.

    python benchmarks/peer_hftbacktest_quotes.py MARKET.npy ORDERS.npy RESULT.npy LATENCY_US [--roi] [--queue Q]

MARKET.npy holds time (microseconds), kind (3: a trade, 5: a level), price, size and side as rows; ORDERS.npy what was
sent when: time, number of the order, side (+1 buys), price, quantity, and how (0 cancels it, 1 post-only, 2 a plain
limit, 3 immediate-or-cancel). Orders are sent at the same moments as they were, whatever is filled. RESULT.npy gets
of each order what was filled; printed are nanoseconds an event, trades and position, as JSON.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from hftbacktest import (
    BUY_EVENT,
    DEPTH_EVENT,
    EXCH_EVENT,
    GTC,
    GTX,
    LIMIT,
    LOCAL_EVENT,
    SELL_EVENT,
    TRADE_EVENT,
    BacktestAsset,
    HashMapMarketDepthBacktest,
    ROIVectorMarketDepthBacktest,
    event_dtype,
)
from numba import njit

CANCEL, POST_ONLY, PLAIN = 0, 1, 2
IOC = 3
AT_THE_END = 1
TICK, LOT = 0.1, 0.001


def events_of(market: np.ndarray) -> np.ndarray:
    """The rows as hftbacktest takes them; both sides of the wire hear them at once."""
    time_us, kind, price, size, side = market
    events = np.zeros(market.shape[1], event_dtype)
    what = np.where(kind == 3, TRADE_EVENT, DEPTH_EVENT)
    events["ev"] = what | EXCH_EVENT | LOCAL_EVENT | np.where(side > 0, BUY_EVENT, SELL_EVENT)
    events["exch_ts"] = events["local_ts"] = time_us.astype(np.int64) * 1000
    events["px"], events["qty"] = price, size
    return events


@njit
def play(hbt, orders, end_ns, filled):
    """Send what was sent, when it was; then take down what came of it. Gives hftbacktest's code where it broke off."""
    code = 0
    hbt.elapse(1)  # before its first step it knows no time
    for row in range(orders.shape[0]):
        at_ns = np.int64(orders[row, 0]) * 1000
        if at_ns > hbt.current_timestamp:
            code = hbt.elapse(at_ns - hbt.current_timestamp)
        if code != 0:
            break
        number, how = np.uint64(orders[row, 1]), np.int64(orders[row, 5])
        if how == CANCEL:
            hbt.cancel(0, number, False)
            continue
        in_force = GTX if how == POST_ONLY else GTC if how == PLAIN else IOC
        if orders[row, 2] > 0:
            hbt.submit_buy_order(0, number, orders[row, 3], orders[row, 4], in_force, LIMIT, False)
        else:
            hbt.submit_sell_order(0, number, orders[row, 3], orders[row, 4], in_force, LIMIT, False)
    if code == 0 and end_ns > hbt.current_timestamp:
        code = hbt.elapse(end_ns - hbt.current_timestamp)
    values = hbt.orders(0).values()
    while values.has_next():
        order = values.get()
        filled[order.order_id] = order.qty - order.leaves_qty
    return code


def main() -> None:
    """Play it twice (the first time compiles), and print the second."""
    market_path, orders_path, result_path, latency_us = sys.argv[1:5]
    market, orders = np.load(market_path), np.load(orders_path)
    queue = sys.argv[sys.argv.index("--queue") + 1] if "--queue" in sys.argv else "risk"
    events = events_of(market)
    make = ROIVectorMarketDepthBacktest if "--roi" in sys.argv else HashMapMarketDepthBacktest
    for _ in range(2):
        latency_ns = int(latency_us) * 1000
        asset = BacktestAsset().data(events).linear_asset(1.0).constant_order_latency(latency_ns, latency_ns)
        asset = asset.partial_fill_exchange().trading_value_fee_model(0.0, 0.0).tick_size(TICK).lot_size(LOT)
        if queue == "risk":
            asset = asset.risk_adverse_queue_model()
        elif queue == "log":
            asset = asset.log_prob_queue_model()
        else:
            asset = asset.power_prob_queue_model(float(queue.partition(":")[2]))
        if "--roi" in sys.argv:
            trades = market[2][market[1] == 3]
            asset = asset.roi_lb(float(trades.min()) - 1000.0).roi_ub(float(trades.max()) + 1000.0)
        hbt = make([asset])
        filled = np.zeros(int(orders[:, 1].max()) + 1)
        begin = time.perf_counter()
        code = play(hbt, orders, int(market[0][-1]) * 1000, filled)
        spent = time.perf_counter() - begin
        if code not in (0, AT_THE_END):
            raise SystemExit(f"hftbacktest broke off with code {code}")
        state = hbt.state_values(0)
        trades, position = int(state.num_trades), float(hbt.position(0))
        hbt.close()
    np.save(result_path, filled)
    print(json.dumps({"ns": spent / market.shape[1] * 1e9, "trades": trades, "position": position}))


if __name__ == "__main__":
    main()
