"""A market maker's fills beside hftbacktest's: the same recording, the same orders, queue and latency, in one run.

    python benchmarks/bench_market_making.py [--data DIR] [--latency 10ms] [--queue risk-averse|power:2|log]
                                             [--engine machine|compiled] [--hftbacktest PYTHON] [--json]

`specs/market_making.yml` runs over a recorded book (snapshot, changes of levels, trades: `usdm_btcusdt_0808_*.parquet`
in DIR, by default below FSMTRADER_RECORDED_DATA). What it sent, and when, is read from the journal of that run;
hftbacktest sends the same orders and cancels at the same moments into the same rows. So both venues are asked the same,
and every difference is the venue's. (hftbacktest takes no cancel for an order that was not answered yet: such a cancel
goes out with the answer, and how many there are is said. Its account hears only the last fill of an order that takes
level by level: the position is added up from its orders.) Printed are fills, quantity and final position of both, the
orders of which not the same was filled, and nanoseconds an event: of `fsm run` as a whole process (reading, deciding,
journal, table of results) and of hftbacktest's loop alone, which decides nothing. hftbacktest comes from PyPI into an
environment under the cache folder, or is that of --hftbacktest.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from bench_run import FSM, ROOT, peer_python

from fsmtrader.domain.market import Kind
from fsmtrader.program.compiler import check
from fsmtrader.research.run import prepare
from fsmtrader.research.run_settings import Settings, data_file
from fsmtrader.spec.source import Source

PEER = "hftbacktest==2.4.4"
SPEC = ROOT / "specs" / "market_making.yml"
FILES = ("snapshot", "depth", "trades")
CANCEL, POST_ONLY, PLAIN, IMMEDIATE = 0.0, 1.0, 2.0, 3.0
QUEUES = {"risk-averse": "risk"}


def market_of(files: list[str], target: Path) -> int:
    """The very rows that the run reads, as an array for the other; how many they are."""
    program = check(Source(SPEC.name, SPEC.read_bytes())).require()
    stream = prepare(program, Settings(data=tuple(data_file(f"X={path}") for path in files))).stream
    parts = []
    for batch in stream:
        kept = (batch.kind == Kind.DEPTH) & (batch.a == batch.a) | (batch.kind == Kind.TRADE)
        parts.append(np.stack([batch.time_us, batch.kind, batch.a, batch.b, batch.c]).astype(float)[:, kept])
    market = np.concatenate(parts, axis=1)
    np.save(target, market)
    return market.shape[1]


def ours(files: list[str], folder: Path, engine: str, latency: str, queue: str) -> float:
    """One run as a process; the seconds that it took."""
    data = [word for path in files for word in ("--data", f"X={path}")]
    options = ["--latency", f"order={latency},response={latency}", "--queue", queue, "--engine", engine]
    command = [
        sys.executable,
        "-c",
        FSM,
        "run",
        str(SPEC),
        *data,
        *options,
        "--out",
        str(folder),
        "--no-report",
        "--quiet",
    ]
    begin = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    return time.perf_counter() - begin


def orders_of(journal: Path, latency_us: int) -> tuple[np.ndarray, dict[str, float], int, set[str]]:
    """What was sent when (see `peer_hftbacktest_quotes.py`), what was filled of each order, in how many fills, and
    whose cancels had to wait for an answer."""
    sent, filled, fills, late = [], dict[str, float](), 0, set[str]()
    answered: dict[int, int] = {}
    with sqlite3.connect(journal) as rows:
        for time_us, kind, body in rows.execute("SELECT time_us, kind, body FROM rows ORDER BY seq"):
            entry = json.loads(body)
            if kind == "order":
                number = int(entry["client_id"].rpartition("-")[2])
                how = IMMEDIATE if entry["style"] == "ioc" else POST_ONLY if entry["post_only"] else PLAIN
                side, size = np.sign(entry["change"]), abs(entry["change"])
                sent.append((time_us, number, side, entry["price"], size, how))
                answered[number] = time_us + 2 * latency_us + 1
                filled.setdefault(entry["client_id"], 0.0)
            elif kind == "cancel":
                number = int(entry["client_id"].rpartition("-")[2])
                if time_us < answered[number]:
                    late.add(entry["client_id"])
                sent.append((max(time_us, answered[number]), number, 0.0, 0.0, 0.0, CANCEL))
            elif kind == "filled":
                filled[entry["client_id"]] += entry["quantity"]
                fills += 1
    return np.array(sorted(sent, key=lambda row: row[0]), dtype=float), filled, fills, late


def compare(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Both engines on one recording."""
    where = arguments.data or Path(os.environ.get("FSMTRADER_RECORDED_DATA", "")) / "tick_binance_btc_20240808"
    files = [str(where / f"usdm_btcusdt_0808_{name}.parquet") for name in FILES]
    events = market_of(files, folder / "market.npy")
    seconds = ours(files, folder / "run", arguments.engine, arguments.latency, arguments.queue)
    latency_us = round(float(arguments.latency.removesuffix("ms")) * 1000)
    orders, filled, fills, late = orders_of(folder / "run" / "journal.sqlite", latency_us)
    np.save(folder / "orders.npy", orders)
    python = arguments.hftbacktest or peer_python(arguments.cache, PEER)
    peer = [python, str(Path(__file__).with_name("peer_hftbacktest_quotes.py"))]
    peer += [str(folder / name) for name in ("market.npy", "orders.npy", "filled.npy")]
    peer += [str(latency_us), "--queue", QUEUES.get(arguments.queue, arguments.queue)]
    done = subprocess.run(peer, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    other = json.loads(done.stdout)
    theirs = np.load(folder / "filled.npy")
    sides = {int(number): side for _, number, side, *_ in orders if side}
    number_of = {name: int(name.rpartition("-")[2]) for name in filled}
    apart = {name: (had, float(theirs[number_of[name]])) for name, had in filled.items()}
    return {
        "events": events,
        "orders": len(filled),
        "late_cancels": len(late),
        "fills": {"fsmtrader": fills, "hftbacktest": other["trades"]},
        "quantity": {"fsmtrader": sum(filled.values()), "hftbacktest": float(theirs.sum())},
        "position": {
            "fsmtrader": sum(sides[number_of[name]] * had for name, had in filled.items()),
            "hftbacktest": sum(side * theirs[number] for number, side in sides.items()),
            "hftbacktest's account": other["position"],
        },
        "apart": {name: (*pair, name in late) for name, pair in apart.items() if abs(pair[0] - pair[1]) > 1e-9},
        "ns": {"fsmtrader": seconds / events * 1e9, "hftbacktest": other["ns"]},
    }


def main() -> None:
    """Read the arguments, compare, and print."""
    parser = argparse.ArgumentParser(description="a market maker's fills, beside hftbacktest's")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--latency", default="10ms")
    parser.add_argument("--queue", default="risk-averse")
    parser.add_argument("--engine", default="machine")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "fsmtrader-benchmarks")
    parser.add_argument("--hftbacktest", default="", metavar="PYTHON")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = compare(arguments, Path(folder))
    if arguments.json:
        sys.stdout.write(json.dumps(found) + "\n")
        return
    asked = f"{found['orders']:,} orders, {found['late_cancels']} cancels that had to wait for an answer"
    print(f"{found['events']:,} events, {asked}; {arguments.queue}, latency {arguments.latency}")
    for name in ("fills", "quantity", "position", "ns"):
        pair = found[name]
        print(f"{name:>10}  fsmtrader {pair['fsmtrader']:>12,.6g}  hftbacktest {pair['hftbacktest']:>12,.6g}")
    for name, (had, other, was_late) in found["apart"].items():
        print(
            f"  {name}: {had:.6g} filled, {other:.6g} in hftbacktest{' (its cancel had to wait)' if was_late else ''}"
        )


if __name__ == "__main__":
    main()
