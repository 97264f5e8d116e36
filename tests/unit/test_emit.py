"""The emitter by hand: what is written, in what order, and document 000's rebalance as a plan."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from fsmtrader.diagnostics import Span
from fsmtrader.domain.units import SECONDS
from fsmtrader.program.emit import Emitter
from fsmtrader.program.emit_module import Compiled, emit_module, layout, load, values
from fsmtrader.program.evaluate import evaluate
from fsmtrader.program.ir import (
    Action,
    Alarm,
    Assign,
    Leg,
    Let,
    Observable,
    Phase,
    Primitive,
    Program,
    Record,
    Set,
    Side,
    Slot,
    SlotRole,
    Step,
    Target,
    Value,
)
from fsmtrader.program.typed import (
    BARE,
    INSTANT,
    TRUTH,
    Arithmetic,
    Asked,
    AtLeast,
    Choice,
    Comparison,
    Constant,
    Either,
    Every,
    Function,
    Inverse,
    Negative,
    Observed,
    Power,
    Read,
    Ready,
    Typed,
    number,
)
from fsmtrader.spec.expression.tree import Operator

HERE = Span("spec.yml", 1, 1, 1, 2)
NAN = math.nan
P_T, P_REF, QL, PL, QS, PS, BETA, ALPHA, Q0, RESTORE, PROFIT, REPAIR, OWN, DQ = range(14)
NAMES = ("mark(L)", "P_ref", "qL", "pL", "qS", "pS", "beta", "alpha", "q0", "restore", "profit", "repair", "own", "dq")


def no_questions(query: int, arguments: tuple[float, ...]) -> float:
    return NAN


def num(value: float) -> Constant:
    return Constant(value, BARE)


def read(slot: int) -> Read:
    return Read(slot, BARE)


def add(a: Typed, b: Typed) -> Arithmetic:
    return Arithmetic(Operator.ADD, a, b, BARE)


def sub(a: Typed, b: Typed) -> Arithmetic:
    return Arithmetic(Operator.SUBTRACT, a, b, BARE)


def mul(a: Typed, b: Typed) -> Arithmetic:
    return Arithmetic(Operator.MULTIPLY, a, b, BARE)


def div(a: Typed, b: Typed) -> Arithmetic:
    return Arithmetic(Operator.DIVIDE, a, b, BARE)


def greatest(a: Typed, b: Typed) -> Function:
    return Function("max", (a, b), BARE)


def above(a: Typed, b: Typed) -> Comparison:
    return Comparison(Operator.GREATER, a, b, exact=False)


def value(tree: Typed, text: str = "") -> Value:
    return Value(tree, text, HERE)


# -- document 000's rebalance, as the prelude writes it --------------------------------------------------------------

PRICE, UP, WINNING = Observed(0, BARE), Observed(1, TRUTH), Observed(2, BARE)
ONE = num(1.0)


def when_up(then: Typed, other: Typed) -> Choice:
    return Choice(UP, then, other, BARE)


def rebalance_steps() -> tuple[Step, ...]:
    """realize_profit, transfer_profit, rebuild_positions, update_reference_price (sketches' forms)."""
    rest = sub(ONE, read(BETA))
    after_repair = (
        when_up(read(QL), greatest(sub(read(QL), read(REPAIR)), num(0.0))),
        when_up(greatest(sub(read(QS), read(REPAIR)), num(0.0)), read(QS)),
    )
    own = div(mul(sub(ONE, read(ALPHA)), read(PROFIT)), mul(num(2.0), PRICE))
    gap = div(sub(sub(mul(num(2.0), read(Q0)), read(QL)), read(QS)), num(2.0))
    restored = Choice(Read(RESTORE, TRUTH), greatest(read(OWN), gap), read(OWN), BARE)
    return (
        Let((Set(PROFIT, value(mul(read(BETA), WINNING))),)),
        Assign(
            (
                Target(0, value(when_up(mul(read(QL), rest), read(QL)))),
                Target(1, value(when_up(read(QS), mul(read(QS), rest)))),
            )
        ),
        Let((Set(REPAIR, value(div(mul(read(ALPHA), read(PROFIT)), PRICE))),)),
        Assign((Target(0, value(after_repair[0])), Target(1, value(after_repair[1])))),
        Let((Set(OWN, value(own)),)),
        Let((Set(DQ, value(restored)),)),
        Assign((Target(0, value(add(read(QL), read(DQ)))), Target(1, value(add(read(QS), read(DQ)))))),
        Assign((Set(P_REF, value(PRICE)),)),
    )


def observables() -> tuple[Observable, ...]:
    winning = Choice(UP, mul(read(QL), sub(PRICE, read(PL))), mul(read(QS), sub(read(PS), PRICE)), BARE)
    return (
        Observable("P_t", value(read(P_T), "mark(L)"), -1),
        Observable("up", value(above(PRICE, read(P_REF)), "P_t > P_ref"), -1),
        Observable("winning", value(winning, "qL * (P_t - pL) if up else qS * (pS - P_t)"), -1),
    )


def leg(name: str, side: Side, quantity: int, average: int) -> Leg:
    return Leg(name, "main", "ETH/USDT:USDT", side, quantity, average, None, "refuse", (), ())


def action(name: str, *phases: tuple[Step, ...]) -> Action:
    return Action(name, tuple(Phase(steps) for steps in phases), None, -1, True, True, HERE)


def program(*actions: Action) -> Program:
    slots = tuple(Slot(index, name, SlotRole.VARIABLE, BARE) for index, name in enumerate(NAMES))
    legs = (leg("L", Side.LONG, QL, PL), leg("S", Side.SHORT, QS, PS))
    nothing = {name: () for name in Program.__dataclass_fields__ if name not in ("now", "is_seed")}
    texts = {name: "" for name in ("name", "version", "description", "file", "digest")}
    given = {"slots": slots, "legs": legs, "observables": observables(), "actions": actions, "name": "band"}
    return Program(**{**nothing, **texts, **given, "now": 0, "is_seed": False})  # type: ignore[arg-type]


def compiled(*actions: Action, pinned: dict[int, int] | None = None) -> Compiled:
    return load(program(*actions), pinned or {}, no_questions)


def start(beta: float, restore: bool) -> list[float]:
    """§1.3: P = 100, both legs 1 at 100."""
    return [100.0, 100.0, 1.0, 100.0, 1.0, 100.0, beta, 0.5, 1.0, float(restore), NAN, NAN, NAN, NAN]


def blended(quantity: float, average: float, added: float, price: float) -> float:
    """R000-17: the average after an addition; a reduction leaves it."""
    return (quantity * average + added * price) / (quantity + added)


def rebalanced(plan: Callable[[Sequence[float]], tuple[float, ...]], x: list[float], price: float) -> list[float]:
    """The slots after a rebalance at `price`, each planned step booked at it."""
    now = [price, *x[1:]]
    profit, _, _, repair, ql, qs, own, dq, new_ql, new_qs, reference = plan(now)
    pl, ps = blended(ql, x[PL], dq, price), blended(qs, x[PS], dq, price)
    return [price, reference, new_ql, pl, new_qs, ps, *x[BETA : RESTORE + 1], profit, repair, own, dq]


def close(*expected: float) -> object:
    return pytest.approx(expected, abs=5.1e-10, rel=0)


def test_v000_a_literal_form() -> None:
    plan = compiled(action("rebalance", rebalance_steps())).plan(0, 0)
    x = rebalanced(plan, start(beta=1.0, restore=False), 101.0)
    assert (x[PROFIT], x[REPAIR], x[DQ]) == close(1.0, 0.004950495, 0.002475248)
    assert (x[QL], x[PL], x[QS], x[PS], x[P_REF]) == close(0.002475248, 101.0, 0.997524752, 100.002481390, 101.0)
    x = rebalanced(plan, x, 99.99)
    assert x[PROFIT] == pytest.approx(0.012450495, abs=5e-10)
    # the sketch of 000 has these, worked out from the document
    assert (x[QL], x[PL], x[QS], x[PS]) == close(0.002444118, 100.987136201, 0.000031129, 99.99)


def test_v000_b_a_quarter_is_realised() -> None:
    plan = compiled(action("rebalance", rebalance_steps())).plan(0, 0)
    x = rebalanced(plan, start(beta=0.25, restore=False), 101.0)
    assert (x[PROFIT], x[REPAIR], x[DQ]) == close(0.25, 0.001237624, 0.000618812)
    assert (x[QL], x[PL], x[QS], x[PS]) == close(0.750618812, 100.000824402, 0.999381188, 100.000619195)
    x = rebalanced(plan, x, 99.99)
    assert (x[PROFIT], x[REPAIR], x[DQ]) == close(0.002653156, 0.000013267, 0.000006634)
    assert (x[QL], x[QS]) == close(0.750612178, 0.749542525)


def test_v000_b2_restoring_the_gross() -> None:
    plan = compiled(action("rebalance", rebalance_steps())).plan(0, 0)
    x = start(beta=0.25, restore=True)
    expected = [
        (0.875619, 1.124381), (1.016081, 0.983919), (0.889623, 1.110377),
        (1.028275, 0.971725), (0.900241, 1.099759), (1.037521, 0.962479),
    ]  # fmt: skip
    for price, (ql, qs) in zip((101.0, 99.99) * 3, expected, strict=True):
        x = rebalanced(plan, x, price)
        assert (x[QL], x[QS]) == pytest.approx((ql, qs), abs=5.1e-7, rel=0)
        assert x[QL] + x[QS] == pytest.approx(2.0, abs=1e-12)


def test_the_interpreter_gives_the_same_first_step() -> None:
    x = [101.0, *start(beta=0.25, restore=False)[1:]]
    first = rebalance_steps()[0]
    assert isinstance(first, Let)
    assert evaluate(first.entries[0].value.tree, x, observables(), no_questions) == 0.25


def test_layout_says_where_each_number_belongs() -> None:
    alarm_and_more = (
        Alarm("stuck"),
        Primitive("reduce_only_ioc", ("L",), (("quantity", value(read(QL))), ("price", value(PRICE))), (), True, HERE),
        Record("trade", (("paid", value(read(P_REF))),)),
    )
    whole = program(action("rebalance", rebalance_steps()), action("odd", (), alarm_and_more))
    items = layout(whole, 0, 0)
    assert [item.step for item in items] == [0, 1, 1, 2, 3, 3, 4, 5, 6, 6, 7]
    assert [item.entry for item in items if item.step == 7] == [Set(P_REF, value(PRICE))]
    assert [(item.step, item.name, item.entry) for item in layout(whole, 1, 1)] == [
        (1, "quantity", None),
        (1, "price", None),
        (2, "paid", None),
    ]
    x = start(beta=1.0, restore=False)
    assert load(whole, {}, no_questions).plan(1, 0)(x) == ()
    assert load(whole, {}, no_questions).plan(1, 1)(x) == (1.0, 100.0, 100.0)
    assert load(whole, {}, no_questions).layout(1, 1) == layout(whole, 1, 1)


def test_entries_of_one_step_read_what_was_before_it() -> None:
    swap = (Assign((Set(PL, value(read(PS))), Set(PS, value(read(PL))))), Assign((Set(Q0, value(read(PL))),)))
    assert compiled(action("swap", swap)).plan(0, 0)([0.0, 0.0, 0.0, 7.0, 0.0, 9.0, *[0.0] * 8]) == (9.0, 7.0, 9.0)


def test_an_observable_stays_as_it_was_when_the_phase_started() -> None:
    steps = (
        Assign((Set(P_REF, value(PRICE)), Target(0, value(num(0.0))))),
        Assign((Set(Q0, value(WINNING)), Set(DQ, value(mul(read(QL), read(P_REF)))))),
    )
    x = start(beta=1.0, restore=False)
    x[P_T] = 101.0
    # winning is 1 * (101 - 100) of the start; qL and P_ref themselves are as planned
    assert compiled(action("a", steps)).plan(0, 0)(x) == (101.0, 0.0, 1.0, 0.0)


# -- truths ----------------------------------------------------------------------------------------------------------


def sides(tree: Typed, x: list[float]) -> tuple[bool, bool]:
    functions, condition = compiled(), value(tree)
    return functions.truth(condition)(x), functions.falsity(condition)(x)


TRUE, FALSE = Constant(1.0, TRUTH), Constant(0.0, TRUTH)
UNKNOWN = above(num(NAN), num(0.0))
KNOWN = {"true": (True, False), "false": (False, True), "unknown": (False, False)}


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (Either((UNKNOWN, TRUE)), "true"),
        (Either((UNKNOWN, FALSE)), "unknown"),
        (Every((UNKNOWN, FALSE)), "false"),
        (Every((UNKNOWN, TRUE)), "unknown"),
        (Inverse(UNKNOWN), "unknown"),
        (Inverse(Every((TRUE, FALSE))), "true"),
        (Either((Inverse(UNKNOWN), UNKNOWN)), "unknown"),
        (AtLeast(num(2.0), (TRUE, UNKNOWN, TRUE)), "true"),
        (AtLeast(num(2.0), (TRUE, UNKNOWN, FALSE)), "unknown"),
        (AtLeast(num(2.0), (FALSE, UNKNOWN, FALSE)), "false"),
        (AtLeast(num(NAN), (TRUE, TRUE)), "unknown"),
        (Ready(UNKNOWN), "false"),
        (Ready(num(NAN)), "false"),
        (Inverse(Ready(num(NAN))), "true"),
        (Choice(UNKNOWN, TRUE, TRUE, TRUTH), "unknown"),
        (Choice(TRUE, FALSE, UNKNOWN, TRUTH), "false"),
        (Comparison(Operator.NOT_EQUAL, num(NAN), num(1.0), exact=True), "unknown"),
        (Comparison(Operator.EQUAL, UNKNOWN, UNKNOWN, exact=True), "unknown"),
        (Comparison(Operator.EQUAL, FALSE, above(num(0.0), num(1.0)), exact=True), "true"),
    ],
)
def test_kleene(tree: Typed, expected: str) -> None:
    assert sides(tree, []) == KNOWN[expected]
    judged = evaluate(tree, [], (), no_questions)
    assert (judged == 1.0, judged == 0.0) == KNOWN[expected]


