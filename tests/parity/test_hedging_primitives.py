"""Document 000's steps: written in the language, and as primitives of the catalog, they plan the same to the last bit.

The language's version is that of the shipped specs; the primitives stand in a copy of them whose actions call them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from fsmtrader.numeric import hedging
from fsmtrader.program.compiler import check
from fsmtrader.program.emit_module import Compiled, load
from fsmtrader.program.evaluate import evaluate
from fsmtrader.program.ir import Program, Set, Target
from fsmtrader.research.machine_api import Machine
from fsmtrader.spec.source import Source

SPECS = Path(__file__).parents[2] / "specs"
SEED = Path(__file__).parents[1] / "data" / "seed_000.yml"
FOUR_CALLS = """  rebalance: [realize_profit, transfer_profit, rebuild_positions, update_reference_price]
  realize_profit:
    - realize_profit: {long: L, short: S, price: P_t, reference: P_ref, beta: beta}
  transfer_profit:
    - transfer_profit: {long: L, short: S, price: P_t, reference: P_ref, profit: profit, alpha: alpha}
  rebuild_positions:
    - rebuild_positions: {long: L, short: S, price: P_t, profit: profit, alpha: alpha, size: SIZE}
  update_reference_price:
    - update_reference_price: {reference: P_ref, price: P_t, profit: profit}
"""
ONE_CALL = """  rebalance:
    - rebalance: {long: L, short: S, price: P_t, reference: P_ref, alpha: alpha, beta: beta, size: SIZE}
"""
REDUCE = """  reduce_positions:
    - reduce_positions: {long: L, short: S, eta: eta}
    - {P_ref_exit: P_t}
"""
NO_STEPS = ""
"""the prelude's own"""


def checked(name: str, text: str) -> Program:
    return check(Source(name, text.encode())).require()


def with_primitives(file: str, steps: str, size: str) -> str:
    """The spec with its actions replaced."""
    text = (SPECS / file).read_text(encoding="utf-8")
    changed, count = re.subn(r"(?ms)^actions:\n.*?^(?=\w)", f"actions:\n{steps}{REDUCE}\n", text)
    assert count == 1
    return changed.replace("SIZE", size)


@dataclass(frozen=True)
class Plans:
    """The one phase of each action of a program, over slots by name."""

    program: Program
    compiled: Compiled

    def whole(self, action: str, values: dict[str, float]) -> list[tuple[str, float]]:
        """Every target and variable that the action writes, in the order of its steps."""
        slots = {slot.name: slot.index for slot in self.program.slots}
        x = [math.nan] * len(self.program.slots)
        for name, value in values.items():
            if name in slots:
                x[slots[name]] = value
        index = next(i for i, a in enumerate(self.program.actions) if a.name == action)
        found: list[tuple[str, float]] = []
        for item, value in zip(self.compiled.layout(index, 0), self.compiled.plan(index, 0)(x), strict=True):
            if isinstance(item.entry, Target):
                found.append((self.program.legs[item.entry.leg].name, value))
            elif isinstance(item.entry, Set) and not self.program.slots[item.entry.slot].name.startswith("let "):
                found.append((self.program.slots[item.entry.slot].name, value))
        return found


def plans(program: Program) -> Plans:
    return Plans(program, load(program, {}, lambda query, arguments: math.nan))


LITERAL = "band_limited_hedging_literal.yml"
RESTORED = "band_limited_hedging.yml"
IN_WORDS = {file: plans(checked(file, (SPECS / file).read_text(encoding="utf-8"))) for file in (LITERAL, RESTORED)}
RESTORE = float(IN_WORDS[RESTORED].program.words.index("restore_gross"))
PRIMITIVES = {
    "four calls, literal": (LITERAL, plans(checked("four.yml", with_primitives(LITERAL, FOUR_CALLS, "0")))),
    "one call, literal": (LITERAL, plans(checked("one.yml", with_primitives(LITERAL, ONE_CALL, "0")))),
    "bare names, literal": (LITERAL, plans(checked("bare.yml", with_primitives(LITERAL, NO_STEPS, "0")))),
    "the seed's block": (LITERAL, plans(checked("seed_000.yml", SEED.read_text(encoding="utf-8")))),
    "four calls, restored": (RESTORED, plans(checked("four.yml", with_primitives(RESTORED, FOUR_CALLS, "q0")))),
    "one call, restored": (RESTORED, plans(checked("one.yml", with_primitives(RESTORED, ONE_CALL, "q0")))),
}

sizes = st.floats(0.001, 1e4)
prices = st.floats(0.01, 1e5)
shares = st.floats(0.01, 1.0)
near = st.floats(0.8, 1.25)


