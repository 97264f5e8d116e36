"""A run with a scout is the machine's run: the same rows of the journal, equity and summary, to the last bit.

Most runs use the scout as plain Python, which starts at once; some go through numba.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from tests.parity.kernel_markets import bars, fundings, marks, quotes, stream, trades
from tests.parity.scouted_runs import Counting, Kept, assert_equal, kept, over, program_of, spec
from tests.parity.test_kernel_parity import TIMED

from fsmtrader.domain.instruments import Jitter, Latency
from fsmtrader.engine.events import Operation
from fsmtrader.kernel.cache import loop_of
from fsmtrader.kernel.columns import EVENT, LOOK, OUT_OF_ROOM, TIME, WORK
from fsmtrader.kernel.emit_loop import emit_scout
from fsmtrader.program.ir import Program
from fsmtrader.research import scouted
from fsmtrader.research.compiled import layout_of
from fsmtrader.research.engines import Engine, choose
from fsmtrader.research.run import Prepared, prepare
from fsmtrader.research.run_settings import DataFile, Settings
from fsmtrader.research.scouted import Scout
from fsmtrader.research.tracks import moving_in_bands

BANDS = (
    "specs/band_limited_hedging.yml",
    "specs/band_limited_hedging_literal.yml",
    "specs/band_limited_hedging_reentry.yml",
    "src/fsmtrader/cli/templates/band.yml",
)
OTHERS = (
    "examples/timers.yml",
    "examples/regions.yml",
    "examples/saga.yml",
    "src/fsmtrader/cli/templates/blank.yml",
    "src/fsmtrader/cli/templates/pair.yml",
)
RECORDED = os.environ.get("FSMTRADER_RECORDED_DATA", "")


@pytest.fixture(autouse=True)
def _never_tired(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scout looks at every event that it can, also where it is not worth its while."""
    monkeypatch.setattr(scouted, "LEAST", 0.0)


def scout_of(prepared: Prepared, engine: Engine = Engine.SOURCE) -> Scout:
    found = choose(prepared, engine).scout
    assert found is not None
    return found


def assert_parity(prepared: Prepared, engine: Engine = Engine.SOURCE, limit: int = 0) -> tuple[Kept, Counter[int]]:
    """The machine's run, and why the scout came back."""
    counting = Counting(scout_of(prepared, engine))
    limits = {"limit": limit} if limit else {}
    machine = kept(prepared, **limits)
    assert_equal(machine, kept(prepared, replace(counting.scout, look=counting.look), **limits))
    return machine, counting.seen


PARAMETERS: tuple[Mapping[str, str], ...] = (
    {},
    {"k": "6", "alpha": "0.3", "E_max": "20000"},
    {"q0": "0.05", "E_max": "2000", "tau_max": "1h"},
)


@pytest.mark.parametrize("overrides", PARAMETERS)
@pytest.mark.parametrize("name", BANDS[:3])
def test_bars_of_a_made_up_market(name: str, overrides: Mapping[str, str]) -> None:
    settings = Settings(bars=4_000, seed=1 + PARAMETERS.index(overrides), overrides=overrides)
    machine, seen = assert_parity(prepare(spec(name), settings))
    assert seen[WORK] > 0
    assert sum(seen.values()) < 0.2 * machine.summary.events


@pytest.mark.parametrize("seed", [1, 4])
@pytest.mark.parametrize("sizes", [0.02, 1.0, math.inf])
@pytest.mark.parametrize("name", BANDS)
def test_quotes_with_timers(name: str, sizes: float, seed: int) -> None:
    market = stream([quotes(seed, 1_200, sizes=sizes)])
    overrides = {} if "templates" in name else {"tau_max": "1h", "E_max": str(5_000 * seed), "q0": "0.2"}
    assert_parity(over(spec(name), market, **overrides))


@pytest.mark.parametrize("name", [*BANDS, *OTHERS])
def test_quotes_trades_marks_and_funding(name: str) -> None:
    """One or two markets, with all kinds of events at the same and at other times."""
    program = spec(name)
    count = len({(leg.account, leg.symbol) for leg in program.legs})
    touches = [quotes(7 + m, 1_500, price=(60_000.0, 3_000.0)[m], seconds=30.0, market=m) for m in range(count)]
    sources = [made for q in touches for made in (q, trades(7, q), fundings(7, q), marks(7, q))]
    _, seen = assert_parity(over(program, stream(sources, count)))
    assert seen[EVENT] > 0


