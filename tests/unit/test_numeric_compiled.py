"""Every function of the numeric heart compiles, and gives what Python gives, to the last bit."""

from __future__ import annotations

import inspect
import math
import random
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numba import njit
from numba.extending import register_jitable

from fsmtrader.numeric import compare, hedging, indicators, ledger, limits, rounding, samples, windows
from fsmtrader.numeric.indicators_objects import KINDS
from fsmtrader.numeric.registry import OF_SPECS

MODULES = (compare, rounding, ledger, limits, hedging, indicators, windows, samples)
NAN = math.nan
INF = math.inf
NUMBERS = (0.0, -0.0, 1.0, -1.0, 0.1 + 0.2, 0.3, 1e-12, 1e-13, 60000 * 1.005, 60300.0, 1e17, -1e300, NAN, INF, -INF)
PRICES = (100.0, 101.0, 99.99, 100.5, 0.00012345, 600.203, 95502.74, 1e9)
SIZES = (0.0, 1.0, 0.3, 0.002475247524752475, 1.66, 1e-12, 12345.678)
SHARES = (0.0, 0.25, 0.5, 0.3, 1.0)
STEPS = (0.01, 0.1, 0.025, 0.3, 1.0, 5.0, 1e-12, 0.0, -1.0, INF, NAN)
BOTH = (False, True)
VALUES: dict[str, tuple[Any, ...]] = {
    "a": NUMBERS, "b": NUMBERS, "value": NUMBERS + PRICES, "lot": STEPS, "tick": STEPS, "step": STEPS,
    "steps": (0.0, 3.0, 60021.0, -7.0, 2.5, 1e17), "price": PRICES, "mark": PRICES, "reference": PRICES,
    "average": (*PRICES, NAN), "p_long": PRICES, "p_short": PRICES, "p_max": PRICES, "q_long": SIZES,
    "q_short": SIZES, "quantity": (*SIZES, -1.0, -0.3), "signed_quantity": (*SIZES, -1.0), "largest": SIZES, "change": (*SIZES, -1.0, -0.3),
    "rate": (0.0005, -0.0001), "profit": (0.0, 1.0, 0.25, 0.012450495), "alpha": SHARES,
    "beta": SHARES, "target_gross": (0.0, 2.0), "f": (0.0005,), "mes": (0.004, 0.01), "tau_max": (21600.0,),
    "variance": (1.5e-5, 0.0, NAN), "epsilon": (0.01, 0.02, 1.0), "eta": (0.2, 0.3, 0.5), "is_buy": BOTH,
    "is_short": BOTH, "up": BOTH, "by_loss": BOTH, "window_us": (60_000_000, 21_600_000_000), "step_us": (1_000_000,),
    "held": (*SIZES, -1.0), "plus": SIZES, "minus": SIZES, "before": (*SIZES, NAN), "after": (*SIZES, NAN),
    "limit": (*SIZES, NAN, INF), "share": SHARES, "most": (0.0, 1.0, 2.0, 50.0, NAN),
    "slots": (16, 365), "n": (1, 60), "size": (0.0, 1.0, NAN),
}  # fmt: skip
SPECIAL: dict[str, dict[str, tuple[Any, ...]]] = {"from_steps": {"step": tuple(s for s in STEPS if 0 < s < INF)},
           "nearest_steps": {"step": tuple(s for s in STEPS if 0 < s < INF), "value": PRICES + SIZES},
           "realized": {"beta": (*SHARES, NAN), "price": (*PRICES, 0.0, NAN), "reference": (*PRICES, NAN)},
           "transferred": {"by_loss": (0.0, 1.0), "profit": (0.0, 1.0, NAN), "price": (*PRICES, 0.0)},
           "rebuilt": {"profit": (0.0, 1.0, -1.0, NAN), "price": (*PRICES, 0.0)},
           "exit_steps_bound": {"quantity": (2.0, 8.0, 1.5, 0.001)}}  # fmt: skip


def public_functions(module: ModuleType) -> Iterator[Callable[..., Any]]:
    for name, thing in vars(module).items():
        if inspect.isfunction(thing) and thing.__module__ == module.__name__ and not name.startswith("_"):
            yield thing


def bits(result: Any) -> Any:
    """Something that compares equal only if every bit does (one NaN is as good as another)."""
    if isinstance(result, tuple):
        return tuple(bits(part) for part in result)
    if isinstance(result, float):
        return "nan" if math.isnan(result) else struct.pack("<d", result)
    return result


def jitted(function: Callable[..., Any]) -> Callable[..., Any]:
    compiled: Callable[..., Any] = njit(function)
    return compiled