@pytest.mark.parametrize(
    ("price", "fires"), [(100.99, False), (101.0, True), (99.01, False), (99.0, True), (NAN, False)]
)
def test_r000_09_the_band_is_inclusive(price: float, fires: bool) -> None:
    """|P - 100| >= 0.01 * 100, on both sides; 101 - 100 and 0.01 * 100 are what doubles make of them."""
    band = Comparison(
        Operator.GREATER_EQUAL,
        Function("abs", (sub(PRICE, read(P_REF)),), BARE),
        mul(num(0.01), read(P_REF)),
        exact=False,
    )
    assert compiled().truth(value(band))([price, 100.0]) is fires


def test_a_tolerant_boundary_is_as_on_paper() -> None:
    tenth = Comparison(Operator.GREATER_EQUAL, sub(read(0), read(1)), read(2), exact=False)
    assert 0.3 - 0.1 < 0.2
    assert sides(tenth, [0.3, 0.1, 0.2]) == (True, False)
    strictly = Comparison(Operator.LESS, sub(read(0), read(1)), read(2), exact=False)
    assert sides(strictly, [0.3, 0.1, 0.2]) == (False, True)
    exactly = Comparison(Operator.LESS, sub(read(0), read(1)), read(2), exact=True)
    assert sides(exactly, [0.3, 0.1, 0.2]) == (True, False)


