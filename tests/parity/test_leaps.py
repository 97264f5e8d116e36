"""Blocks of events of which nothing comes: a loop that leaps over them does what one does that looks at each event."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.parity.kernel_markets import Columns, bars, quotes, stream
from tests.parity.test_shared_indicators import assert_equal

from fsmtrader.data.stream import EventStream
from fsmtrader.kernel.cache import Loop, compiled, loop_of
from fsmtrader.kernel.emit_loop import emit_ahead, emit_module
from fsmtrader.kernel.layout import Layout
from fsmtrader.kernel.run import Outcome, ahead
from fsmtrader.kernel.run import run as run_kernel
from fsmtrader.program.compiler import check_merged
from fsmtrader.research.compiled import kernel_of
from fsmtrader.research.run import Prepared, prepare
from fsmtrader.research.run_settings import Settings
from fsmtrader.research.sweep.sharing import with_shared
from fsmtrader.spec.source import Source

BAND = (Path(__file__).parents[2] / "specs" / "band_limited_hedging.yml").read_text(encoding="utf-8")
TIMED = """
fsm: 1
strategy: {name: Timed}
accounts: {main: {exchange: binanceusdm}}
legs: {A: {account: main, symbol: "BTC/USDT:USDT"}}
run: {capital: {main: 200000 USDT}}
parameters: {wide: {value: 0.4%}, long: 3h}
observe:
  far: max(abs(mark(A) - base) / base, 0)
  slow: realized_vol(mark(A), window=1h)
variables: {base: {initial: mark(A)}}
events: {look: ["price(A)", "every(7s)"], tick: price(A)}
alerts: {tall: {if: mark(A) > 1.02 * base, say: "{base}"}}
invariants: [{near: mark(A) ** 2 > 0.96 * base ** 2}]
states:
  OUT:
    on:
      look: {if: "far > wide and slow > 0 and not (min(bid(A), ask(A)) < 10)", transition_to: IN, do: {qA: 0.25}}
    after: {6h: {transition_to: IN, do: {base: mark(A)}}}
  IN:
    on:
      look: {if: time_in_state > long if mark(A) > base else time_in_state > 2 * long, transition_to: OUT, do: {qA: 0}}
      tick: {if: "far <= wide / 8", do: [{qA: qA - 0.05}, {base: 0.999 * mark(A)}]}
