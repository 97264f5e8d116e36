"""Working quotes, own orders at rest and the levels of a book: a run with a scout is the machine's, to the last bit.

Most runs use the scout as plain Python, which starts at once; some go through numba.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from tests.parity.kernel_markets import START_US, Columns, bars, fundings, marks, quotes, stream, trades
from tests.parity.random_quotes import spec_text
from tests.parity.scouted_runs import ROOT, Counting, Kept, assert_equal, kept, over, program_of

from fsmtrader.data.stream import EventStream
from fsmtrader.domain.instruments import Latency
from fsmtrader.domain.market import FIRST_OF_SNAPSHOT, LAST, Kind
from fsmtrader.engine.quotes import Quotes
from fsmtrader.kernel.columns import EVENT, LOOK
from fsmtrader.program.ir import Program
from fsmtrader.research import scouted
from fsmtrader.research.compiled import kernel_of
from fsmtrader.research.engines import Engine, choose
from fsmtrader.research.run import Prepared, prepare
from fsmtrader.research.run_settings import DataFile, Settings

RECORDED = os.environ.get("FSMTRADER_RECORDED_DATA", "")
MAKER = "specs/market_making.yml"
TICK = 0.1


@pytest.fixture(autouse=True)
def _never_tired(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scout looks at every event that it can, also where it is not worth its while."""
    monkeypatch.setattr(scouted, "LEAST_QUOTING", 0.0)


def assert_parity(prepared: Prepared, engine: Engine = Engine.SOURCE) -> tuple[Kept, Counter[int]]:
    """The machine's run, and why the scout came back."""
    scout = choose(prepared, engine).scout
    assert scout is not None
    counting = Counting(scout)
    machine = kept(prepared)
    assert_equal(machine, kept(prepared, replace(scout, look=counting.look)))
    return machine, counting.seen


def without_market(name: str) -> Program:
    """A spec of the repository that says nothing of a market of its own."""
    return with_market(name, "market: {synthetic: regimes}")


def with_market(name: str, market: str) -> Program:
    """A spec of the repository with another market."""
    text, count = re.subn(r"market: \{needs: queue[^}]*\}", market, (ROOT / name).read_text(encoding="utf-8"))
    assert count == 1
    return program_of(text)


def kinds(run: Kept) -> Counter[str]:
    return Counter(kind for _, _, kind, _ in run.rows)


