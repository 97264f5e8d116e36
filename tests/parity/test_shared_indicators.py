"""Indicators that many sets share, worked out once ahead: every set does what it does when it samples them itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.parity.kernel_markets import quotes, stream

from fsmtrader.kernel.cache import compiled, loop_of
from fsmtrader.kernel.emit_ahead import parameters_of, shareable
from fsmtrader.kernel.emit_loop import emit_ahead, emit_module
from fsmtrader.kernel.run import Outcome, ahead
from fsmtrader.kernel.run import run as run_kernel
from fsmtrader.program.compiler import check_merged
from fsmtrader.program.ir import Program
from fsmtrader.research.compiled import kernel_of
from fsmtrader.research.run import Prepared, prepare
from fsmtrader.research.run_settings import Settings
from fsmtrader.spec.source import Source

SPEC = Path(__file__).parents[2] / "specs" / "band_limited_hedging.yml"
SETS: tuple[Mapping[str, str], ...] = ({}, {"k": "5"}, {"k": "10", "eta": "0.2"}, {"E_max": "30000", "alpha": "0.4"})
OTHER = """
fsm: 1
strategy: {name: Windows}
accounts: {main: {exchange: binanceusdm}}
legs: {A: {account: main, symbol: "BTC/USDT:USDT"}}
run: {capital: {main: 200000 USDT}}
parameters: {w: 10m, share: 0.5, wide: {value: 2, unit: base}}
observe:
  top: highest(mark(A), window=w)
  low: lowest(mid(A), window=w)
  own: highest(qA, window=1h)
  noise: realized_vol(mark(A), window=1h, ready=30)
  calm: ema(noise, n=5, on=look)
events: {look: ["price(A)", "every(7s)"]}
states:
  OUT: {on: {look: {if: top - low > share * noise * mark(A) / 100, transition_to: IN, do: {qA: 0.25}}}}
  IN: {on: {look: {if: mark(A) <= low, transition_to: OUT, do: {qA: 0}}}}
"""


def program_of(text: str) -> Program:
    return check_merged([Source("spec.yml", text.encode())]).require()


def outcomes(prepared: Prepared, *, is_shared: bool, place: Path | None = None) -> Outcome:
    """A run of the kernel, with what can be shared worked out ahead or not."""
    found = kernel_of(prepared)
    assert found.why_not == ()
    layout = replace(found.layout, shared=shareable(prepared.program) if is_shared else ())
    make = loop_of if place is None else (lambda text: compiled(text, place))
    plain, batches = place is None, list(prepared.stream)
    series = []
    if is_shared:
        loop = make(emit_ahead(prepared.program, layout))
        series = ahead(prepared.program, layout, found.given, batches, loop, plain=plain)
    loop = make(emit_module(prepared.program, layout))
    last_us = prepared.stream.last_us
    return run_kernel(prepared.program, layout, found.given, batches, last_us, loop, series=series, plain=plain)


def assert_equal(one: Outcome, other: Outcome) -> None:
    """To the last bit."""
    for name in ("moves", "orders", "books", "accounts", "positions", "samples"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert (one.leaves, one.alerts, one.broken, one.deepest) == (
        other.leaves,
        other.alerts,
        other.broken,
        other.deepest,
    )


def test_only_what_hangs_on_the_market_alone_is_shared() -> None:
    """Not the maximum of an own quantity, not an average of another indicator, not a streak with a clock."""
    program = program_of(OTHER)
    shared = shareable(program)
    texts = sorted(program.indicators[index].text.split("(")[0] for index in shared)
    assert texts == ["highest", "lowest", "realized_vol"]
    assert parameters_of(program, shared) == {"w"}
    band = program_of(SPEC.read_text(encoding="utf-8"))
    assert [band.indicators[i].function for i in shareable(band)] == ["realized_variance"]
    assert parameters_of(band, shareable(band)) == {"tau_max"}


@pytest.mark.parametrize("overrides", SETS)
def test_a_set_does_the_same_on_bars(overrides: Mapping[str, str]) -> None:
    program = program_of(SPEC.read_text(encoding="utf-8"))
    prepared = prepare(program, Settings(bars=4_000, overrides={**overrides, "tau_max": "2h"}))
    one, other = (outcomes(prepared, is_shared=shared) for shared in (False, True))
    assert len(one.orders) > 4
    assert_equal(one, other)


@pytest.mark.parametrize("text", [SPEC.read_text(encoding="utf-8"), OTHER], ids=["band", "windows"])
def test_a_set_does_the_same_on_quotes_with_timers_and_holes(text: str) -> None:
    program = program_of(text)
    given = {"tau_max": "10m", "k": "3"} if "tau_max" in text else {"w": "2m"}
    prepared = prepare(program, Settings(bars=10, overrides=given))
    market = quotes(3, 4_000, sizes=math.inf)
    later = np.where(np.arange(4_000) < 1_500, 0, 3 * 3600 * 1_000_000)
    prepared = replace(prepared, stream=stream([replace(market, time_us=market.time_us + later)]))
    one, other = (outcomes(prepared, is_shared=shared) for shared in (False, True))
    assert len(one.moves) + len(one.orders) > 4
    assert_equal(one, other)