@pytest.fixture(scope="module", autouse=True)
def registered() -> None:
    for function in OF_SPECS:
        register_jitable(function)


SCALAR = [function for function in OF_SPECS if "state" not in inspect.signature(function).parameters]
COMPILED_WITH_STATE = {
    "is_hole", "slots_of", "resolution_us", "shares_slot", "forget", "is_covered", "note_sample", "turn_over",
    "extreme_update", "extreme_value", "is_full", "sum_up_from_end", "moments_update", "moments", "first_at_least",
}  # fmt: skip


def test_the_registry_is_complete() -> None:
    found = {function for module in MODULES for function in public_functions(module)}
    assert set(OF_SPECS) == found
    assert len(OF_SPECS) == len(set(OF_SPECS))
    of_kinds = {f for kind in KINDS.values() for f in (kind.size, kind.update, kind.value)}
    with_state = {f for f in OF_SPECS if f not in SCALAR}
    assert {f.__name__ for f in with_state - of_kinds} == COMPILED_WITH_STATE


@pytest.mark.parametrize("function", SCALAR, ids=lambda f: f.__name__)
def test_scalar_function_compiled(function: Callable[..., Any]) -> None:
    compiled = njit(function)
    dice = random.Random(function.__name__)
    values = {**VALUES, **SPECIAL.get(function.__name__, {})}
    names = list(inspect.signature(function).parameters)
    for _ in range(400):
        arguments = [dice.choice(values[name]) for name in names]
        assert bits(compiled(*arguments)) == bits(function(*arguments)), arguments


def series(dice: random.Random) -> Iterator[tuple[float, int]]:
    """Prices with repeats, gaps in the samples, crowds, and one hole."""
    price, now_us = 100.0, 1_700_000_000_000_000
    for count in range(700):
        price *= math.exp(dice.gauss(0.0, 0.001)) if dice.random() < 0.8 else 1.0
        now_us += dice.choice((1, 500_000, 1_000_000, 1_000_000, 3_000_000))
        now_us += 70_000_000 if count == 400 else 0
        yield dice.choice((price,) * 20 + (NAN, 0.0, 1.0)), now_us


@pytest.mark.parametrize("name", KINDS)
def test_indicator_compiled(name: str) -> None:
    kind = KINDS[name]
    update, value = jitted(kind.update), jitted(kind.value)
    for window_us, n, ready, slots in ((60_000_000, 30, 0, 4096), (60_000_000, 7, 5, 16)):
        mine = [0.0] * kind.size(window_us, n, slots)
        theirs = np.zeros(kind.size(window_us, n, slots))
        for sample, now_us in series(random.Random(name)):
            kind.update(mine, sample, now_us, window_us, n)
            update(theirs, sample, now_us, window_us, n)
            expected = kind.value(mine, now_us, window_us, n, ready, 0.3)
            assert bits(float(value(theirs, now_us, window_us, n, ready, 0.3))) == bits(expected)
        assert mine == theirs.tolist()


def filled(values: list[float]) -> list[float]:
    state = [0.0] * windows.time_ring_size(12)
    for index, value in enumerate(values):
        samples.moments_update(state, value, 1_000_000 * (index + 1), 0)
    return state


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (indicators.is_hole, (90_000_000, 60_000_000)),
        (windows.slots_of, ()),
        (windows.resolution_us, (60_000_000,)),
        (windows.shares_slot, (900_000, 60_000_000)),
        (windows.forget, ()),
        (windows.is_covered, (9_000_000, 5_000_000, 0)),
        (windows.note_sample, (10_000_000,)),
        (windows.turn_over, (0, 3)),
        (windows.extreme_update, (3.5, 10_000_000, 60_000_000)),
        (windows.extreme_value, (9_000_000, 5_000_000, 1)),
        (samples.is_full, (9_000_000, 0, 12, 3)),
        (samples.sum_up_from_end, (0, 8)),
        (samples.moments_update, (3.5, 10_000_000, 0)),
        (samples.moments, ()),
        (samples.first_at_least, (8, 8, 3.0)),
    ],
    ids=lambda part: part.__name__ if callable(part) else "",
)
def test_helper_compiled(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    mine = filled([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0])
    theirs = np.array(mine)
    assert bits(jitted(function)(theirs, *arguments)) == bits(function(mine, *arguments))
    assert mine == theirs.tolist()


def test_neither_numpy_nor_numba_is_imported() -> None:
    code = "import sys, fsmtrader.numeric.registry, fsmtrader.numeric.indicators_objects as o; o.make('ema', n=3); print([m for m in ('numpy', 'numba') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
