"""Any text at all, and any tree that the grammar allows."""

from __future__ import annotations

import string

from hypothesis import given, settings
from hypothesis import strategies as st

from fsmtrader.diagnostics import Span
from fsmtrader.diagnostics.codes_expressions import CODES
from fsmtrader.spec.expression import is_name, parse_text, render, same, walk
from fsmtrader.spec.expression.limits import MAX_CHARACTERS, MAX_TOKENS
from fsmtrader.spec.expression.literals import FACTORS, number_text, scaled
from fsmtrader.spec.expression.tree import (
    Argument,
    Binary,
    Boolean,
    Call,
    Compare,
    Conditional,
    Name,
    Negate,
    Never,
    Not,
    Number,
    Operator,
    Tree,
)

_HERE = Span("<tree>", 1, 1, 1, 2)
_CODES = {code.code for code in CODES}
_COMPARISONS = tuple(Operator(sign) for sign in ("<", "<=", ">", ">=", "==", "!="))
_JOINS = tuple(Operator(sign) for sign in ("+", "-", "*", "/", "and", "or", "implies"))

_ALL_PIECES = (
    "a P_t f( ( ) , = == != < <= > >= + - * / ** and or not if else implies true false never 1 0.5% 2bp 4h 1e400 "
    "5 % & && ! ? : . [ ] { } ' \" $x __x True lambda in @ ; \u0430 \u2212 \u202e \u00a0 \x00 \ud800 \n"
)
_PIECES = _ALL_PIECES.split(" ")


def _check(text: str) -> None:
    """What holds for every text: a tree without a finding, or one finding inside the text."""
    tree, findings = parse_text(text)
    if tree is not None:
        assert findings == ()
        assert sum(1 for _ in walk(tree)) <= MAX_TOKENS
        again, _ = parse_text(render(tree))
        assert (again is not None and same(again, tree)) or len(render(tree)) > MAX_CHARACTERS
        return
    (finding,) = findings
    assert finding.code in _CODES
    (finding.message + finding.expected + finding.hint).encode()
    lines = text.split("\n")
    span = finding.span
    assert (1, 1) <= (span.line, span.column) <= (span.end_line, span.end_column)
    assert span.end_line <= len(lines)
    assert span.column <= len(lines[span.line - 1]) + 1
    assert span.end_column <= max(len(lines[span.end_line - 1]) + 1, 2)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=60))
def test_any_text(text: str) -> None:
    _check(text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=string.printable, max_size=60))
def test_any_ascii(text: str) -> None:
    _check(text)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=40), st.sampled_from(("", " ")))
def test_any_order_of_pieces(pieces: list[str], between: str) -> None:
    _check(between.join(pieces))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(_PIECES[:30]), min_size=1, max_size=4), st.integers(10, 1500))
def test_any_repetition(pieces: list[str], times: int) -> None:
    _check(" ".join(pieces * times))


_names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,5}", fullmatch=True).filter(is_name)


def _scaled_number(digits: str, suffix: str) -> Number:
    value = scaled(digits, suffix)
    assert value is not None
    return Number(value, suffix, _HERE)


_numbers = st.builds(
    _scaled_number,
    st.one_of(
        st.integers(0, 10**9).map(str),
        st.decimals(0, 1000, places=4).map(str),
        st.floats(1e-300, 1e300).map(repr),
    ),
    st.sampled_from(sorted(FACTORS)),
)
_leaves = st.one_of(
    _numbers,
    st.builds(Name, _names, st.just(_HERE)),
    st.builds(Boolean, st.booleans(), st.just(_HERE)),
    st.just(Never(_HERE)),
)
_exponents = st.builds(
    lambda halves, negated: Negate(Number(halves / 2, "", _HERE), _HERE) if negated else Number(halves / 2, "", _HERE),
    st.integers(0, 32),
    st.booleans(),
)


def _call(function: str, positional: list[Tree], keywords: dict[str, Tree]) -> Call:
    arguments = tuple(Argument(name, value, _HERE) for name, value in keywords.items())
    return Call(function, _HERE, tuple(positional), arguments, _HERE)


def _larger(trees: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    pairs = st.lists(st.tuples(st.sampled_from(_COMPARISONS), trees), min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Binary, st.sampled_from(_JOINS), trees, trees, st.just(_HERE)),
        st.builds(Binary, st.just(Operator.POWER), trees, _exponents, st.just(_HERE)),
        st.builds(Negate, trees, st.just(_HERE)),
        st.builds(Not, trees, st.just(_HERE)),
        st.builds(Compare, trees, pairs, st.just(_HERE)),
        st.builds(Conditional, trees, trees, trees, st.just(_HERE)),
        st.builds(_call, _names, st.lists(trees, max_size=3), st.dictionaries(_names, trees, max_size=2)),
    )


@settings(max_examples=300, deadline=None)
@given(st.recursive(_leaves, _larger, max_leaves=15))
def test_generated_trees_round_trip(tree: Tree) -> None:
    text = render(tree)
    again, findings = parse_text(text)
    if again is None:
        assert findings[0].code in ("FSM202", "FSM203")  # larger than any text may be
        return
    assert same(again, tree)
    assert render(again) == text


@settings(max_examples=300, deadline=None)
@given(_numbers)
def test_numbers_round_trip(number: Number) -> None:
    text = number_text(number.value, number.suffix)
    assert scaled(text.removesuffix(number.suffix), number.suffix) == number.value
