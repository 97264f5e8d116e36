"""What one trigger costs: the frozen machine against `transitions` as it is, in one run.

    python benchmarks/bench_trigger.py [--rounds N] [--calls N] [--json]

Each round times all engines one after the other, so that a slow spell of the computer meets all of them; the table
shows medians over the rounds and the median of the rounds' ratios to the stock library.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import timeit
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import transitions
from transitions import Machine

from fsmtrader.machine import MachineTable, Rule, StateRow, build, stock

Call = Callable[[], object]
ENGINES = ("stock", "frozen trigger", "frozen trigger_of")


@dataclass(frozen=True, slots=True)
class Result:
    """Nanoseconds a call by engine, and how many times faster than the stock library."""

    case: str
    ns: dict[str, float]
    ratio: dict[str, float]


def no() -> bool:
    return False


def yes() -> bool:
    return True


def nothing() -> None:
    return None


def cases() -> Iterator[tuple[str, MachineTable]]:
    """What a strategy does most: looks and stays; then moves of growing cost. Every case fires `tick`."""
    two = (StateRow("A"), StateRow("B"))
    yield "no rule in this state", MachineTable(two, (Rule("tick", "B", "A"),), "A")
    for count in (1, 4, 16):
        rules = tuple(Rule("tick", "A", "B", (no,)) for _ in range(count))
        yield f"{count} rules of one guard, none holds", MachineTable(two, rules, "A")
    rules = tuple(Rule("tick", "A", "B", (yes, no)) for _ in range(4))
    yield "4 rules of two guards, none holds", MachineTable(two, rules, "A")
    yield "internal rule, one callback", MachineTable(two, (Rule("tick", "A", None, (yes,), (nothing,)),), "A")
    full = tuple(StateRow(name, (nothing,), (nothing,)) for name in "AB")
    swap = tuple(Rule("tick", a, b, (yes,), (nothing,), (nothing,)) for a, b in ("AB", "BA"))
    yield "move: before, exit, enter, after", MachineTable(full, swap, "A")
    yield "the same with finalize", MachineTable(full, swap, "A", finalize=(nothing,))


def calls_of(table: MachineTable) -> dict[str, Call]:
    """The call that fires `tick`, by engine."""
    plain: Machine = stock(table)
    frozen = build(table)
    fire_stock: Callable[[str], bool] = plain.trigger
    return dict(
        zip(
            ENGINES,
            (lambda: fire_stock("tick"), lambda: frozen.trigger("tick"), frozen.trigger_of("tick")),
            strict=True,
        )
    )


def measure(case: str, table: MachineTable, rounds: int, calls: int) -> Result:
    """Medians over `rounds`, the engines interleaved."""
    timers = {engine: timeit.Timer(call) for engine, call in calls_of(table).items()}
    seen: dict[str, list[float]] = {engine: [] for engine in timers}
    for _ in range(rounds):
        for engine, timer in timers.items():
            seen[engine].append(timer.timeit(calls) / calls * 1e9)
    ratios = {
        engine: statistics.median(base / own for base, own in zip(seen["stock"], seen[engine], strict=True))
        for engine in timers
    }
    return Result(case, {engine: statistics.median(times) for engine, times in seen.items()}, ratios)


def table_of(results: list[Result]) -> str:
    head = f"{'case':<36}" + "".join(f"{engine + ' ns':>22}" for engine in ENGINES) + f"{'ratios':>16}"
    lines = [head, "-" * len(head)]
    for result in results:
        times = "".join(f"{result.ns[engine]:>22.0f}" for engine in ENGINES)
        ratios = " ".join(f"{result.ratio[engine]:.1f}x" for engine in ENGINES[1:])
        lines.append(f"{result.case:<36}{times}{ratios:>16}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="What one trigger costs.")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--calls", type=int, default=5_000, help="calls a round and engine")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    results = [measure(case, table, options.rounds, options.calls) for case, table in cases()]
    about = {"python": platform.python_version(), "transitions": transitions.__version__}
    if options.json:
        print(json.dumps({**about, "results": [asdict(result) for result in results]}, indent=2))
    else:
        print(f"Python {about['python']}, transitions {about['transitions']}\n{table_of(results)}")


if __name__ == "__main__":
    main()