# -- numbers ---------------------------------------------------------------------------------------------------------


def both(tree: Typed, x: list[float] | None = None) -> float:
    """What the emitted function gives, which is what the interpreter gives."""
    found = compiled().number(value(tree))(x or [])
    judged = evaluate(tree, x or [], (), no_questions)
    assert found == judged or (math.isnan(found) and math.isnan(judged))
    return found


@pytest.mark.parametrize(
    "tree",
    [
        div(num(1.0), num(0.0)),
        div(num(1.0), sub(num(1.0), num(1.0))),
        mul(num(1e200), num(1e200)),
        div(num(1.0), mul(num(1e200), num(1e200))),
        Function("sqrt", (num(-1.0),), BARE),
        Function("log", (num(0.0),), BARE),
        Function("exp", (num(710.0),), BARE),
        Function("min", (num(1.0), num(NAN)), BARE),
        Function("max", (num(NAN), num(1.0)), BARE),
        Power(num(-4.0), 1, BARE),
        Power(num(0.0), -2, BARE),
        Choice(UNKNOWN, num(1.0), num(1.0), BARE),
    ],
)
def test_what_cannot_be_is_not_ready(tree: Typed) -> None:
    assert math.isnan(both(tree))


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (Power(num(3.0), 6, BARE), 27.0),
        (Power(num(4.0), 1, BARE), 2.0),
        (Power(num(4.0), 3, BARE), 8.0),
        (Power(num(2.0), -4, BARE), 0.25),
        (Power(num(7.0), 0, BARE), 1.0),
        (Function("clamp", (num(5.0), num(-1.0), num(1.0)), BARE), 1.0),
        (Function("floor", (num(-2.5),), BARE), -3.0),
        (Function("ceil", (num(2.5),), BARE), 3.0),
        (Function("floor", (num(1e300),), BARE), 1e300),
        (Function("sign", (num(-0.1),), BARE), -1.0),
        (Negative(sub(num(2.0), num(5.0)), BARE), 3.0),
        (sub(num(2.0), sub(num(3.0), num(5.0))), 4.0),
        (div(num(8.0), div(num(4.0), num(2.0))), 4.0),
        (Choice(FALSE, num(1.0), num(2.0), BARE), 2.0),
        (above(num(2.0), num(1.0)), 1.0),
        (Every((TRUE, FALSE)), 0.0),
    ],
)
def test_numbers(tree: Typed, expected: float) -> None:
    assert both(tree) == expected