def levels(seed: int, count: int, *, snapshots: int = 0, moves: float = 0.3, sizes: float = 0.05) -> Columns:
    """Messages of an order book on the grid of 0.1: a snapshot, then changes near a touch that walks; every so many
    messages (0: never) a snapshot again. `moves`: how often the touch walks."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[float, float, float, float, float]] = []
    time_us, best = START_US, 600_000
    shown: dict[tuple[float, int], float] = {}
    for message in range(count):
        time_us += int(rng.exponential(0.3) * 1e6) * int(rng.random() < 0.9)
        best += int(rng.integers(-3, 4)) if rng.random() < moves else 0
        is_whole = message == 0 or (snapshots > 0 and message % snapshots == 0)
        told: list[tuple[int, float, float]] = []
        if is_whole:
            shown.clear()
        else:
            told += [(tick, 0.0, side) for side, tick in list(shown) if (tick < best) != (side > 0.0) or tick == best]
        for place in range(12) if is_whole else rng.integers(0, 12, int(rng.integers(1, 6))).tolist():
            for side in (1.0, -1.0) if is_whole else (float(rng.choice([1.0, -1.0])),):
                tick = best - 1 - place if side > 0.0 else best + 1 + place
                size = round(float(rng.exponential(sizes)), 3) if is_whole or rng.random() < 0.8 else 0.0
                told.append((tick, size, side))
        for tick, size, side in told:
            shown[side, tick] = size
            if size == 0.0:
                del shown[side, tick]
        for number, (tick, size, side) in enumerate(told):
            mark = LAST * (number == len(told) - 1) + FIRST_OF_SNAPSHOT * (is_whole and number == 0)
            rows.append((time_us, tick / (1.0 / TICK), size, side, mark))
    columns = np.array(rows)
    return Columns(Kind.DEPTH, columns[:, 0].astype(np.int64), tuple(columns[:, 1:].T))


def prints(seed: int, like: Columns, share: float = 0.1) -> Columns:
    """Trades about where the levels are that change."""
    rng = np.random.default_rng(seed)
    some = np.flatnonzero((rng.random(len(like.time_us)) < share) & (like.numbers[1] > 0.0))
    price = np.round(like.numbers[0][some] + TICK * rng.integers(-4, 5, len(some)), 1)
    size = rng.exponential(0.03, len(some)).round(3) + 0.001
    side = rng.choice([1.0, -1.0, np.nan], len(some), p=[0.45, 0.45, 0.1])
    return Columns(Kind.TRADE, like.time_us[some], (price, size, side), like.market)


def hits(seed: int, like: Columns) -> Columns:
    """Trades at a touch of 59999.9 and 60000.1, after each third row."""
    rng = np.random.default_rng(seed)
    time_us = like.time_us[::3] + 50_000
    side = rng.choice([1.0, -1.0], len(time_us))
    return Columns(Kind.TRADE, time_us, (60_000.0 + TICK * side, rng.exponential(0.03, len(time_us)).round(3), side))


def touches(seed: int, count: int = 500, seconds: float = 0.4) -> EventStream:
    """Quotes and trades."""
    market = quotes(seed, count, step=2e-5, sizes=0.05, seconds=seconds)
    return stream([market, trades(seed, market)])


def book(seed: int, count: int = 250, *, snapshots: int = 0, moves: float = 0.3) -> EventStream:
    """Levels and trades."""
    market = levels(seed, count, snapshots=snapshots, moves=moves)
    return stream([market, prints(seed, market)])


SLOTS = """
fsm: 1
strategy: {name: Slots}
accounts: {main: {exchange: binanceusdm}}
legs: {X: {account: main, symbol: "BTC/USDT:USDT"}}
parameters: {size: 0.01, wide: {value: 3, min: 0}, far: {value: 6, min: 0}}
observe:
  m: mid(X)
  jump: abs(change(m, every=300ms))
  rough: highest(jump, window=5s, ready=1)
  pace: 1s + 500 * rough * 1s
  deep: worst_price(X, lean, size)
  lean: sell if qX > 0 else buy
events: {monitor: [book(X), every(700ms)], cycle: every(pace)}
variables: {count: {initial: 0}}
quotes:
  bid:    {leg: X, side: buy, price: m - wide * tick(X), quantity: size, post_only: true, every: pace}
  ask:    {leg: X, side: sell, price: m + wide * tick(X), quantity: size, post_only: true, every: pace}
  low:    {leg: X, side: buy, price: bid(X) - far * tick(X), quantity: 2 * size, beyond: 4, when: qX < 5 * size}
  high:   {leg: X, side: sell, price: ask(X) + far * tick(X), quantity: 2 * size, beyond: 4, when: qX > -5 * size}
  out:    {leg: X, side: lean, price: "touch(X, opposite(lean))", quantity: "min(abs(qX), size)", reduce_only: true,
           when: "abs(qX) >= 2 * size and book_age(X) < 2s", ttl: 3s, beyond: 2.5}
SLOT
states:
  ON:
    on:
      monitor: {if: "abs(qX) > 6 * size and ready(deep)", transition_to: OFF, because: full}
      filled(bid): {do: {count: count + 1}}
      rejected: {do: {count: count + 100}}
  OFF:
    orders: reduce
    on:
      cycle: {if: abs(qX) < 2 * size, transition_to: ON}
      monitor: {if: "vwap(X, lean, size) > 0 and depth(X, buy) > 0.3", do: {count: count + 1000}}
    after: {4s: {transition_to: ON}}
