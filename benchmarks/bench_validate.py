"""What checking a spec costs: the whole command against the bare imports of its shell, and a spec of 1,000 states.

    python benchmarks/bench_validate.py [--rounds N] [--states N] [--json]

The command is a process of its own, as a person or an editor starts it. Each round runs both, one after the other;
the ratio is the median over the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fsmtrader.program.compiler import check
from fsmtrader.spec.source import Source

SPEC = Path(__file__).parents[1] / "specs" / "band_limited_hedging.yml"
BARE = (sys.executable, "-c", "import click, rich")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""An installed package has its byte code; without it each start would compile every module anew."""
WHOLE = (sys.executable, "-m", "fsmtrader.cli.main", "validate", str(SPEC))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--states", type=int, default=1000)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    seconds(WHOLE)  # leaves byte code behind, as an installation does
    pairs = [(seconds(BARE), seconds(WHOLE)) for _ in range(given.rounds)]
    result = {
        "bare_s": statistics.median(bare for bare, _ in pairs),
        "validate_s": statistics.median(whole for _, whole in pairs),
        "ratio": statistics.median(whole / bare for bare, whole in pairs),
        "states": given.states,
        "states_s": check_states(given.states),
        "states_process_s": check_states_in_a_process(given.states),
    }
    if given.json:
        print(json.dumps(result))
        return
    print(f"import click, rich   {result['bare_s'] * 1e3:8.0f} ms")
    print(f"fsm validate         {result['validate_s'] * 1e3:8.0f} ms   {result['ratio']:.1f} times")
    print(f"{given.states:,} states         {result['states_s'] * 1e3:8.0f} ms")
    print(f"  as a command       {result['states_process_s'] * 1e3:8.0f} ms")


def seconds(command: tuple[str, ...]) -> float:
    """How long a process takes from start to end."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=ENVIRONMENT)
    return time.perf_counter() - start


def check_states(count: int) -> float:
    """How long a ring of states takes to check."""
    source = Source("ring.yml", ring(count).encode())
    start = time.perf_counter()
    result = check(source)
    taken = time.perf_counter() - start
    assert result.program is not None, result.diagnostics[:3]
    return taken


def check_states_in_a_process(count: int) -> float:
    """How long `fsm validate` takes for a ring of states, from start to end."""
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder) / "ring.yml"
        spec.write_text(ring(count), encoding="utf-8")
        return seconds((*WHOLE[:-1], str(spec)))


def ring(count: int) -> str:
    """A spec whose states lead one to the next, and each to the end."""
    states = "".join(
        f"  S{i}:\n    on:\n      price_update: {{if: mark(L) > {100 + i}, transition_to: S{(i + 1) % count}}}\n"
        "      exit: {transition_to: END}\n"
        for i in range(count)
    )
    account = "accounts: {main: {exchange: binanceusdm}}"
    leg = "legs: {L: {symbol: BTC/USDT:USDT, side: long}}"
    return f"fsm: 1\n{account}\n{leg}\nstates:\n{states}  END: {{final: true}}\n"


if __name__ == "__main__":
    main()