@pytest.mark.parametrize("seed", [1, 3, 4])
def test_regions_timers_phases_and_failures(seed: int) -> None:
    program = program_of(TIMED.replace("MODE", "one_way"))
    sizes = 2.0 if seed % 2 else math.inf
    market = stream([quotes(seed, 1_200, sizes=sizes), quotes(seed + 50, 1_100, price=3000.0, market=1)], 2)
    machine, seen = assert_parity(over(program, market, size=("0.2", "0.3", "0.4")[seed % 3]))
    assert machine.summary.fills > 0
    assert all(seen[why] > 0 for why in (WORK, LOOK, TIME))


RARE = """
fsm: 1
strategy: {name: Rare}
accounts: {main: {exchange: binanceusdm, position_mode: one_way}}
legs: {A: {account: main, symbol: "BTC/USDT:USDT"}}
observe:
  price: mark(A)
  slow: "mean(price, n=3, every=7m)"
  quick: "ema(price, n=4, on=tick)"
  swing: "realized_vol(price, window=20m)"
  high: "quantile(price, n=20, q=0.9, on=tick)"
variables: {anchor: {initial: price}, count: {initial: 0}}
events: {tick: price(A), soon: "every(90s)", noon: {daily: "01:30 UTC"}}
states:
  FLAT:
    on:
      tick: {if: abs(price - anchor) >= swing * 0.004 * anchor, do: [{qA: 0.05}, {anchor: price}], transition_to: LONG}
      noon: {do: {count: count + 100}}
  LONG:
    after: {11m: {do: {count: count + 1}}}
    on:
      soon: {if: quick < slow - 20, do: [{qA: 0}, {anchor: price}], transition_to: FLAT}
      noon: {do: {count: count + 1000}}
invariants:
  - calm: price < anchor * 1.004
  - few: count < 2000
alerts:
  top: {if: price > high, repeat: 30s, say: "top at {price}"}
  held: {on: filled, say: "filled"}
reports:
  hourly: {at: "02:00 UTC", show: [qA, price, quick]}
stop: {after: 9h}
run: {capital: {main: 20000 USDT}}
"""


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_only_the_machine_knows_of_is_its_own(seed: int) -> None:
    """Hours of the day, reports, a time to stop, indicators with clocks, bells that ring again, the operator."""
    program = program_of(RARE)
    market = quotes(seed, 2_000)
    plain, seen = assert_parity(over(program, stream([market, trades(seed, market)])))
    assert all(seen[why] > 0 for why in (WORK, LOOK, TIME))
    assert {"report", "record"} & {kind for _, _, kind, _ in plain.rows}
    assert plain.summary.status == "stopped"
    operations = (("+1h", "halt"), ("+2h", "resume"), ("+5h", "flatten"), ("+6h", "resume"), ("+7h", "stop"))
    told, _ = assert_parity(over(program, stream([market]), Settings(operations=operations)))
    assert sum(kind == "operator" for _, _, kind, _ in told.rows) == len(operations)
    assert Operation.HALT.value in "".join(body for *_, body in told.rows)


@pytest.mark.parametrize("latency", [Latency(0, 3_000_000, 2_000_000), Latency(0, 45_000_000, 45_000_000)])
def test_orders_that_are_on_their_way(latency: Latency) -> None:
    machine, _ = assert_parity(over(program_of(RARE), stream([quotes(5, 1_500)]), Settings(latency=latency)))
    assert machine.summary.fills > 0


@pytest.mark.parametrize("profile", ["grvt", "lighter", "hyperliquid"])
def test_orders_that_a_venue_holds(profile: str) -> None:
    """The scout lets nothing go by while one is held, and the venue's own rules are the machine's."""
    settings = Settings(profile=profile, latency=Latency(0, 3_000_000, 2_000_000, Jitter(4_000_000)))
    for given in (Settings(profile=profile), settings):
        machine, _ = assert_parity(over(program_of(RARE), stream([quotes(5, 1_500)]), given))
        assert machine.summary.fills > 0


@pytest.mark.parametrize(
    "how", ["{style: passive, patience: 50s, then: ioc, band: 2bp}", "{style: passive, patience: 3m}"]
)
def test_orders_that_rest(how: str) -> None:
    """While one rests the machine goes alone; when it is filled or gone the scout looks ahead again."""
    text = RARE.replace('"BTC/USDT:USDT"}', f'"BTC/USDT:USDT", how: {how}}}')
    market = quotes(3, 1_500)
    machine, seen = assert_parity(over(program_of(text), stream([market, trades(3, market)])))
    assert sum(kind == "accepted" for _, _, kind, _ in machine.rows) > 20
    assert seen[WORK] > 20