def test_never_was_longer_ago_than_any_time() -> None:
    never = Constant(-math.inf, INSTANT)
    elapsed = Function("elapsed", (Read(0, INSTANT), never), number(SECONDS))
    assert both(elapsed, [1.7e15]) == math.inf
    assert both(Function("elapsed", (Read(0, INSTANT), Read(1, INSTANT)), number(SECONDS)), [3.5e6, 2e6]) == 1.5
    assert sides(Comparison(Operator.GREATER, elapsed, num(21600.0), exact=True), [1.7e15]) == (True, False)
    assert sides(Comparison(Operator.GREATER, elapsed, read(1), exact=False), [1.7e15, 21600.0]) == (True, False)


def test_a_time_without_end_survives_beside_a_product_that_does_not() -> None:
    never = Function("elapsed", (Read(0, INSTANT), Constant(-math.inf, INSTANT)), number(SECONDS))
    tree = Choice(Read(1, TRUTH), never, mul(read(2), read(2)), BARE)
    assert both(tree, [0.0, 1.0, 2.0]) == math.inf
    assert both(tree, [0.0, 0.0, 2.0]) == 4.0
    assert math.isnan(both(tree, [0.0, 0.0, 1e200]))


# -- what is written -------------------------------------------------------------------------------------------------


def test_an_observable_is_computed_once() -> None:
    emitter = Emitter(observables(), slots=program().slots)
    twice = Every((above(WINNING, num(0.0)), UP, above(num(5.0), WINNING)))
    text = emitter.truth(twice)
    written = [*emitter.lines, text]
    assert sum(line.startswith("winning_o2 = ") for line in written) == 1
    assert sum(line.startswith("up_o1_true = ") for line in written) == 1
    assert sum("x[0]" in line for line in written) == 1
    assert emitter.lines[0] == "mark_L_s0 = x[0]"


