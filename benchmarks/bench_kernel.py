"""One event of the compiled band strategy, beside a numba loop of the same rules written by hand.

    python benchmarks/bench_kernel.py [--events N] [--rounds N] [--hftbacktest PYTHON] [--backtesting PYTHON] [--json]

Quotes are made up by a walk, a second apart; `dense` moves as much as to rebalance on a few events of a thousand,
`sparse` hardly ever. The hand-written loop is the same strategy with less around it: no lots, margin, funding, timers,
alerts or invariants, and averages that follow orders instead of planned steps, so it rebalances at other moments. The
kernel also hears `every(1s)`, which is a second instant for each quote. Medians over rounds in which all take turns.
hftbacktest and backtesting.py come from environments of their own, whose Python is named: see the peer_*.py scripts for
what they leave out. backtesting.py is measured as a whole process.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from numba import njit

from fsmtrader.data.events import EventBatch
from fsmtrader.domain.market import Kind
from fsmtrader.kernel.cache import compiled_loop
from fsmtrader.kernel.run import run
from fsmtrader.program.compiler import check_merged
from fsmtrader.research.compiled import kernel_of
from fsmtrader.research.run import prepare
from fsmtrader.research.run_settings import Settings
from fsmtrader.spec.source import Source

SPEC = Path(__file__).parents[1] / "specs" / "band_limited_hedging.yml"
START_US, SECOND_US = 1_704_067_200_000_000, 1_000_000
STEPS = {"sparse": 3e-5, "dense": 6e-4}
TAU_US = 6 * 3600 * SECOND_US
E_MAX = 1e9
"""so much that the strategy is never wound down: it works through all of the events"""


def market(events: int, step: float) -> EventBatch:
    """Quotes a second apart around a walk that is pulled back to where it began; of any size."""
    rng = np.random.default_rng(1)
    noise = rng.normal(0.0, step, events)
    middle = np.empty(events)
    level = 0.0
    for i in range(events):
        level = 0.9999 * level + noise[i]
        middle[i] = 60_000.0 * math.exp(level)
    bid = np.floor(middle * 10.0) / 10.0
    time_us = START_US + SECOND_US * np.arange(1, events + 1, dtype=np.int64)
    endless, nothing = np.full(events, np.inf), np.full(events, np.nan)
    kinds, markets = np.full(events, Kind.BOOK, np.int8), np.zeros(events, np.int16)
    return EventBatch(time_us, kinds, markets, bid, endless, np.round(bid + 0.1, 1), endless, nothing)


@njit(error_model="numpy")  # type: ignore[misc]  # numba has no types
def by_hand(time_us, bid, ask, ring_time, ring, fee, k, alpha, beta, e_max, tau_us, eta, q0):  # type: ignore[no-untyped-def]
    """The rules of the spec while it is ACTIVE, PAUSE or EXIT; gives rebalances, state and cash."""
    tau, mes = tau_us / 1e6, k * fee
    state, streak, rebalances, cash = 0, 0, 0, 0.0
    head, tail, variance, last, start = 0, 0, 0.0, math.nan, 0
    ql = qs = q0
    pl, ps = ask[0], bid[0]
    ref = ref_exit = (bid[0] + ask[0]) / 2.0
    size = len(ring)
    for i in range(len(bid)):
        now, price = time_us[i], (bid[i] + ask[i]) / 2.0
        while head < tail and ring_time[head % size] <= now - tau_us:
            variance -= ring[head % size]
            head += 1
        if i > 0:
            step = math.log(price / last)
            ring_time[tail % size], ring[tail % size] = now, step * step
            variance += step * step
            tail += 1
        else:
            start = now
        last = price
        is_ready = now - start >= tau_us
        c1_now = is_ready and variance < mes * fee
        streak = streak + 1 if c1_now else 0
        c3 = is_ready and tau * mes * mes / variance > tau
        if state < 2 and (streak >= 3 or abs(ql - qs) * price > e_max):
            state, ref_exit = 2, price
        elif state == 0 and c3:
            state = 1
        elif state == 1 and is_ready and not c3:
            state = 0
        if state == 0 and abs(price - ref) >= mes * ref:
            up = price > ref
            won = ql * (price - pl) if up else qs * (ps - price)
            if won > 0.0:
                profit = beta * won
                nl, ns = (ql * (1 - beta), qs) if up else (ql, qs * (1 - beta))
                repair = alpha * profit / price
                nl, ns = (nl, max(ns - repair, 0.0)) if up else (max(nl - repair, 0.0), ns)
                more = max((1 - alpha) * profit / (2 * price), (2 * q0 - nl - ns) / 2)
                nl, ns = nl + more, ns + more
                buy, sell = ask[i], bid[i]
                at_l, at_s = (buy if nl > ql else sell), (sell if ns > qs else buy)
                cash -= (abs(nl - ql) * at_l + abs(ns - qs) * at_s) * fee
                if nl > ql:
                    pl = (ql * pl + (nl - ql) * at_l) / nl
                else:
                    cash += (ql - nl) * (at_l - pl)
                if ns > qs:
                    ps = (qs * ps + (ns - qs) * at_s) / ns
                else:
                    cash += (qs - ns) * (ps - at_s)
                ql, qs, ref = nl, ns, price
                rebalances += 1
        elif state == 2 and abs(price - ref_exit) >= 0.5 * mes * ref_exit:
            cash += eta * (ql * (bid[i] - pl) + qs * (ps - ask[i])) - eta * (ql * bid[i] + qs * ask[i]) * fee
            ql, qs, ref_exit = ql * (1 - eta), qs * (1 - eta), price
    return rebalances, state, cash


def measured(events: int, rounds: int, peers: dict[str, str], place: str) -> list[dict[str, float | str]]:
    """Nanoseconds an event, for each market. `peers`: the Python of each that is there."""
    program = check_merged([Source(str(SPEC), SPEC.read_bytes())]).require()
    prepared = prepare(program, Settings(bars=10, overrides={"E_max": "1000000000"}))
    found = kernel_of(prepared)
    places = {(Kind.BOOK, 0): found.layout.sources[Kind.BAR, 0]}
    every = frozenset(range(len(program.sources)))
    layout = replace(found.layout, sources=places, kinds=(frozenset({Kind.BOOK}),), heard=every)
    loop = compiled_loop(program, layout)
    rows: list[dict[str, float | str]] = []
    for name, step in STEPS.items():
        batch = market(events, step)
        middle = np.ascontiguousarray(batch.a), np.ascontiguousarray(batch.c)
        rings = np.zeros(32_768, np.int64), np.zeros(32_768)
        spent: dict[str, list[float]] = {"kernel": [], "by hand": []}
        orders = rebalances = 0
        path = str(Path(place) / f"{name}.npy")
        np.save(path, np.array([batch.time_us.astype(np.float64), batch.a, batch.c]))
        for _ in range(rounds + 1):
            begin = time.perf_counter()
            outcome = run(program, layout, found.given, (batch,), int(batch.time_us[-1]), loop)
            spent["kernel"].append(time.perf_counter() - begin)
            begin = time.perf_counter()
            rebalances, _, _ = by_hand(batch.time_us, *middle, *rings, 0.0005, 8.0, 0.5, 0.25, E_MAX, TAU_US, 0.3, 1.0)
            spent["by hand"].append(time.perf_counter() - begin)
            orders = len(outcome.orders)
            for peer, python in peers.items():
                spent.setdefault(peer, []).append(of_peer(peer, python, path, events))
        ns = {key: statistics.median(times[1:]) / events * 1e9 for key, times in spent.items()}
        ratio = ns["kernel"] / ns["by hand"]
        row = {"market": name, "orders": orders, "rebalances by hand": rebalances, "ratio": ratio}
        rows.append({**row, **{f"{key} ns": value for key, value in ns.items()}})
    return rows


def of_peer(peer: str, python: str, path: str, events: int) -> float:
    """Seconds that a peer takes for a market."""
    here = Path(__file__).parent
    begin = time.perf_counter()
    if peer.startswith("hftbacktest"):
        more = ["--roi"] if peer.endswith("roi") else []
        done = subprocess.run([python, here / "peer_hftbacktest.py", path, *more], capture_output=True, check=True)
        return float(json.loads(done.stdout)["ns"]) * events / 1e9
    subprocess.run([python, here / "peer_backtesting.py", path, "quotes"], capture_output=True, check=True)
    return time.perf_counter() - begin


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--hftbacktest", default="", metavar="PYTHON")
    parser.add_argument("--backtesting", default="", metavar="PYTHON")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    wanted = {"hftbacktest hash": given.hftbacktest, "hftbacktest roi": given.hftbacktest,
              "backtesting.py": given.backtesting}  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        rows = measured(given.events, given.rounds, {name: python for name, python in wanted.items() if python}, folder)
    if given.json:
        print(json.dumps(rows, indent=2))
        return
    for row in rows:
        shown = (f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}" for key, value in row.items())
        print("  ".join(shown))


if __name__ == "__main__":
    main()