@pytest.mark.parametrize("grain", ["quotes", "bars"])
def test_an_account_that_is_liquidated(grain: str) -> None:
    text = RARE.replace("qA: 0.05", "qA: 5").replace("20000 USDT", "16000 USDT").replace("stop: {after: 9h}\n", "")
    text = text.replace("if: quick < slow - 20", "if: price < 0")
    market = quotes(7, 2_500, step=2e-3, sizes=50.0) if grain == "quotes" else bars(5, 1_500, step=4e-3)
    machine, _ = assert_parity(over(program_of(text), stream([market])))
    assert any(kind == "liquidated" for _, _, kind, _ in machine.rows)


ENDING = """
fsm: 1
strategy: {name: Ending}
accounts: {main: {exchange: binanceusdm, position_mode: one_way}}
legs: {A: {account: main, symbol: "BTC/USDT:USDT", initial: 0.5}}
variables: {count: {initial: 0}}
events: {early: "every(7s)", tick: [price(A), "every(7s)"], moved: price(A)}
regions:
  first:
    states:
      ON: {on: {moved: {if: count > 300, transition_to: END}}}
      END: {final: true, enter: {qA: 0}}
  second:
    states:
      COUNTING:
        on:
          early: {if: qA > 100, do: {count: 0}}
          tick: {do: {count: count + 1}}
"""


def test_the_event_that_finds_all_regions_over_is_the_machines() -> None:
    """The last order is filled at the end of an instant; the timer after it ends the run at the first of its names."""
    machine, seen = assert_parity(over(program_of(ENDING), stream([quotes(2, 800)])))
    assert machine.summary.status == "over"
    assert sum(kind == "row" for _, _, kind, _ in machine.rows) == 302
    assert seen[WORK] > 290


@pytest.mark.parametrize("overrides", [{"wait": "45s"}, {"wait": "20m"}])
def test_times_in_a_state_that_the_market_changes(overrides: Mapping[str, str]) -> None:
    text = RARE.replace("after: {11m:", 'after: {"11m if price > slow + far else wait":')
    text = text.replace("variables:", "parameters: {wait: 45s, far: {value: 15, unit: price}}\nvariables:")
    machine, seen = assert_parity(over(program_of(text), stream([quotes(3, 1_500)]), **overrides))
    assert seen[TIME] > 0
    assert machine.summary.fills > 0


LOSING = """
fsm: 1
strategy: {name: Losing}
accounts: {main: {exchange: binanceusdm, position_mode: hedge}}
legs:
  L: {account: main, symbol: "BTC/USDT:USDT", side: long}
  S: {account: main, symbol: "BTC/USDT:USDT", side: short}
observe: {worth: equity(main), worst: "lowest(equity(main), window=30m)"}
variables: {last: {initial: worth}}
events: {tick: price(L)}
states:
  FLAT: {on: {tick: {if: worth >= last - 40, do: [{qL: 0.3, qS: 0.1}, {last: worth}], transition_to: HELD}}}
  HELD:
    on:
      tick:
        - {if: unrealized(L) + unrealized(S) < -12, do: [{qL: 0, qS: 0}, {last: worth}], transition_to: FLAT}
        - {if: worth > last + 15, do: [{qL: qL / 2}, {last: worth}]}
invariants: [solvent: worth > 9900]
alerts: {low: {if: worth <= worst, repeat: 2m, say: "down to {worth}"}}
"""


@pytest.mark.parametrize("seed", [1, 2])
def test_questions_about_profit_are_answered_alike(seed: int) -> None:
    """They change with prices, so that the scout has to answer them: in guards, invariants and indicators."""
    market = quotes(seed, 2_000)
    machine, seen = assert_parity(over(program_of(LOSING), stream([market, fundings(seed, market)])))
    assert machine.summary.fills > 10
    assert seen[WORK] > 5 and sum(seen.values()) < 400


def test_where_something_happens_all_the_time_the_machine_goes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """After 64 looks that found next to nothing it rests for 64 events, after the next ones for 128, 256, 512 …"""
    monkeypatch.setattr(scouted, "LEAST", 8.0)
    program = program_of(ENDING.replace("count > 300", "count > 1e9"))
    machine, seen = assert_parity(over(program, stream([bars(2, 3_000)])))
    assert machine.summary.events == 3_000
    assert 250 < sum(seen.values()) <= 6 * 64