@pytest.mark.parametrize("which", PRIMITIVES)
@settings(max_examples=60, deadline=None)
@example(q_long=1, q_short=1, price=101, to=100 / 101, long_at=100 / 101, short_at=100 / 101, alpha=0.5, beta=1, q0=1)
@example(q_long=1, q_short=1, price=99, to=100 / 99, long_at=100 / 99, short_at=100 / 99, alpha=0.5, beta=0.25, q0=1)
@given(
    q_long=sizes, q_short=sizes, price=prices, to=near, long_at=near, short_at=near, alpha=shares, beta=shares, q0=sizes
)
def test_the_four_steps_in_the_language_are_the_primitives(
    which: str,
    q_long: float,
    q_short: float,
    price: float,
    to: float,
    long_at: float,
    short_at: float,
    alpha: float,
    beta: float,
    q0: float,
) -> None:
    """Three pairs of targets and the reference, bit for bit; without a profit the primitives leave all as it is."""
    file, primitives = PRIMITIVES[which]
    p_long, p_short, reference = price * long_at, price * short_at, price * to
    values = {"qL": q_long, "qS": q_short, "pL": p_long, "pS": p_short, "mark(L)": price, "P_ref": reference}
    values |= {"alpha": alpha, "beta": beta, "q0": q0, "rebuild": RESTORE}
    got = primitives.whole("rebalance", values)
    assert [name for name, _ in got] == ["L", "S", "L", "S", "L", "S", "P_ref"]
    on_long, on_short = hedging.profits(q_long, p_long, q_short, p_short, price)
    won = on_long if hedging.greater(price, reference) else on_short
    assume(not 0.0 < abs(won) < 1e-9)
    if won > 0.0:
        assert got == IN_WORDS[file].whole("rebalance", values)
    else:
        assert got == [("L", q_long), ("S", q_short)] * 3 + [("P_ref", reference)]
    size = q0 if file == RESTORED else 0.0
    whole = hedging.rebalance(
        q_long, p_long, q_short, p_short, price, reference, alpha, beta, target_gross=2.0 * size, by_loss=False
    )
    assert dict(got) == {"L": whole[0], "S": whole[2], "P_ref": whole[4]}


@settings(max_examples=60, deadline=None)
@given(q_long=sizes, q_short=sizes, eta=shares, price=prices)
def test_the_reduction_in_the_language_is_the_primitive(
    q_long: float, q_short: float, eta: float, price: float
) -> None:
    values = {"qL": q_long, "qS": q_short, "eta": eta, "mark(L)": price}
    in_words = IN_WORDS[LITERAL].whole("reduce_positions", values)
    assert PRIMITIVES["four calls, literal"][1].whole("reduce_positions", values) == in_words
    assert PRIMITIVES["the seed's block"][1].whole("reduce_positions", values) == in_words[:2]
    assert tuple(value for _, value in in_words[:2]) == hedging.reduce_both(q_long, q_short, eta)


@pytest.mark.parametrize("missing", ["mark(L)", "P_ref", "alpha", "beta", "pL"])
def test_what_is_not_ready_is_not_planned(missing: str) -> None:
    """At 101 the long leg wins: nothing that its profit depends on may be missing, nor the reference be lost."""
    values = {
        "qL": 1.0,
        "pL": 100.0,
        "qS": 1.0,
        "pS": 100.0,
        "mark(L)": 101.0,
        "P_ref": 100.0,
        "alpha": 0.5,
        "beta": 1.0,
    }
    del values[missing]
    _, primitives = PRIMITIVES["one call, literal"]
    assert any(math.isnan(value) for _, value in primitives.whole("rebalance", values))


def test_an_empty_losing_leg_has_no_average_price_and_needs_none() -> None:
    """beta 1, alpha 1/2 at 101 with one long at 100: realised 1, nothing to repair, 1/2 / 202 to both legs."""
    values = {"qL": 1.0, "pL": 100.0, "qS": 0.0, "mark(L)": 101.0, "P_ref": 100.0, "alpha": 0.5, "beta": 1.0}
    got = PRIMITIVES["one call, literal"][1].whole("rebalance", values)
    assert got == [("L", 0.0), ("S", 0.0), ("L", 0.0), ("S", 0.0), ("L", 0.5 / 202), ("S", 0.5 / 202), ("P_ref", 101.0)]


