"""The emitter and the interpreter give the same bits for random trees over every awkward double."""

from __future__ import annotations

import math
import struct
from types import MappingProxyType

from hypothesis import example, given, settings
from hypothesis import strategies as st

from fsmtrader.diagnostics import Span
from fsmtrader.domain.units import SECONDS
from fsmtrader.numeric import compare
from fsmtrader.program.emit import Emitter
from fsmtrader.program.evaluate import evaluate
from fsmtrader.program.ir import Observable, Value
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
    Kind,
    Negative,
    Observed,
    Power,
    Read,
    Ready,
    Type,
    Typed,
    number,
    walk,
)
from fsmtrader.spec.expression.tree import Operator

NUMBERS, TRUTHS, INSTANTS = range(5), range(5, 8), range(8, 10)
"""slots by kind"""
ARITHMETIC = (Operator.ADD, Operator.SUBTRACT, Operator.MULTIPLY, Operator.DIVIDE)
COMPARISONS = (
    Operator.LESS,
    Operator.LESS_EQUAL,
    Operator.GREATER,
    Operator.GREATER_EQUAL,
    Operator.EQUAL,
    Operator.NOT_EQUAL,
)
AWKWARD = (
    *(0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 3.0, 1e-12, 1.0000000000000002e-12, -1e-12, 1e-9, 1.0 + 1e-9, 1.0 - 1e-9),
    *(1.0 + 2e-9, 100.0, 101.0, 1e154, 1.4e154, -1e200, 1e308, 1.7976931348623157e308, -1.7e308, 5e-324, 1e-308),
    *(2.5, -2.5, 4503599627370496.5, 9e15, 709.782712893384, 710.0, -745.2, math.nan, math.inf, -math.inf),
)
doubles = st.sampled_from(AWKWARD) | st.floats(width=64) | st.floats(-1000.0, 1000.0)


