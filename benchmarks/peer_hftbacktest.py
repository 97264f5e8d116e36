"""The band strategy in hftbacktest. Run by `bench_kernel.py` with the Python of an environment that has it.

    python benchmarks/peer_hftbacktest.py MARKET.npy [--roi]: prints nanoseconds a quote, and rebalances, as JSON

MARKET.npy holds time (microseconds), bid and ask as rows. The rules are those of `by_hand` in bench_kernel, compiled by
numba inside hftbacktest's loop, which is let go on from quote to quote. hftbacktest holds one net position: a rebalance
is one order for the change of the net, at the touch, without latency. It keeps queues and latencies that this strategy
has no use for; it has no legs, margin, funding, invariants, timers of its own or equity curve.
"""

from __future__ import annotations

import json
import math
import sys
import time

import numpy as np
from hftbacktest import (
    BUY_EVENT,
    DEPTH_EVENT,
    EXCH_EVENT,
    GTC,
    LIMIT,
    LOCAL_EVENT,
    SELL_EVENT,
    BacktestAsset,
    HashMapMarketDepthBacktest,
    ROIVectorMarketDepthBacktest,
    event_dtype,
)
from numba import njit

FEE, K, ALPHA, BETA, TAU_US, Q0 = 0.0005, 8.0, 0.5, 0.25, 6 * 3600 * 1_000_000, 1.0
DEEP = 1e6
"""a size beyond every order"""


def events_of(time_us: np.ndarray, bid: np.ndarray, ask: np.ndarray) -> np.ndarray:
    """Each quote as the rows of depth that it changes: the old level goes, the new one comes."""
    both = EXCH_EVENT | LOCAL_EVENT | DEPTH_EVENT
    parts = []
    for prices, side in ((bid, BUY_EVENT), (ask, SELL_EVENT)):
        moved = np.flatnonzero(np.diff(prices)) + 1
        for order, places, levels, size in (
            (0, moved, prices[moved - 1], 0.0),
            (1, np.arange(len(prices)), prices, DEEP),
        ):
            rows = np.zeros(len(places), event_dtype)
            rows["ev"], rows["px"], rows["qty"] = both | side, levels, size
            rows["exch_ts"] = rows["local_ts"] = time_us[places] * 1000
            parts.append((places * 2 + order, rows))
    keys = np.concatenate([key for key, _ in parts])
    return np.concatenate([rows for _, rows in parts])[np.argsort(keys, kind="stable")]


@njit
def play(hbt, count, ring_time, ring):
    """The rules of the spec while it is ACTIVE; gives how often it rebalanced."""
    tau, mes, size = TAU_US / 1e6, K * FEE, len(ring)
    rebalances, head, tail, variance, last, start = 0, 0, 0, 0.0, 0.0, 0
    ql = qs = Q0
    pl = ps = ref = 0.0
    for i in range(count):
        if hbt.elapse(1_000_000_000) != 0:
            break
        depth = hbt.depth(0)
        bid, ask, now = depth.best_bid, depth.best_ask, hbt.current_timestamp // 1000
        price = (bid + ask) / 2.0
        if i == 0:
            pl, ps, ref, start = ask, bid, price, now
        else:
            while head < tail and ring_time[head % size] <= now - TAU_US:
                variance -= ring[head % size]
                head += 1
            step = math.log(price / last)
            ring_time[tail % size], ring[tail % size] = now, step * step
            variance += step * step
            tail += 1
        last = price
        if now - start >= TAU_US and (variance < mes * FEE or tau * mes * mes / variance > tau):
            continue
        if abs(price - ref) < mes * ref:
            continue
        up = price > ref
        won = ql * (price - pl) if up else qs * (ps - price)
        if won <= 0.0:
            continue
        profit = BETA * won
        nl, ns = (ql * (1 - BETA), qs) if up else (ql, qs * (1 - BETA))
        repair = ALPHA * profit / price
        nl, ns = (nl, max(ns - repair, 0.0)) if up else (max(nl - repair, 0.0), ns)
        more = max((1 - ALPHA) * profit / (2 * price), (2 * Q0 - nl - ns) / 2)
        nl, ns = nl + more, ns + more
        pl = (ql * pl + (nl - ql) * ask) / nl if nl > ql else pl
        ps = (qs * ps + (ns - qs) * bid) / ns if ns > qs else ps
        net = round((nl - ns) - (ql - qs), 3)
        hbt.clear_inactive_orders(0)
        if net > 0:
            hbt.submit_buy_order(0, i + 1, ask, net, GTC, LIMIT, False)
        elif net < 0:
            hbt.submit_sell_order(0, i + 1, bid, -net, GTC, LIMIT, False)
        ql, qs, ref = nl, ns, price
        rebalances += 1
    return rebalances


def main() -> None:
    """Build the market, play it twice (the first time compiles), and print the second."""
    time_us, bid, ask = np.load(sys.argv[1])
    events = events_of(time_us.astype(np.int64), bid, ask)
    make = ROIVectorMarketDepthBacktest if "--roi" in sys.argv else HashMapMarketDepthBacktest
    spent = []
    rebalances = 0
    for rows, count in ((events[:1000], 200), (events, len(time_us))):
        asset = BacktestAsset().data(rows).linear_asset(1.0).constant_order_latency(0, 0).risk_adverse_queue_model()
        asset = asset.no_partial_fill_exchange().trading_value_fee_model(0.0, FEE).tick_size(0.1).lot_size(0.001)
        if "--roi" in sys.argv:
            asset = asset.roi_lb(float(bid.min()) - 1.0).roi_ub(float(ask.max()) + 1.0)
        hbt = make([asset])
        begin = time.perf_counter()
        rebalances = play(hbt, count, np.zeros(32_768, np.int64), np.zeros(32_768))
        spent.append(time.perf_counter() - begin)
        hbt.close()
    print(json.dumps({"ns": spent[-1] / len(time_us) * 1e9, "rebalances": rebalances}))


if __name__ == "__main__":
    main()