RISK
alerts: {thin: {if: "available(X, lean, m * 1.0001) < size", repeat: 20s, say: thin}}
run: {capital: {main: 5000 USDT}}
"""
MORE = {
    "plain": "",
    "every and keep": "  stay: {leg: X, side: buy, price: m - 9 * tick(X), quantity: size, keep: count < 5, every: 2s, ttl: 6s}",
    "most": "  many: {leg: X, side: sell, price: m + 8 * tick(X), quantity: size, every: 3s, most: 3, ttl: 8s}",
    "neither": "  near: {leg: X, side: buy, price: bid(X), quantity: size, post_only: true, when: qX < 0}",
    "crossing": "  over: {leg: X, side: buy, price: ask(X), quantity: size, post_only: true, every: 4s}",
    "takes": "  over: {leg: X, side: sell, price: bid(X), quantity: size, every: 5s, when: qX > 0}",
}
RISKS = {"none": "", "rate": "risk: {rate: {orders: 20/10s}}", "position": "risk: {position: {X: 3 * size}}"}


def slots(more: str = "plain", risk: str = "none") -> Program:
    return program_of(SLOTS.replace("SLOT", MORE[more]).replace("RISK", RISKS[risk]))


# -- slots -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", list(MORE))
def test_slots_at_a_touch(more: str) -> None:
    machine, seen = assert_parity(over(slots(more), touches(2)))
    assert machine.summary.fills > 5
    assert seen[LOOK] > 20 and seen[EVENT] > 5
    assert sum(seen.values()) < 0.9 * machine.summary.events


@pytest.mark.parametrize("snapshots", [0, 40])
@pytest.mark.parametrize("more", list(MORE))
def test_slots_among_levels(more: str, snapshots: int) -> None:
    machine, seen = assert_parity(over(slots(more), book(2, snapshots=snapshots)))
    assert machine.summary.fills > 5
    assert seen[LOOK] > 20 and seen[EVENT] > 5
    assert sum(seen.values()) < 0.5 * machine.summary.events


@pytest.mark.parametrize("risk", list(RISKS))
@pytest.mark.parametrize("grain", ["touch", "levels"])
def test_orders_that_risk_refuses(grain: str, risk: str) -> None:
    machine, _ = assert_parity(over(slots(risk=risk), touches(3) if grain == "touch" else book(3)))
    assert (sum(count for name, count in machine.summary.alerts if name == "refused") > 0) == (risk != "none")


@pytest.mark.parametrize("latency", [Latency(0, 80_000, 40_000), Latency(0, 700_000, 0), Latency(0, 0, 900_000)])
@pytest.mark.parametrize("grain", ["touch", "levels"])
def test_orders_and_answers_on_their_way(grain: str, latency: Latency) -> None:
    market = touches(4) if grain == "touch" else book(4)
    machine, seen = assert_parity(over(slots("crossing"), market, Settings(latency=latency)))
    assert machine.summary.fills > 5
    assert seen[LOOK] > 5


@pytest.mark.parametrize("model", ["power:2", "power:1.5", "log"])
def test_models_of_a_queue(model: str) -> None:
    machine, _ = assert_parity(over(slots("neither"), book(5, snapshots=150), Settings(queue=model)))
    assert machine.summary.fills > 5


def test_quotes_beside_levels_and_bars_between() -> None:
    """Coarser data beside finer change nothing, marks and funding what they always do."""
    market, coarse = levels(6, 200), quotes(6, 150, step=2e-5, sizes=0.05, seconds=0.5)
    sources = [market, prints(6, market), coarse, fundings(6, market), marks(6, market)]
    machine, _ = assert_parity(over(slots(), stream(sources)))
    assert machine.summary.fills > 5


@pytest.mark.parametrize("grain", ["bars", "trades"])
def test_slots_without_a_book(grain: str) -> None:
    text = SLOTS.replace("book(X)", "price(X)").replace("post_only: true, ", "")
    market = quotes(7, 600, step=2e-5, seconds=0.4)
    made = stream([bars(7, 150, step=1e-4)]) if grain == "bars" else stream([trades(7, market)])
    machine, _ = assert_parity(over(program_of(text.replace("SLOT", "").replace("RISK", "")), made))
    assert machine.summary.fills > 0


@pytest.mark.parametrize("name", ["specs/band_limited_hedging.yml", "examples/timers.yml"])
def test_levels_without_quotes(name: str) -> None:
    """A sweep's loop, which has no levels, is not for them: orders would meet none."""
    program = program_of((ROOT / name).read_text(encoding="utf-8"))
    prepared = over(program, book(3, 500, snapshots=100), **({"q0": "0.01", "tau_max": "1m"} if "band" in name else {}))
    assert any("levels of a book" in reason for reason in kernel_of(prepared).why_not)
    machine, seen = assert_parity(prepared)
    assert machine.summary.events > 1_000
    assert sum(seen.values()) < 0.01 * machine.summary.events


