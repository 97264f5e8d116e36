"""What machine and scout hand over to one another, with scouts written by hand in place of the emitted one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.parity.kernel_markets import bars, fundings, marks, quotes, stream, trades
from tests.parity.scouted_runs import assert_equal, kept, over, program_of, spec

from fsmtrader.data.stream import EventStream
from fsmtrader.domain.market import Kind
from fsmtrader.kernel.columns import EVENT, GOES_ON, LOOK, OUT_OF_ROOM, S_PEAK, S_PRICES, S_TIME, TIME, WORK
from fsmtrader.numeric.indicators import ema_update, ema_value
from fsmtrader.program.ir import Program
from fsmtrader.research.run_settings import Settings
from fsmtrader.research.scouted import Scout

OF_MARKET = (
    *("price", "last", "seen_bid", "seen_ask", "rate", "has_book", "has_mark", "bid", "ask", "bid_size", "ask_size"),
    *("bid_used", "ask_used", "mark", "traded", "funding_mark", "safe_low", "safe_high", "grain", "bar_us"),
    "has_marks",
)
OF_EQUITY = ("fixed", "peak", "deepest", "stride", "countdown", "source", "is_news", "own_due")


def names_of(program: Program, markets: int) -> tuple[str, ...]:
    """Every scalar that there may be."""
    found = ["now", "status", *OF_EQUITY, *(f"{name}_{m}" for m in range(markets) for name in OF_MARKET)]
    found += [f"last_g{i}" for i in range(len(program.indicators))]
    found += [f"leaf_{region.index}" for region in program.regions]
    found += [f"gain_{leg}" for leg in range(len(program.legs))]
    found += [f"rung_{k}" for k in range(len(program.alerts))]
    found += [f"broken_{k}" for k in range(len(program.invariants))]
    stays = sum(len(region.afters) for region in program.regions)
    found += [f"{word}_{k}" for word in ("fired", "due_for") for k in range(stays)]
    return (*found, *(f"next_{k}" for k in range(len(program.sources))))


def handed_back(i: int, *rest: Any) -> tuple[int, int, int, int]:
    """A scout that sees nothing: every event is the machine's."""
    return EVENT, i, 0, 0


SPECS = (
    "specs/band_limited_hedging.yml",
    "specs/band_limited_hedging_literal.yml",
    "specs/band_limited_hedging_reentry.yml",
    "examples/timers.yml",
    "src/fsmtrader/cli/templates/band.yml",
)


@pytest.mark.parametrize("name", SPECS)
def test_what_is_told_and_learned_again_has_not_changed(name: str) -> None:
    """Everything goes to the scout and back at each event, and the run is the same."""
    program = spec(name)
    market = quotes(5, 400, seconds=30.0)
    sources = [market, trades(5, market), fundings(5, market), marks(5, market)]
    for prepared in (over(program, stream(sources)), over(program, stream([bars(5, 400)]))):
        blind = Scout("source", handed_back, names_of(program, 1), (), prepared.settings.spread / 2)
        assert_equal(kept(prepared), kept(prepared, blind))


AVERAGE = """
fsm: 1
strategy: {name: Average}
accounts: {main: {exchange: binanceusdm, position_mode: one_way}}
legs: {A: {account: main, symbol: "BTC/USDT:USDT"}}
observe: {fast: "ema(mark(A), n=5, on=tick)"}
events: {tick: price(A), news: price(A)}
states:
  FLAT:
    on:
      tick: {if: "mark(A) > fast + 25", do: {qA: 0.02}, transition_to: LONG}
  LONG:
    on:
      news: {if: "mark(A) < fast - 25", do: {qA: 0}, transition_to: FLAT}
alerts: {high: {if: "mark(A) > 60020", say: high}}
"""