@pytest.mark.parametrize("basis", ["notional", "loss"])
def test_C000_09_the_basis_of_the_repair_is_a_word(basis: str) -> None:
    """At 101 with beta 1/4: profit 0.25, half of it 0.125; as notional 0.125 / 101, as loss 0.125 / (101 - 100)."""
    call = FOUR_CALLS.replace("alpha: alpha}\n  rebuild", f"alpha: alpha, basis: {basis}}}\n  rebuild")
    made = plans(checked("basis.yml", with_primitives(LITERAL, call, "0")))
    values = {
        "qL": 1.0,
        "pL": 100.0,
        "qS": 1.0,
        "pS": 100.0,
        "mark(L)": 101.0,
        "P_ref": 100.0,
        "alpha": 0.5,
        "beta": 0.25,
    }
    closed = 0.125 / 101 if basis == "notional" else 0.125
    assert made.whole("rebalance", values)[3] == ("S", 1.0 - closed)


WALKS = {
    "A": (LITERAL, {"beta": 1.0, "E_max": 150.0}, (100.99, 101, 100, 99.99)),
    "B": (LITERAL, {"beta": 0.25, "E_max": 150.0}, (100.99, 101, 99.99)),
    "B2": (RESTORED, {"beta": 0.25, "E_max": 150.0}, (101, 99.99, 101, 99.99, 101, 99.99)),
    "B3": (LITERAL, {"beta": 0.25, "E_max": 150.0}, (99, 99.99, 99)),
    "C": (LITERAL, {"beta": 0.25, "E_max": 150.0}, (101, "exit", 100.2, *(100.6, 99.9) * 9)),
    "D": (RESTORED, {"beta": 0.25, "E_max": 1000.0}, (102, 98, 110, 90, 110)),
    "E": (LITERAL, {"k": 8.0, "E_max": 1000.0}, (100, (0.000015,), 90, (0.000021,), 101, 90, (0.0000019,), 90, 90)),
}


@pytest.mark.parametrize("form", [FOUR_CALLS, ONE_CALL, NO_STEPS], ids=["four calls", "one call", "bare names"])
@pytest.mark.parametrize("walk", WALKS)
def test_V000_the_worked_examples_end_the_same_to_the_last_bit(walk: str, form: str) -> None:
    """Both machines go the worked examples' ways: quantities, averages, reference and state after each tick."""
    file, parameters, ticks = WALKS[walk]
    if form == NO_STEPS and file == RESTORED:
        pytest.skip("the prelude's names rebuild from the profit alone")
    size = "0" if file == LITERAL else "q0"
    texts = ((SPECS / file).read_text(encoding="utf-8"), with_primitives(file, form, size))
    paths = [walked(checked(file, text), {"f": 0.001, "k": 10.0, **parameters}, ticks) for text in texts]
    assert paths[0] == paths[1]
    assert any(row[:2] != ("1.0", "1.0") for row in paths[0]), "something has happened"


def walked(program: Program, parameters: dict[str, float], ticks: tuple[object, ...]) -> list[tuple[object, ...]]:
    machine = Machine(program, parameters)
    machine.set(P_t=100, effective_volatility=0.01 if parameters["k"] == 10.0 else 0.000021)
    path: list[tuple[object, ...]] = []
    for tick in ticks:
        match tick:
            case str():
                machine.raise_event(tick)
            case (float() as variance,):
                machine.set(effective_volatility=variance)
                machine.tick()
            case float() | int():
                machine.set(P_t=tick)
                machine.tick()
        path.append((*tuple(str(machine[name]) for name in ("qL", "qS", "pL", "pS", "P_ref")), machine.mode))
    return path


def test_the_emitted_plan_is_what_the_tree_means() -> None:
    """The judge of the emitter gives the same for each formula's part."""
    _, made = PRIMITIVES["one call, restored"]
    program = made.program
    values = {
        "qL": 0.7,
        "pL": 100.0,
        "qS": 1.1,
        "pS": 100.5,
        "mark(L)": 102.0,
        "P_ref": 100.0,
        "alpha": 0.3,
        "beta": 0.6,
    }
    x = [values.get(slot.name, 1.0) for slot in program.slots]
    index = next(i for i, a in enumerate(program.actions) if a.name == "rebalance")
    items = made.compiled.layout(index, 0)
    given = dict(enumerate(made.compiled.plan(index, 0)(x)))
    for step in range(1 + max(item.step for item in items)):
        entries = [(i, item) for i, item in enumerate(items) if item.step == step]
        for i, item in entries:
            assert evaluate(item.value.tree, x, program.observables, lambda query, arguments: math.nan) == given[i]
        for i, item in entries:
            assert item.entry is not None
            slot = item.entry.slot if isinstance(item.entry, Set) else program.legs[item.entry.leg].quantity
            x[slot] = given[i]