def test_the_operator_stops_and_halts() -> None:
    operations = (("+20s", "halt"), ("+40s", "resume"), ("+60s", "flatten"), ("+80s", "resume"), ("+100s", "stop"))
    machine, _ = assert_parity(over(slots(), touches(8), Settings(operations=operations)))
    assert kinds(machine)["operator"] == len(operations)


@pytest.mark.parametrize("seed", range(14))
def test_random_slots(seed: int) -> None:
    """Whatever a slot may say, in one market or two, at touches or among levels, with and without latency."""
    program, random = program_of(spec_text(seed)), Random(seed)
    sources, has_levels = [], random.random() < 0.6
    for m in range(len(program.legs)):
        if has_levels:
            market = replace(levels(seed + m, 150, snapshots=random.choice([0, 20])), market=m)
        else:
            market = quotes(seed + m, 350, step=2e-5, sizes=0.05, seconds=0.4, market=m)
        sources += [market, prints(seed + m, market) if has_levels else trades(seed + m, market)]
    latency = random.choice([Latency(), Latency(), Latency(0, 60_000, 30_000)])
    machine, _ = assert_parity(over(program, stream(sources, len(program.legs)), Settings(latency=latency)))
    assert kinds(machine)["order"] > 0


# -- document 001 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [MAKER, "tests/data/sketches/market_making.yml"])
@pytest.mark.parametrize("grain", ["touch", "levels", "snapshots"])
def test_market_making(name: str, grain: str) -> None:
    market = touches(9) if grain == "touch" else book(9, snapshots=25 if grain == "snapshots" else 0)
    machine, _ = assert_parity(over(without_market(name), market))
    assert kinds(machine)["order"] > 50


@pytest.mark.parametrize("kind", ["book", "book_crash"])
def test_market_making_in_a_made_up_book(kind: str) -> None:
    program = with_market(MAKER, f"market: {{needs: queue, synthetic: {kind}, days: 0.0002}}")
    prepared = prepare(program, Settings(latency=Latency(0, 20_000, 20_000)))
    machine, _ = assert_parity(prepared, Engine.COMPILED)
    assert machine.summary.fills > 0


@pytest.mark.parametrize("grain", ["touch", "levels"])
def test_machine_code(grain: str) -> None:
    market = touches(10) if grain == "touch" else book(10, snapshots=200)
    machine, seen = assert_parity(over(slots("most"), market), Engine.COMPILED)
    assert machine.summary.fills > 5
    assert seen[LOOK] > 20


# -- faults that are planted -------------------------------------------------------------------------------------------

WAITING = """
fsm: 1
strategy: {name: Waiting}
accounts: {main: {exchange: binanceusdm}}
legs: {X: {account: main, symbol: "BTC/USDT:USDT"}}
parameters: {size: 0.01}
observe:
  steep: worst_price(X, lean, 0.4) - ask(X) >= 3 * tick(X)
  lean: buy if qX <= 0 else sell
variables: {count: {initial: 0}}
quotes:
  bid: {leg: X, side: buy, price: bid(X), quantity: size, beyond: 2, when: qX < 8 * size}
  ask: {leg: X, side: sell, price: ask(X), quantity: size, beyond: 2, when: qX > -8 * size}
states:
  ON:
    on:
      book(X): {if: steep and count < 50, do: {count: count + 1}}
run: {capital: {main: 5000 USDT}}
"""
"""orders that wait in a queue until it has passed"""
FAULTS = {
    "would_act": ("would_act", lambda found: lambda *given: False),
    "would_fill": ("would_fill", lambda found: lambda *given: False),
    "is_reached": ("is_reached", lambda found: lambda *given: False),
    "note_trade": ("note_trade", lambda found: lambda *given: None),
    "note_level": ("note_level", lambda found: lambda *given: None),
    "settle_queues": ("settle_queues", lambda found: lambda *given: False),
    "tell_level": (
        "tell_level",
        lambda found: lambda side, price, size, is_bid: found(side, price, 2.0 * size, is_bid),
    ),
    "price_of": ("price_of", lambda found: lambda *given: float("nan")),
}