@dataclass
class ByHand:
    """A scout of AVERAGE over one market of quotes or bars. `seen`: why it came back, each time."""

    program: Program
    names: tuple[str, ...] = ()
    seen: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.names = names_of(self.program, 1)

    def look(
        self, i: int, n: int, end_us: int, time: Sequence[int], kinds: Sequence[int], market: Sequence[int],
        a: Sequence[float], b: Sequence[float], c: Sequence[float], d: Sequence[float], x: list[float],
        s: list[float], memory: Sequence[Any], constants: Any, samples: Any, half_spread: float,
    ) -> tuple[int, int, int, int]:  # fmt: skip
        place = {name: index for index, name in enumerate(self.names)}
        at = {name: s[index] for name, index in place.items()}
        mark = next(q.slot for q in self.program.queries if q.function == "mark")
        average = self.program.indicators[0].slot
        why, count, done = GOES_ON, 0, 0
        while i < n and why == GOES_ON:
            if count == len(samples):
                why = OUT_OF_ROOM
                break
            price = self._price(kinds[i], a[i], c[i], d[i])
            if not at["safe_low_0"] < price < at["safe_high_0"]:
                why = EVENT
                break
            self._market(at, kinds[i], time[i], (a[i], b[i], c[i], d[i]), half_spread)
            i += 1
            x[mark], x[self.program.now] = at["price_0"], float(at["now"])
            why, done = self._decides(at, x, mark, average, memory[0], constants[0])
            if why == GOES_ON:
                count = self._equity(at, samples, count)
        for name, index in place.items():
            s[index] = at[name]
        self.seen.append(why)
        return why, i, count, done

    @staticmethod
    def _price(kind: int, a: float, c: float, d: float) -> float:
        return d if kind == Kind.BAR else (a + c) / 2.0

    @staticmethod
    def _market(at: dict[str, float], kind: int, time: int, told: tuple[float, ...], half: float) -> None:
        a, b, c, d = told
        at["now"], at["grain_0"] = time, float(kind)
        if kind == Kind.BAR:
            at["bar_us_0"] = time
            at["last_0"] = at["traded_0"] = at["price_0"] = at["mark_0"] = d
            at["seen_bid_0"], at["seen_ask_0"] = d - d * half, d + d * half
            at["bid_0"], at["ask_0"] = d * (1.0 - half), d * (1.0 + half)
            return
        at["has_book_0"] = 1.0
        at["price_0"] = at["mark_0"] = (a + c) / 2.0
        at["seen_bid_0"], at["seen_ask_0"] = a, c
        if (a, b) != (at["bid_0"], at["bid_size_0"]):
            at["bid_0"], at["bid_size_0"], at["bid_used_0"] = a, b, 0.0
        if (c, d) != (at["ask_0"], at["ask_size_0"]):
            at["ask_0"], at["ask_size_0"], at["ask_used_0"] = c, d, 0.0

    @staticmethod
    def _decides(
        at: dict[str, float], x: list[float], mark: int, average: int, window: Any, constants: Any
    ) -> tuple[int, int]:
        now_us, n, ready = int(at["now"]), int(constants[1]), int(constants[2])
        x[average] = ema_value(window, now_us, 0, n, ready, 0.0)
        if (x[mark] > 60020.0) == math.isnan(at["rung_0"]):
            return LOOK, 0
        before = x[average]
        ema_update(window, x[mark], now_us, 0, n)
        at["last_g0"] = x[mark]
        x[average] = ema_value(window, now_us, 0, n, ready, 0.0)
        at["is_news"] = float(before != x[average])
        if at["leaf_0"] == 0.0 and x[mark] > x[average] + 25.0:
            return WORK, 1
        at["is_news"] = 0.0
        if at["leaf_0"] == 1.0 and x[mark] < x[average] - 25.0:
            return WORK, 2
        return GOES_ON, 0

    @staticmethod
    def _equity(at: dict[str, float], samples: Any, count: int) -> int:
        equity = at["fixed"] + at["gain_0"] * at["price_0"]
        if equity > at["peak"]:
            at["peak"] = equity
        else:
            at["deepest"] = max(at["deepest"], at["peak"] - equity)
        if at["countdown"] == 0.0:
            at["countdown"] = at["stride"]
            samples[count, S_TIME], samples[count, S_PEAK] = at["now"], at["peak"]
            samples[count, S_PRICES] = at["price_0"]
            count += 1
        at["countdown"] -= 1.0
        return count


def markets(seed: int) -> list[Callable[[], EventStream]]:
    return [
        lambda: stream([quotes(seed, 2_000, step=3e-4)]),
        lambda: stream([quotes(seed, 2_000, step=3e-4, sizes=math.inf)]),
        lambda: stream([bars(seed, 2_000)]),
    ]


@pytest.mark.parametrize("grain", range(3))
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_scout_by_hand_and_the_machine_are_one_run(seed: int, grain: int) -> None:
    program = program_of(AVERAGE)
    prepared = over(program, markets(seed)[grain]())
    scout = ByHand(program)
    made = Scout("source", scout.look, scout.names, (), prepared.settings.spread / 2)
    machine = kept(prepared)
    assert_equal(machine, kept(prepared, made))
    assert {LOOK, WORK} < set(scout.seen)
    assert machine.summary.fills > 10
    assert len(scout.seen) < 700, "most events are quiet"
    assert TIME not in scout.seen


def test_operator_latency_and_a_thinned_curve() -> None:
    """What the scout does not know of: the operator's events, orders on their way, the limit of samples."""
    program = program_of(AVERAGE)
    settings = Settings(operations=(("+2h", "halt"), ("+3h", "resume"), ("+9h", "flatten")))
    prepared = over(program, stream([quotes(4, 2_000, step=3e-4)]), settings)
    scout = ByHand(program)
    made = Scout("source", scout.look, scout.names, (), prepared.settings.spread / 2)
    machine = kept(prepared, limit=100)
    assert_equal(machine, kept(prepared, made, limit=100))
    assert OUT_OF_ROOM in scout.seen
    assert len(machine.equity) < 400