def test_a_comparison_and_a_difference_of_the_same_two_keep_apart() -> None:
    """The gap that a comparison tests may be infinite, the difference that the spec writes is then not ready."""
    gap = Comparison(Operator.GREATER, read(0), read(1), exact=False)
    tree = Choice(gap, sub(read(0), read(1)), num(0.0), BARE)
    assert math.isnan(both(tree, [1.7e308, -1.7e308]))
    assert both(tree, [3.0, 1.0]) == 2.0


def test_a_question_is_put_once_with_its_arguments() -> None:
    asked = Asked(4, (read(0), num(2.0)), BARE)
    seen: list[tuple[int, tuple[float, ...]]] = []

    def ask(query: int, arguments: tuple[float, ...]) -> float:
        seen.append((query, arguments))
        return 10.0

    functions = load(program(), {}, ask)
    within = Every((above(asked, num(1.0)), above(num(11.0), asked)))
    assert functions.truth(value(within))([7.0]) is True
    assert seen == [(4, (7.0, 2.0))]


def test_a_pinned_observable_is_read_from_its_slot() -> None:
    functions = compiled(pinned={0: Q0, 1: RESTORE})
    x = start(beta=1.0, restore=True)
    x[Q0] = 105.0
    assert functions.observable(0)(x) == 105.0
    assert functions.observable(2)(x) == 5.0
    condition = value(UP)
    assert (functions.truth(condition)(x), functions.falsity(condition)(x)) == (True, False)
    x[RESTORE] = NAN
    assert (functions.truth(condition)(x), functions.falsity(condition)(x)) == (False, False)
    assert math.isnan(functions.observable(2)(x))