"""
TEXTS = {"band": BAND, "timed": TIMED}
SETS: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "band": (
        {"k": "10"},
        {"k": "30", "f": "0.01%"},
        {"E_max": "30000", "k": "12", "f": "0.005%"},
        {"K": "400", "k": "9"},
    ),
    "timed": ({"wide": "0.1%"}, {"wide": "0.2%", "long": "20m"}, {"wide": "1%", "long": "1h"}),
}


def with_holes(columns: Columns) -> Columns:
    """Three hours without events, and some events at the same time."""
    later = np.where(np.arange(len(columns.time_us)) < 1_500, 0, 3 * 3600 * 1_000_000)
    return replace(columns, time_us=columns.time_us + later)


MARKETS = {
    "calm quotes": stream([quotes(3, 6_000, step=5e-5, sizes=math.inf, seconds=3.0)]),
    "quotes with holes": stream([with_holes(quotes(4, 4_000, step=1e-4, sizes=math.inf, seconds=5.0))]),
    "thin quotes": stream([quotes(5, 4_000, step=2e-4, seconds=2.0)]),
    "bars": stream([replace(bars(6, 5_000, step=2e-4), rows=5_000)]),
}


def counted(loop: Loop, leaps: Counter[str]) -> None:
    """Count what is leapt over by a loop that is plain Python."""
    names = loop.run.__globals__
    made = names["leap"]

    def leap(*arguments: object) -> tuple[int, float, float]:
        skipped, peak, deepest = made(*arguments)
        leaps[f"by {skipped}"] += 1
        leaps["events"] += skipped
        return skipped, peak, deepest

    names["leap"] = leap


def outcome(prepared: Prepared, layout: Layout, leaps: Counter[str], place: Path | None = None) -> Outcome:
    """A run over what is worked out ahead."""
    program, given, plain = prepared.program, kernel_of(prepared).given, place is None
    make = loop_of if place is None else (lambda text: compiled(text, place))
    batches = list(prepared.stream)
    series = ahead(program, layout, given, batches, make(emit_ahead(program, layout)), plain=plain)
    loop = make(emit_module(program, layout))
    if layout.leaps and plain:
        counted(loop, leaps)
    return run_kernel(program, layout, given, batches, prepared.stream.last_us, loop, series=series, plain=plain)


def both(prepared: Prepared, place: Path | None = None) -> tuple[Outcome, Outcome, Counter[str]]:
    """Without and with leaps."""
    found = kernel_of(prepared)
    assert found.why_not == ()
    layout = with_shared(prepared.program, found.layout, len(prepared.stream))
    assert layout.leaps
    leaps = Counter[str]()
    one = outcome(prepared, replace(layout, leaps=False), leaps, place)
    return one, outcome(prepared, layout, leaps, place), leaps


def prepared_of(text: str, market: EventStream, overrides: Mapping[str, str]) -> Prepared:
    program = check_merged([Source("spec.yml", text.encode())]).require()
    given = {"tau_max": "10m"} if "tau_max" in text else {}
    return replace(prepare(program, Settings(bars=10, overrides={**given, **overrides})), stream=market)


def assert_same(one: Outcome, other: Outcome) -> None:
    assert_equal(one, other)
    assert (one.peak, one.status, one.x) == (
        other.peak,
        other.status,
        pytest.approx(other.x, rel=0, abs=0, nan_ok=True),
    )


CASES = [(name, market, sets) for name in TEXTS for market in MARKETS for sets in SETS[name]]


@pytest.mark.parametrize(("name", "market", "overrides"), CASES)
def test_leaps_change_nothing(name: str, market: str, overrides: Mapping[str, str]) -> None:
    """To the last bit: moves, orders, books, peak and deepest fall, every slot."""
    one, other, leaps = both(prepared_of(TEXTS[name], MARKETS[market], overrides))
    assert_same(one, other)
    assert leaps["events"] > 2_000 or (name == "band" and one.leaves[0] == 2), "an endless streak in EXIT"


def test_through_numba_too(tmp_path: Path) -> None:
    """And most of the events of a calm market are leapt over, in leaps of all sizes."""
    prepared = prepared_of(TIMED, MARKETS["calm quotes"], {"wide": "0.2%", "long": "20m"})
    one, other, _ = both(prepared, tmp_path)
    assert_same(one, other)
    plain, _, leaps = both(prepared)
    assert_same(plain, other)
    assert len(one.orders) > 4 and leaps["events"] > 4_500
    assert all(leaps[f"by {size - 1}"] for size in (512, 64, 8))


@pytest.fixture
def short_blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Blocks of 2, 4 and 16, so that random runs of some hundred events have many."""
    for module in ("runtime_calm", "emit_calm", "emit_hot", "run"):
        monkeypatch.setattr(f"fsmtrader.kernel.{module}.SIZES", (16, 4, 2))
    yield


ATOMS = ("mark(A) / base", "bid(A) / base", "mid(A) / mark(A)", "base / ask(A)", "vol", "time_in_state / long", "share",
         "qA / wide", "1", "0.999", "1.0005", "0.002", "(mark(A) - base) / base", "up", "down")  # fmt: skip
OPERATORS = ("<", "<=", ">", ">=", "<", ">", "==", "!=")


