"""What `fsm run` costs an event: the band strategy, beside a loop written by hand and two peers, in one run.

    python benchmarks/bench_run.py [--events 100000,1000000] [--engine machine,compiled] [--peers NAMES] [--rounds N]

Every engine is a whole process, start-up and all, so that peak memory is its own. Time is the processor's, which what
else runs on the computer disturbs least. Rounds are interleaved and the table shows medians. The peers come from PyPI,
each into an environment of its own under the cache folder (`--cache`).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "specs" / "band_limited_hedging.yml"
FSM = "import sys; from fsmtrader.cli.main import main; sys.exit(main())"
PEERS = {
    "backtesting.py": ("backtesting==0.6.6", "peer_backtesting.py"),
    "nautilus_trader": ("nautilus_trader==1.221.0", "peer_nautilus.py"),
}
"""what is installed, and the script that runs in it"""
SIZE = 1e6
"""displayed, so that every order is filled whole: the peers know of no sizes"""
HALF_SPREAD = 0.5e-4
GRAINS = ("quotes", "bars")
Peers = Mapping[str, str]
"""interpreters by name"""


@dataclass(frozen=True, slots=True)
class Sample:
    """One process: its processor time in seconds, its peak memory in MB, and how often the strategy rebalanced."""

    seconds: float
    megabytes: float
    rebalances: int


@dataclass(frozen=True, slots=True)
class Result:
    """Medians of one engine on one market; `ratio` is its time by that of the first, an engine of `fsm run`."""

    grain: str
    events: int
    engine: str
    seconds: float
    per_event_us: float
    megabytes: float
    rebalances: int
    ratio: float


def market(folder: Path, grain: str, events: int) -> tuple[Path, Path]:
    """A made-up market: Parquet for `fsm run`, and (time, bid, ask) as an array for the others.

    Made in a process of its own: what this one ever held would count as the peak of those that it starts.
    """
    parquet, array = folder / f"{grain}-{events}.parquet", folder / f"{grain}-{events}.npy"
    if not array.exists():
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            pool.submit(make, parquet, array, grain, events).result()
    return parquet, array


def make(parquet: Path, array: Path, grain: str, events: int) -> None:
    """Write both files of a market."""
    count = ("--events", str(events)) if grain == "quotes" else ("--bars", str(events))
    run([sys.executable, "-c", FSM, "data", "synth", "-o", str(parquet), "--grain", grain, *count, "--seed", "7"])
    frame = pl.read_parquet(parquet)
    if grain == "quotes":
        frame = frame.with_columns(bid_size=pl.lit(SIZE), ask_size=pl.lit(SIZE))
        frame.write_parquet(parquet)
        bid, ask = frame["bid"].to_numpy(), frame["ask"].to_numpy()
    else:
        bid, ask = (frame["close"].to_numpy() * (1.0 + side * HALF_SPREAD) for side in (-1.0, 1.0))
    np.save(array, np.stack([frame["ts"].dt.epoch("us").to_numpy().astype(np.float64), bid, ask]))


def run(command: Sequence[str]) -> tuple[str, float, float]:
    """A process: what it wrote, its processor time, its peak memory in MB."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out, env={**os.environ, "PYTHONPATH": search_path()})
        _, status, usage = os.wait4(process.pid, 0)
        seconds = usage.ru_utime + usage.ru_stime
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode()
    if process.returncode not in (0, 1):  # 1: the run was made, and a promise of the spec was broken
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    scale = 1.0 if sys.platform == "darwin" else 1024.0
    return text, seconds, usage.ru_maxrss * scale / 1e6


def search_path() -> str:
    return os.pathsep.join([str(ROOT / "src"), str(ROOT / "benchmarks")])