def of_numbers(truths: st.SearchStrategy[Typed], below: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
    pairs = st.tuples(below, below)
    return st.one_of(
        st.builds(lambda o, p: Arithmetic(o, p[0], p[1], BARE), st.sampled_from(ARITHMETIC), pairs),
        st.builds(lambda a: Negative(a, BARE), below),
        st.builds(lambda a, h: Power(a, h, BARE), below, st.integers(-12, 12)),
        st.builds(lambda c, a, b: Choice(c, a, b, BARE), truths, below, below),
        st.builds(
            lambda name, a: Function(name, (a,), BARE),
            st.sampled_from(("abs", "floor", "ceil", "sign", "sqrt", "log", "exp")),
            below,
        ),
        st.builds(
            lambda name, items: Function(name, tuple(items), BARE),
            st.sampled_from(("min", "max")),
            st.lists(below, min_size=2, max_size=4),
        ),
        st.builds(lambda a, b, c: Function("clamp", (a, b, c), BARE), below, below, below),
        st.builds(lambda a, b: Asked(0, (a, b), BARE), below, below),
    )


def of_truths(numbers: st.SearchStrategy[Typed], below: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
    several = st.lists(below, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Comparison, st.sampled_from(COMPARISONS), numbers, numbers, st.booleans()),
        st.builds(lambda o, a, b: Comparison(o, a, b, True), st.sampled_from(COMPARISONS[4:]), below, below),
        st.builds(Inverse, below),
        st.builds(Every, several),
        st.builds(Either, several),
        st.builds(AtLeast, numbers | st.integers(0, 3).map(lambda n: Constant(float(n), BARE)), several),
        st.builds(Ready, numbers | below),
        st.builds(lambda c, a, b: Choice(c, a, b, TRUTH), below, below, below),
    )


def leaves() -> tuple[st.SearchStrategy[Typed], st.SearchStrategy[Typed]]:
    instants = st.sampled_from(INSTANTS).map(lambda s: Read(s, INSTANT)) | st.just(Constant(-math.inf, INSTANT))
    numbers: st.SearchStrategy[Typed] = st.one_of(
        st.sampled_from(NUMBERS).map(lambda s: Read(s, BARE)),
        doubles.map(lambda v: Constant(v, BARE)),
        st.sampled_from((0, 1)).map(lambda o: Observed(o, BARE)),
        st.builds(lambda a, b: Function("elapsed", (a, b), number(SECONDS)), instants, instants),
    )
    truths: st.SearchStrategy[Typed] = st.one_of(
        st.sampled_from(TRUTHS).map(lambda s: Read(s, TRUTH)),
        st.booleans().map(lambda t: Constant(float(t), TRUTH)),
        st.sampled_from((2, 3)).map(lambda o: Observed(o, TRUTH)),
        st.builds(Comparison, st.sampled_from(COMPARISONS), numbers, numbers, st.booleans()),
    )
    return numbers, truths


def trees(depth: int) -> tuple[st.SearchStrategy[Typed], st.SearchStrategy[Typed]]:
    """Numbers and truths of at most this depth."""
    numbers, truths = leaves()
    for _ in range(depth):
        numbers, truths = numbers | of_numbers(truths, numbers), truths | of_truths(numbers, truths)
    return numbers, truths


NUMBER_TREES, TRUTH_TREES = trees(3)
FIRST, SECOND = trees(1)
HERE = Span("test.yml", 1, 1, 1, 2)


def observable(tree: Typed, index: int) -> Observable:
    return Observable(f"o{index}", Value(tree, "", HERE), -1)


def over_reads(tree: Typed) -> bool:
    """An observable here must not use another, or they could go round in a circle."""
    return not any(isinstance(part, Observed) for part in walk(tree))


OBSERVABLES = st.tuples(
    FIRST.filter(over_reads), FIRST.filter(over_reads), SECOND.filter(over_reads), SECOND.filter(over_reads)
).map(lambda four: tuple(observable(tree, index) for index, tree in enumerate(four)))
TRUTH_VALUES = st.sampled_from((1.0, 0.0, math.nan, 1.0, 0.0, 0.5))
TIMES = st.sampled_from((-math.inf, 0.0, 1.7e15, 1.7e15 + 1.5e6)) | st.integers(0, 2**52).map(float) | doubles
SLOTS = st.tuples(*(doubles for _ in NUMBERS), *(TRUTH_VALUES for _ in TRUTHS), *(TIMES for _ in INSTANTS)).map(list)


def answer(query: int, arguments: tuple[float, ...]) -> float:
    """A question's answer that depends on the bits of what was asked."""
    return arguments[0] if arguments[0] > arguments[1] else arguments[1]


def bits(value: float) -> bytes:
    return b"NaN" if math.isnan(value) else struct.pack("<d", value)


NAMES = MappingProxyType({name: getattr(math, name) for name in ("ceil", "exp", "floor", "inf", "log", "nan", "sqrt")})


def run(lines: list[str], x: list[float]) -> float:
    source = "\n".join(["def f(x):", *(f"    {line}" for line in lines)])
    scope: dict[str, object] = {**NAMES, "ask": answer}
    exec(source, scope)
    result: float = scope["f"](x)  # type: ignore[operator]
    return result


def emitted_number(tree: Typed, observables: tuple[Observable, ...]) -> list[str]:
    emitter = Emitter(observables)
    text = emitter.number(tree)
    return [*emitter.lines, f"return {text}"]


def check(tree: Typed, observables: tuple[Observable, ...], x: list[float]) -> None:
    expected = evaluate(tree, x, observables, answer)
    assert bits(run(emitted_number(tree, observables), x)) == bits(expected)
    if tree.type.kind is Kind.TRUTH:
        for want in (True, False):
            inside, at_end = Emitter(observables), Emitter(observables)
            text = inside.truth(tree) if want else inside.falsity(tree)
            at_end.return_truth(tree, want)
            for lines in ([*inside.lines, f"return {text}"], at_end.lines):
                found = run(lines, x)
                assert found is (expected == float(want)), "\n".join(lines)


@settings(max_examples=250, deadline=None)
@given(NUMBER_TREES, OBSERVABLES, SLOTS)
def test_numbers_have_the_same_bits(tree: Typed, observables: tuple[Observable, ...], x: list[float]) -> None:
    check(tree, observables, x)


@settings(max_examples=250, deadline=None)
@given(TRUTH_TREES, OBSERVABLES, SLOTS)
def test_truths_are_true_false_or_neither(tree: Typed, observables: tuple[Observable, ...], x: list[float]) -> None:
    check(tree, observables, x)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(COMPARISONS), doubles, doubles, st.integers(-3, 3), st.booleans())
@example(Operator.GREATER_EQUAL, 1.0, 1e-12, 0, False)
def test_comparisons_inline_are_those_of_the_numeric_heart(
    operator: Operator, a: float, off: float, ulps: int, near: bool
) -> None:
    """At the very edge of the tolerance too, and against constants, where the edge is computed beforehand."""
    b = a + math.copysign(max(1e-9 * abs(a), 1e-12), off) if near and math.isfinite(a) else off
    for _ in range(abs(ulps)):
        b = math.nextafter(b, math.copysign(math.inf, ulps))
    judge = {
        Operator.LESS: compare.less,
        Operator.LESS_EQUAL: compare.less_equal,
        Operator.GREATER: compare.greater,
        Operator.GREATER_EQUAL: compare.greater_equal,
        Operator.EQUAL: compare.equal,
        Operator.NOT_EQUAL: compare.not_equal,
    }[operator]
    sides: tuple[tuple[Typed, Typed], ...] = (
        (Read(0, BARE), Read(1, BARE)),
        (Read(0, BARE), Constant(b, BARE)),
        (Constant(a, BARE), Read(1, BARE)),
    )
    for left, right in sides:
        emitter = Emitter(())
        emitter.return_truth(Comparison(operator, left, right, exact=False))
        assert run(emitter.lines, [a, b]) is judge(a, b)


def test_words_are_compared_exactly() -> None:
    word = Type(Kind.WORD, words=("ACTIVE", "EXIT"))
    tree = Comparison(Operator.EQUAL, Read(0, word), Constant(5.0, word), exact=True)
    assert [evaluate(tree, [w], (), answer) for w in (5.0, 4.0)] == [1.0, 0.0]
    check(tree, (), [5.0])
    check(tree, (), [5.0 + 1e-12])
