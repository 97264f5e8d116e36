"""What a sweep costs an event and set: `fsm sweep` of the band strategy, beside numba by hand and vectorbt, in one run.

    python benchmarks/bench_sweep.py [--events N] [--sets N] [--peer-sets N] [--rounds N] [--workers N]
                                     [--cache DIR] [--peer PYTHON] [--skip-peer] [--json]

`fsm sweep` is a whole process: imports, reading of the file and its check, the sets, a table of results in Parquet; its
code is compiled before (a first round is not counted). `sets alone` is the time that the same process says its sets
took. The loop by hand (`bench_kernel.by_hand`) runs on as many threads, over arrays in memory. vectorbt runs on one
core and over fewer sets, since it needs memory for all at once; what it compiles, it compiles before the time is taken.
Wall time, and the processor's of the whole process (of the threads or the call, for the others); `ratio` is by the sets
alone. Rounds are interleaved and the table shows medians. vectorbt comes from PyPI into an environment under the
cache folder, or is that of `--peer`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from bench_kernel import E_MAX, STEPS, TAU_US, by_hand, market
from bench_run import FSM, ROOT, SIZE, SPEC, peer_python, run
from numba import njit

PEER = "vectorbt==1.2.0"
FIRST_K, STEP_K, ETAS = 4.0, 0.25, (0.2, 0.25, 0.3, 0.35, 0.36, 0.4)
Sample = dict[str, float]


def files(folder: Path, name: str, events: int) -> tuple[Path, Path]:
    """A market of quotes as Parquet, and as an array (time, bid, ask) for the others."""
    parquet, array = folder / f"sweep-{name}-{events}.parquet", folder / f"sweep-{name}-{events}.npy"
    if not array.exists():
        batch = market(events, STEPS[name])
        shown = pl.repeat(SIZE, events, eager=True)
        times = pl.Series(batch.time_us).cast(pl.Datetime("us", "UTC"))
        columns = {"ts": times, "bid": batch.a, "bid_size": shown, "ask": batch.c, "ask_size": shown}
        pl.DataFrame(columns).write_parquet(parquet)
        np.save(array, np.stack([batch.time_us.astype(np.float64), batch.a, batch.c]))
    return parquet, array


def sets_of(count: int) -> list[dict[str, float]]:
    """Widths of the band by steps, each with every eta."""
    widths = [FIRST_K + STEP_K * index for index in range(-(-count // len(ETAS)))]
    return [{"k": k, "eta": eta} for k in widths for eta in ETAS][:count]


def ours(parquet: Path, sets: list[dict[str, float]], workers: int) -> Sample:
    """`fsm sweep` as a user starts it, without the report."""
    grids = [f"{name}={','.join(dict.fromkeys(str(entry[name]) for entry in sets))}" for name in ("k", "eta")]
    with tempfile.TemporaryDirectory() as folder:
        options = ["--data", str(parquet), "--profile", "exact", "--set", f"E_max={E_MAX:.0f}", "--engine", "compiled"]
        kept = ["--out", folder, "--no-report", "--quiet", "--format", "json", "--workers", str(workers)]
        command = [sys.executable, "-c", FSM, "sweep", str(SPEC), *options, *kept]
        command += [text for grid in grids for text in ("--grid", grid)]
        begin = time.perf_counter()
        text, cpu, _ = run(command)
        seconds = time.perf_counter() - begin
        found = json.loads(text)
        fills = pl.read_parquet(Path(folder) / "results.parquet")["fills"].sum()
    sets_done = float(found["done"])
    return {"seconds": seconds, "cpu": cpu, "alone": found["seconds"], "sets": sets_done, "trades": float(fills)}


def hand(array: Path, sets: list[dict[str, float]], workers: int) -> Callable[[], Sample]:
    """The loop by hand on threads."""
    loop: Any = njit(error_model="numpy", nogil=True)(by_hand.py_func)
    times, bid, ask = np.load(array)
    time_us = times.astype(np.int64)

    def one(entry: dict[str, float]) -> float:
        rings = np.zeros(32_768, np.int64), np.zeros(32_768)
        found = loop(time_us, bid, ask, *rings, 0.0005, entry["k"], 0.5, 0.25, E_MAX, TAU_US, entry["eta"], 1.0)
        return float(found[0])

    def timed() -> Sample:
        begin, begin_cpu = time.perf_counter(), time.process_time()
        with ThreadPoolExecutor(workers) as pool:
            rebalances = sum(pool.map(one, sets))
        seconds, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
        return {"seconds": seconds, "cpu": cpu, "alone": seconds, "sets": float(len(sets)), "trades": rebalances}

    return timed


def peer(python: str, array: Path, sets: list[dict[str, float]]) -> Sample:
    """vectorbt in its own environment."""
    command = [python, str(ROOT / "benchmarks" / "peer_vectorbt.py"), str(array), json.dumps(sets)]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
    seconds = float(found["seconds"])
    trades = sum(found["rebalances"])
    return {"seconds": seconds, "cpu": found["cpu"], "alone": seconds, "sets": float(len(sets)), "trades": trades}


def measure(options: argparse.Namespace, name: str, python: str) -> list[dict[str, Any]]:
    """All engines on one market, interleaved; the first round warms up."""
    parquet, array = files(options.cache, name, options.events)
    sets, fewer = sets_of(options.sets), sets_of(options.sets)[:: max(options.sets // options.peer_sets, 1)]
    engines: dict[str, Callable[[], Sample]] = {
        "fsm sweep": lambda: ours(parquet, sets, options.workers),
        "numba by hand": hand(array, sets, options.workers),
    }
    if python:
        engines["vectorbt"] = lambda: peer(python, array, fewer)
    seen: dict[str, list[Sample]] = {engine: [] for engine in engines}
    for turn in range(options.rounds + 1):
        for engine, timed in engines.items():
            if turn or engine != "vectorbt":
                seen[engine].append(timed())
    rows = []
    for engine, samples in seen.items():
        counted = samples if engine == "vectorbt" else samples[1:]
        each = 1e9 / options.events / counted[0]["sets"]
        whole, alone, cpu = (statistics.median(s[key] for s in counted) for key in ("seconds", "alone", "cpu"))
        rows.append(
            {"market": name, "engine": engine, "sets": int(counted[0]["sets"]), "seconds": whole,
             "ns": whole * each, "alone_ns": alone * each, "cpu_ns": cpu * each, "trades": counted[0]["trades"]}
        )  # fmt: skip
    return [{**row, "ratio": row["alone_ns"] / rows[0]["alone_ns"]} for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description="What a sweep costs an event and set.")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--sets", type=int, default=192)
    parser.add_argument("--peer-sets", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "fsmtrader-benchmarks")
    parser.add_argument("--peer", default="", help="the Python of an environment that has vectorbt")
    parser.add_argument("--skip-peer", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    python = "" if options.skip_peer else options.peer or peer_python(options.cache, PEER)
    rows = [row for name in STEPS for row in measure(options, name, python)]
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    print(f"Python {platform.python_version()}, {options.events:,} quotes, {options.workers} workers; wall time")
    print(
        f"{'market':<8}{'engine':<15}{'sets':>6}{'seconds':>9}{'ns an event and set':>21}{'sets alone':>12}{'ratio':>9}"
    )
    for row in rows:
        print(
            f"{row['market']:<8}{row['engine']:<15}{row['sets']:>6}{row['seconds']:>9.2f}{row['ns']:>21.2f}"
            f"{row['alone_ns']:>12.2f}{row['cpu_ns']:>11.2f}{row['ratio']:>9.2f}"
        )


if __name__ == "__main__":
    main()