def ours(parquet: Path, engine: str) -> Sample:
    """`fsm run` as a user starts it, without the report."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--data", str(parquet), "--profile", "exact", "--no-report", "--quiet", "--format", "json"]
        command = [sys.executable, "-c", FSM, "run", str(SPEC), *options, "--engine", engine, "--out", folder]
        text, seconds, megabytes = run(command)
    actions = {(name, outcome): count for name, outcome, count in json.loads(text)["actions"]}
    return Sample(seconds, megabytes, actions.get(("rebalance", "done"), 0))


def other(python: str, script: str, array: Path, grain: str) -> Sample:
    """One of the scripts beside this one, which print how often they rebalanced."""
    text, seconds, megabytes = run([python, str(ROOT / "benchmarks" / script), str(array), grain])
    return Sample(seconds, megabytes, int(text.split()[-1]))


def peer_python(cache: Path, package: str) -> str:
    """The interpreter of the environment that has a peer; it is made when it is not there."""
    folder = cache / package.partition("=")[0]
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", package], check=True)
        (folder / "ready").touch()
    return str(python)


def measure(cache: Path, grain: str, events: int, rounds: int, engines: Sequence[str], peers: Peers) -> list[Result]:
    """All engines on one market, interleaved; SystemExit when they do not decide alike."""
    parquet, array = market(cache, grain, events)
    runs: dict[str, Callable[[], Sample]] = {f"fsm run {name}": partial(ours, parquet, name) for name in engines}
    runs["plain loop"] = partial(other, sys.executable, "plain_band.py", array, grain)
    for name, python in peers.items():
        runs[name] = partial(other, python, PEERS[name][1], array, grain)
    seen: dict[str, list[Sample]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, engine in runs.items():
            seen[name].append(engine())
    counts = {name: {sample.rebalances for sample in samples} for name, samples in seen.items()}
    if len(set.union(*counts.values())) != 1:
        raise SystemExit(f"{events} {grain}: the engines do not decide alike: {counts}")
    base = statistics.median(sample.seconds for sample in next(iter(seen.values())))
    return [result(grain, events, name, samples, base) for name, samples in seen.items()]


def result(grain: str, events: int, name: str, samples: list[Sample], base: float) -> Result:
    seconds = statistics.median(sample.seconds for sample in samples)
    megabytes = statistics.median(sample.megabytes for sample in samples)
    per_event = seconds / events * 1e6
    return Result(grain, events, name, seconds, per_event, megabytes, samples[0].rebalances, seconds / base)


def line(r: Result) -> str:
    return (
        f"{r.events:>10,} {r.grain:<7}{r.engine:<18}{r.seconds:>9.1f}{r.per_event_us:>12.1f}"
        f"{r.megabytes:>9.0f}{r.rebalances:>12,}{r.ratio:>11.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="What `fsm run` costs an event.")
    parser.add_argument("--events", default="100000,1000000", help="sizes of the markets; 10000000 takes long")
    parser.add_argument("--grains", default=",".join(GRAINS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "fsmtrader-benchmarks")
    parser.add_argument("--engine", default="machine", help="those of `fsm run`, the one to compare with first")
    parser.add_argument("--peers", default=",".join(PEERS), help="none: an empty text")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    engines = options.engine.split(",")
    peers = {name: peer_python(options.cache, PEERS[name][0]) for name in options.peers.split(",") if name}
    if not options.json:
        versions = ", ".join(PEERS[name][0] for name in peers) or "no peer"
        print(f"Python {platform.python_version()}, {versions}; processor time of whole processes")
        head = f"{'events':>10} {'':<7}{'engine':<18}{'seconds':>9}{'us an event':>12}{'MB':>9}"
        print(head + f"{'rebalances':>12}{'ratio':>11}")
    results = []
    for events in map(int, options.events.split(",")):
        for grain in options.grains.split(","):
            found = measure(options.cache, grain, events, options.rounds, engines, peers)
            results += found
            if not options.json:
                print("\n".join(map(line, found)), flush=True)
    if options.json:
        print(json.dumps([asdict(one) for one in results], indent=2))


if __name__ == "__main__":
    main()