def number(draw: random.Random, depth: int) -> str:
    """A number near one, or a small one."""
    if depth == 0 or draw.random() < 0.25:
        return draw.choice(ATOMS)
    one, other = number(draw, depth - 1), number(draw, depth - 1)
    forms = (f"({one} {draw.choice('+-*/')} {other})", f"abs({one})", f"min({one}, {other})", f"-({one})",
             f"max({one}, {other}, 0.9)", f"({one}) ** {draw.choice('23')}", f"sqrt({one})",
             f"({one} if {truth(draw, depth - 1)} else {other})")  # fmt: skip
    return draw.choice(forms)


def truth(draw: random.Random, depth: int) -> str:
    if depth == 0 or draw.random() < 0.5:
        return f"({number(draw, depth)} {draw.choice(OPERATORS)} {number(draw, depth)})"
    one, other = truth(draw, depth - 1), truth(draw, depth - 1)
    return draw.choice((f"({one} and {other})", f"({one} or {other})", f"(not {one})", f"({one} implies {other})"))


def random_spec(draw: random.Random) -> str:
    """Two states with guards by chance, a streak, an invariant, an alert and a timer."""
    guards = [truth(draw, 3) for _ in range(7)]
    return f"""
fsm: 1
strategy: {{name: Chance}}
accounts: {{main: {{exchange: binanceusdm}}}}
legs: {{A: {{account: main, symbol: "BTC/USDT:USDT"}}}}
run: {{capital: {{main: 200000 USDT}}}}
parameters: {{wide: {{value: 1, unit: base}}, long: 10m, share: 0.5}}
observe:
  vol: realized_vol(mark(A), window=2m)
  up: "highest(mark(A), window=3m) / base"
  down: "lowest(mid(A), window=90s) / base"
  often: "streak({guards[0]} and mark(A) > 1.0003 * base, on=look) >= 3"
variables: {{base: {{initial: mark(A)}}}}
events: {{look: ["price(A)", "every({draw.choice((1, 7, 45))}s)"], tick: price(A)}}
alerts: {{odd: {{if: "{guards[1]} and mark(A) > 1.001 * base", say: "{{base}}"}}}}
invariants: [{{even: "{guards[2]} or mark(A) < 1.001 * base"}}]
states:
  OUT:
    on:
      look: {{if: "{guards[3]} and (often or mark(A) > 1.0005 * base)", transition_to: IN, do: {{qA: 0.25}}}}
      tick: {{if: "mark(A) < 0.998 * base", do: {{base: mark(A)}}}}
  IN:
    on:
      look: {{if: "{guards[4]} and ({guards[5]} or mark(A) < 0.999 * base) and not abs(mark(A) - base) < 0.0002 * base", transition_to: OUT, do: [{{qA: 0}}, {{base: mark(A)}}]}}
      tick: {{if: "{guards[6]} and mark(A) > 1.001 * base", do: [{{qA: qA / 2}}, {{base: mark(A)}}]}}
"""


@pytest.mark.usefixtures("short_blocks")
def test_random_guards() -> None:
    seen = Counter[str]()
    for seed in range(80):
        draw = random.Random(seed)
        found = check_merged([Source("spec.yml", random_spec(draw).encode())])
        if found.program is None:
            seen["refused"] += 1
            continue
        walk = quotes(seed, 800, step=draw.choice((3e-5, 1e-4)), sizes=math.inf, seconds=draw.choice((1.0, 5.0)))
        market = stream([replace(walk, rows=draw.choice((256, 800)))])
        prepared = replace(prepare(found.program, Settings(bars=10)), stream=market)
        if "time_in_state" in found.program.indicators[-1].text:
            continue  # a streak of something that time changes
        one, other, leaps = both(prepared)
        assert_same(one, other)
        seen.update(leaps)
        seen.update(runs=1, moves=len(one.moves), orders=len(one.orders), alerts=one.alerts, broken=one.broken)
        seen["that leap"] += leaps["events"] > 100
    assert seen["runs"] > 25 and seen["that leap"] > 20 and seen["moves"] > 50 and seen["alerts"] > 10, seen
