"""Folding: with parameters as numbers every expression gives what it gave, to the last bit."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest

from fsmtrader.program.compiler import check_merged
from fsmtrader.program.emit_module import load, values
from fsmtrader.program.evaluate import unasked
from fsmtrader.program.folding import Folding
from fsmtrader.program.ir import Program, SlotRole, Value
from fsmtrader.program.parameters import parameter_values
from fsmtrader.program.typed import Constant, Kind, Observed, Read
from fsmtrader.spec.source import Source

ROOT = Path(__file__).parents[2]
SPECS = sorted([*ROOT.glob("specs/*.yml"), *ROOT.glob("examples/*.yml")])
WILD = (math.nan, 0.0, -0.0, 1e-13, 1.0, 1.0 + 1e-10, 3.0, 60_000.0, 1e300, -1e300)


def program_of(text: str) -> Program:
    return check_merged([Source("spec.yml", text.encode())]).require()


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_expression_gives_what_it_gave(path: Path) -> None:
    program = program_of(path.read_text(encoding="utf-8"))
    given = parameter_values(program.parameters, len(program.slots), {})
    folding = Folding(program, given)
    plain, folded = load(program, {}, unasked), load(folding.program, {}, unasked)
    draw = random.Random(path.stem)
    free = [slot.index for slot in program.slots if slot.role is not SlotRole.PARAMETER]
    pairs = [(value, Value(folding.tree(value.tree), value.text, value.span)) for _, value in values(program)]
    assert any(value.tree != other.tree for value, other in pairs)
    for _ in range(60):
        x = list(given)
        for slot in free:
            x[slot] = draw.choice(WILD) if draw.random() < 0.3 else draw.gauss(1.0, 50.0) ** 3
        for value, other in pairs:
            if value.tree.type.kind is Kind.TRUTH:
                assert plain.truth(value)(x) == folded.truth(other)(x), value.text
                assert plain.falsity(value)(x) == folded.falsity(other)(x), value.text
            a, b = plain.number(value)(x), folded.number(other)(x)
            assert a == b or (a != a and b != b), (value.text, a, b)


def test_what_is_fixed_is_a_number_and_what_moves_is_left() -> None:
    program = program_of("""
fsm: 1
accounts: {main: {exchange: binanceusdm}}
legs: {X: {account: main, symbol: BTC/USDT:USDT}}
parameters: {k: 8, f: 0.05%, low: {value: 100, unit: price}, on: {value: far, one_of: [near, far]}}
observe: {band: k * f, price: mark(X)}
events: {tick: price(X)}
states: {A: {on: {tick: {if: price > low * (1 + band) and on == far, transition_to: B}}}, B: {}}
""")
    folding = Folding(program, parameter_values(program.parameters, len(program.slots), {}))
    band, price = (observable.value.tree for observable in folding.program.observables)
    assert band == Constant(8 * 0.0005, band.type)
    assert isinstance(price, Read)
    guard = program.rows[0].guard
    assert guard is not None
    moved, is_far = folding.tree(guard.tree).operands  # type: ignore[union-attr]
    assert isinstance(moved.left, Observed)
    assert moved.right == Constant(100 * (1 + 8 * 0.0005), moved.right.type)
    assert is_far == Constant(1.0, is_far.type)