def test_functions_are_made_once_and_see_nothing_else() -> None:
    functions = compiled()
    condition = value(above(read(0), num(1.0)))
    assert functions.truth(condition) is functions.truth(condition)
    assert functions.number(condition) is functions.number(condition)
    visible = functions.truth(condition).__globals__
    assert set(visible["__builtins__"]) == {"abs", "float"}


def test_the_module_is_python_and_agrees_with_what_is_loaded() -> None:
    whole = program(action("rebalance", rebalance_steps()))
    named = replace(whole, name='x"""\nimport os\x00')
    scope: dict[str, Callable[[list[float]], object]] = {}
    exec(compile(emit_module(named), "module", "exec"), scope)
    assert "os" not in scope
    x = start(beta=0.25, restore=True)
    x[P_T] = 101.0
    functions = load(whole, {}, no_questions)
    assert scope["plan_0_0"](x) == functions.plan(0, 0)(x)
    for index, (place, each) in enumerate(values(whole)):
        if each.tree.type is TRUTH:
            assert scope[f"truth_{index}"](x) is functions.truth(each)(x), place
            assert scope[f"falsity_{index}"](x) is functions.falsity(each)(x), place
        else:
            found, loaded = scope[f"number_{index}"](x), functions.number(each)(x)
            assert repr(found) == repr(loaded), place
    assert [place for place, _ in values(whole)][:2] == ["observables[0].value", "observables[1].value"]
    assert "# observables[1].value: P_t > P_ref" in emit_module(whole)


def test_hostile_slot_names_become_plain_ones() -> None:
    slots = tuple(
        Slot(index, name, SlotRole.VARIABLE, BARE)
        for index, name in enumerate(("maker.A.b\u00fcy()", "5m", "", "__x", "if"))
    )
    emitter = Emitter((), slots=slots)
    emitter.number(add(add(add(read(0), read(1)), add(read(2), read(3))), read(4)))
    assert [line.split(" = ")[0] for line in emitter.lines[:5]] == ["maker_A_b_y_s0", "n5m_s1", "s2", "x_s3", "if_s4"]


def test_numba_compiles_it_and_gives_the_same_bits() -> None:
    numba = pytest.importorskip("numba")
    numpy = pytest.importorskip("numpy")
    whole = program(action("rebalance", rebalance_steps()))
    extras = AtLeast(num(2.0), (UP, above(WINNING, num(0.0)), Ready(read(Q0))))
    shaped = Function("floor", (Power(div(read(PL), read(Q0)), 3, BARE),), BARE)
    source = emit_module(replace(whole, metrics=(("extras", value(extras)), ("shaped", value(shaped)))))
    scope: dict[str, Callable[[object], object]] = {}
    exec(compile(source, "module", "exec"), scope)
    names = [name for name in scope if name.partition("_")[0] in ("truth", "falsity", "plan")]
    names.append(next(name for name in reversed(scope) if name.startswith("number")))
    rows = [
        start(0.25, True),
        [101.0, *start(0.25, True)[1:]],
        [NAN, *start(1.0, False)[1:]],
        [99.0, 100.0, *[0.0] * 12],
    ]
    for name in names:
        fast = numba.njit(scope[name])
        for row in rows:
            numpy.testing.assert_array_equal(fast(numpy.array(row)), scope[name](row), err_msg=name)
