"""Document 000's four steps as the prelude writes them do what the Python formulas do (language.md, last part)."""

from __future__ import annotations

import math
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from fsmtrader.numeric import hedging
from fsmtrader.program.compiler import check
from fsmtrader.program.emit_module import Compiled, load
from fsmtrader.program.ir import Program, Set, Target
from fsmtrader.spec.source import Source

SEED = Path(__file__).parents[1] / "data" / "seed_000.yml"


def _program() -> Program:
    return check(Source("seed_000.yml", SEED.read_bytes())).require()


def _no_questions(query: int, arguments: tuple[float, ...]) -> float:
    return math.nan


PROGRAM = _program()
COMPILED: Compiled = load(PROGRAM, {}, _no_questions)
SLOTS = {slot.name: slot.index for slot in PROGRAM.slots}
REBALANCE = next(i for i, action in enumerate(PROGRAM.actions) if action.name == "rebalance")
REDUCE = next(i for i, action in enumerate(PROGRAM.actions) if action.name == "reduce_positions")


def planned(action: int, values: dict[str, float]) -> dict[str, float]:
    """The last planned value of every slot that the action's one phase writes."""
    x = [math.nan] * len(PROGRAM.slots)
    for name, value in values.items():
        x[SLOTS[name]] = value
    plan = COMPILED.plan(action, 0)(x)
    entries = COMPILED.layout(action, 0)
    found: dict[str, float] = {}
    for item, value in zip(entries, plan, strict=True):
        if isinstance(item.entry, Set):
            found[PROGRAM.slots[item.entry.slot].name] = value
        elif isinstance(item.entry, Target):
            found[PROGRAM.slots[PROGRAM.legs[item.entry.leg].quantity].name] = value
    return found


positive = st.floats(0.01, 100.0)


@settings(max_examples=200, deadline=None)
@given(
    q_long=positive,
    q_short=positive,
    p_long=st.floats(50, 150),
    p_short=st.floats(50, 150),
    price=st.floats(50, 150),
    reference=st.floats(50, 150),
    alpha=st.floats(0.05, 0.95),
    beta=st.floats(0.05, 1.0),
)
def test_the_four_steps_in_the_language_equal_the_python_primitive(
    q_long: float,
    q_short: float,
    p_long: float,
    p_short: float,
    price: float,
    reference: float,
    alpha: float,
    beta: float,
) -> None:
    wanted = hedging.rebalance(
        q_long, p_long, q_short, p_short, price, reference, alpha, beta, target_gross=0.0, by_loss=False
    )
    traded = wanted[-1]
    if traded == 0.0:
        return  # no profit, no trade (C000-11): the guard of the row, not the action
    got = planned(
        REBALANCE,
        {
            "qL": q_long,
            "pL": p_long,
            "qS": q_short,
            "pS": p_short,
            "mark(L)": price,
            "P_ref": reference,
            "alpha": alpha,
            "beta": beta,
        },
    )
    assert math.isclose(got["qL"], wanted[0], rel_tol=1e-12, abs_tol=1e-15)
    assert math.isclose(got["qS"], wanted[2], rel_tol=1e-12, abs_tol=1e-15)
    assert got["P_ref"] == wanted[4] == price


@settings(max_examples=50, deadline=None)
@given(q_long=positive, q_short=positive, eta=st.floats(0.2, 0.4))
def test_reduce_positions_equals_the_python_primitive(q_long: float, q_short: float, eta: float) -> None:
    got = planned(REDUCE, {"qL": q_long, "qS": q_short, "eta": eta})
    assert (got["qL"], got["qS"]) == hedging.reduce_both(q_long, q_short, eta)


def test_V000_A_first_trigger_in_the_language() -> None:
    """Worked example A at 101: qL 0.002475248, qS 0.997524752, P_ref 101."""
    got = planned(
        REBALANCE,
        {"qL": 1, "pL": 100, "qS": 1, "pS": 100, "mark(L)": 101, "P_ref": 100, "alpha": 0.5, "beta": 1},
    )
    assert abs(got["qL"] - 0.5 / 202) < 1e-12
    assert abs(got["qS"] - (1 - 0.5 / 101 + 0.5 / 202)) < 1e-12
    assert got["P_ref"] == 101