def test_a_curve_of_many_samples_is_thinned_alike() -> None:
    prepared = over(spec(BANDS[0]), stream([quotes(2, 3_000)]), q0="0.2")
    machine, seen = assert_parity(prepared, limit=64)
    assert seen[OUT_OF_ROOM] > 3
    assert len(machine.equity) < 300


def test_a_band_that_hangs_on_the_market_is_drawn_alike() -> None:
    """Its width changes with every event, so that the scout samples what it is made of."""
    prepared = over(program_of(RARE), stream([quotes(2, 1_500)]))
    assert moving_in_bands(prepared.program) != ()
    machine, _ = assert_parity(prepared)
    assert machine.equity["band_0_width"].drop_nans().n_unique() > 100


@pytest.mark.skipif(not RECORDED, reason="FSMTRADER_RECORDED_DATA does not say where recorded data is")
@pytest.mark.parametrize("name", BANDS[:3])
def test_recorded_minutes_and_funding(name: str) -> None:
    """A week of ETH with the funding that was paid, at the marks of its moments."""
    folder = Path(RECORDED) / "perp_binance_usdm_2025"
    names = ("ETHUSDT_1m", "ETHUSDT_8h_funding", "ETHUSDT_8h_mark")
    files = tuple(DataFile(str(folder / f"{found}.parquet")) for found in names)
    overrides = {"q0": "3", "tau_max": "4h"}
    prepared = prepare(spec(name), Settings(data=files, overrides=overrides, begin="2025-05-10", end="2025-05-17"))
    machine, seen = assert_parity(prepared)
    assert machine.summary.events > 10_000
    assert machine.summary.fills > 0
    assert sum(seen.values()) < 0.2 * machine.summary.events


@pytest.mark.skipif(not RECORDED, reason="FSMTRADER_RECORDED_DATA does not say where recorded data is")
def test_recorded_quotes_and_trades() -> None:
    folder = Path(RECORDED) / "tick_binance_btc_20240808"
    files = tuple(DataFile(str(folder / f"usdm_btcusdt_0808_{kind}.parquet")) for kind in ("bookticker", "trades"))
    prepared = prepare(spec(BANDS[0]), Settings(data=files, overrides={"q0": "0.2", "f": "0.001%", "tau_max": "5m"}))
    machine, _ = assert_parity(prepared, Engine.COMPILED)
    assert machine.summary.fills > 0


def test_compiled_is_the_same_again(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    if "FSMTRADER_CACHE" not in os.environ:
        monkeypatch.setenv("FSMTRADER_CACHE", str(tmp_path_factory.mktemp("cache")))
    program = program_of(RARE)
    market = quotes(4, 3_000)
    prepared = over(program, stream([market, trades(4, market), fundings(4, market)]))
    machine, seen = assert_parity(prepared, Engine.COMPILED)
    assert machine.summary.fills > 0
    assert all(seen[why] > 0 for why in (WORK, LOOK, TIME, EVENT))


BUGS = (
    ("deepest = peak - equity", "deepest = peak"),
    ("ema_update(g1, value,", "ema_update(g1, 1.0,"),
    ("], 0, 0, -1", "], 0, 0, 0"),
    ("countdown -= 1", "countdown -= 2"),
    ("bid_used_0 = va, size, 0.0", "bid_used_0 = va, size, 1.0"),
    ("now - rung_0 >= (30.0)", "now - rung_0 >= (3000.0)"),
    ("at, heard = 3, 4", "at, heard = 0, 0"),
)


def rare_with(program: Program, right: str, wrong: str) -> tuple[Prepared, Scout]:
    """A run of it, and its scout with another text."""
    prepared = over(program, stream([quotes(4, 1_500, sizes=0.04)]))
    layout = layout_of(prepared, moving_in_bands(program))
    text = emit_scout(program, layout)
    assert right in text, "the emitter writes it another way now: plant the bug there"
    loop = loop_of(text.replace(right, wrong))
    names = tuple(name for name, _ in loop.state)
    return prepared, Scout("source", loop.run, names, layout.sampled, prepared.settings.spread / 2)


@pytest.mark.parametrize(("right", "wrong"), BUGS)
def test_a_bug_planted_in_the_scout_is_found(right: str, wrong: str) -> None:
    prepared, scout = rare_with(program_of(RARE), right, right)
    machine = kept(prepared)
    assert_equal(machine, kept(prepared, scout))
    prepared, scout = rare_with(program_of(RARE), right, wrong)
    with pytest.raises((AssertionError, IndexError, ValueError)):
        assert_equal(machine, kept(prepared, scout))