@pytest.mark.parametrize("name", list(FAULTS))
def test_a_fault_that_is_planted_is_found(name: str) -> None:
    """In a market that walks, or in one that stays and whose queues pass."""
    place, make = FAULTS[name]
    walking, standing = levels(11, 900, snapshots=7, moves=0.05), levels(11, 700, snapshots=25, moves=0.0, sizes=0.1)
    found = []
    for market in (stream([walking, prints(11, walking, share=0.3)]), stream([standing, hits(11, standing)])):
        prepared = over(program_of(WAITING), market)
        scout = choose(prepared, Engine.SOURCE).scout
        assert scout is not None
        names = scout.look.__globals__  # type: ignore[attr-defined]
        names[place] = make(names[place])
        found.append(kept(prepared).rows != kept(prepared, scout).rows)
    assert any(found)


def test_the_machine_looks_at_slots_once_an_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event that changes nothing does not make it look again: of a quote comes one look. (Two come of one after an
    order's own event: what is steady is placed at the next event only.)"""
    looks, look = Counter[int](), Quotes.look

    def counted(quotes: Quotes, moved: Callable[[int], bool]) -> None:
        looks[quotes._state.now_us] += 1
        look(quotes, moved)

    monkeypatch.setattr(Quotes, "look", counted)
    machine = kept(over(program_of(WAITING), stream([quotes(12, 300, step=1e-6, sizes=5.0, seconds=0.4)])))
    acted = {time_us for _, time_us, _, _ in machine.rows}
    quiet = [count for time_us, count in looks.items() if time_us not in acted]
    assert len(quiet) > 50
    assert set(quiet) <= {1, 2}
    assert quiet.count(1) > 0.7 * len(quiet)


# -- recordings --------------------------------------------------------------------------------------------------------

HYPERLIQUID, ASTER = "tick_hyperliquid_btc_20250904/BTC_", "tick_aster_bnb_20251128/BNBUSDT_"
BINANCE = "tick_binance_btc_20240808/usdm_btcusdt_0808_"
RECORDINGS = {
    "hyperliquid, touch": ("hyperliquid", [HYPERLIQUID + "bbo", HYPERLIQUID + "trades"], {}),
    "hyperliquid, levels": ("hyperliquid", [HYPERLIQUID + "book20", HYPERLIQUID + "trades"], {}),
    "aster": ("aster", [ASTER + "book10", ASTER + "trades"], {"baseSize": "0.1"}),
    "binance": ("binanceusdm", [BINANCE + "snapshot", BINANCE + "depth", BINANCE + "trades"], {}),
}


@pytest.mark.skipif(not RECORDED, reason="FSMTRADER_RECORDED_DATA does not say where recorded data is")
@pytest.mark.parametrize("latency", [Latency(), Latency(0, 20_000, 20_000)])
@pytest.mark.parametrize("name", list(RECORDINGS))
def test_market_making_on_a_recording(name: str, latency: Latency) -> None:
    profile, files, overrides = RECORDINGS[name]
    data = tuple(DataFile(str(Path(RECORDED) / f"{file}.parquet")) for file in files)
    settings = Settings(data=data, profile=profile, overrides=overrides, latency=latency)
    program = program_of((ROOT / MAKER).read_text(encoding="utf-8"))
    machine, seen = assert_parity(prepare(program, settings), Engine.COMPILED)
    assert machine.summary.fills > 10
    assert sum(seen.values()) < 0.3 * machine.summary.events
