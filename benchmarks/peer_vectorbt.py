"""The band strategy in vectorbt. Run by `bench_sweep.py` with the Python of an environment that has it.

`Portfolio.from_order_func` calls a compiled function for every row of every set; it trades the net of the pair at the
touch, while books and decisions of the two legs are kept beside it, as in the loop written by hand (`bench_kernel.py`).
The realised variance is the same for all sets, so it is worked out once, before the time is taken. What vectorbt does
besides: a value of the portfolio and a record of each order. It has no legs, timers, margin by tiers or filters.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
import vectorbt as vbt
from numba import njit
from vectorbt.portfolio import nb

Q0, FEE, ALPHA, BETA, TAU_US = 1.0, 0.0005, 0.5, 0.25, 6 * 3600 * 1_000_000
QL, QS, PL, PS, REF, REF_EXIT, STATE, STREAK, REBALANCES = range(9)
WIDTH = 9


@njit
def variance_of(time_us, price):
    """The sum of squared log returns over the last six hours; NaN until they are covered."""
    found = np.full(len(price), np.nan)
    total, tail = 0.0, 1
    for i in range(1, len(price)):
        total += np.log(price[i] / price[i - 1]) ** 2
        while time_us[tail] <= time_us[i] - TAU_US:
            total -= np.log(price[tail] / price[tail - 1]) ** 2
            tail += 1
        if time_us[i] - time_us[0] >= TAU_US:
            found[i] = total
    return found


@njit
def decide_nb(c, bid, ask, variance, ks, etas, books):
    """One row of one set: the change of the net position as an order."""
    i, s = c.i, books[c.col]
    price = (bid[i] + ask[i]) / 2.0
    mes, eta = ks[c.col] * FEE, etas[c.col]
    if i == 0:
        s[QL], s[QS], s[PL], s[PS], s[REF], s[REF_EXIT] = Q0, Q0, ask[i], bid[i], price, price
    before = s[QL] - s[QS]
    ready = variance[i] == variance[i]
    s[STREAK] = s[STREAK] + 1 if ready and variance[i] < mes * FEE else 0
    calm = ready and TAU_US / 1e6 * mes * mes / variance[i] > TAU_US / 1e6
    if s[STATE] < 2 and s[STREAK] >= 3:
        s[STATE], s[REF_EXIT] = 2, price
    elif s[STATE] == 0 and calm:
        s[STATE] = 1
    elif s[STATE] == 1 and ready and not calm:
        s[STATE] = 0
    if s[STATE] == 0 and abs(price - s[REF]) >= mes * s[REF]:
        up = price > s[REF]
        won = s[QL] * (price - s[PL]) if up else s[QS] * (s[PS] - price)
        if won > 0.0:
            profit = BETA * won
            nl, ns = (s[QL] * (1 - BETA), s[QS]) if up else (s[QL], s[QS] * (1 - BETA))
            repair = ALPHA * profit / price
            nl, ns = (nl, max(ns - repair, 0.0)) if up else (max(nl - repair, 0.0), ns)
            more = max((1 - ALPHA) * profit / (2 * price), (2 * Q0 - nl - ns) / 2)
            nl, ns = nl + more, ns + more
            if nl > s[QL]:
                s[PL] = (s[QL] * s[PL] + (nl - s[QL]) * ask[i]) / nl
            if ns > s[QS]:
                s[PS] = (s[QS] * s[PS] + (ns - s[QS]) * bid[i]) / ns
            s[QL], s[QS], s[REF] = nl, ns, price
            s[REBALANCES] += 1
    elif s[STATE] == 2 and abs(price - s[REF_EXIT]) >= 0.5 * mes * s[REF_EXIT]:
        s[QL], s[QS], s[REF_EXIT] = s[QL] * (1 - eta), s[QS] * (1 - eta), price
    change = s[QL] - s[QS] - before
    if change == 0.0:
        return nb.order_nothing_nb()
    return nb.order_nb(size=change, price=ask[i] if change > 0 else bid[i], fees=FEE)


def swept(market, ks, etas):
    """All sets over a market; gives wall and processor time, and how often each rebalanced."""
    time_us, bid, ask = market
    price = (bid + ask) / 2.0
    books = np.zeros((len(ks), WIDTH))
    variance = variance_of(time_us, price)
    close = np.broadcast_to(price[:, None], (len(price), len(ks)))
    begin, begin_cpu = time.perf_counter(), time.process_time()
    portfolio = vbt.Portfolio.from_order_func(
        close, decide_nb, bid, ask, variance, ks, etas, books, init_cash=1e7, freq="1s"
    )
    portfolio.total_profit()
    return time.perf_counter() - begin, time.process_time() - begin_cpu, books[:, REBALANCES]


def main() -> None:
    """`peer_vectorbt.py MARKET.npy SETS.json`: prints seconds and rebalances as JSON; what is compiled is so before."""
    market = np.load(sys.argv[1])
    sets = json.loads(sys.argv[2])
    ks, etas = (np.array([entry[name] for entry in sets], dtype=np.float64) for name in ("k", "eta"))
    swept(market[:, :1_000], ks, etas)
    seconds, cpu, rebalances = swept(market, ks, etas)
    print(json.dumps({"seconds": seconds, "cpu": cpu, "rebalances": rebalances.tolist()}))


if __name__ == "__main__":
    main()
