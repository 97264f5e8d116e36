"""Text to trees: what binds how, where each node stands, and what is said of a mistake."""

from __future__ import annotations

import pytest

from fsmtrader.diagnostics import Findings, Span
from fsmtrader.spec.document import Scalar, ScalarKind
from fsmtrader.spec.expression import calls, is_name, names, parse, parse_text, render, same, walk
from fsmtrader.spec.expression.tree import (
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


def tree_of(text: str) -> Tree:
    tree, findings = parse_text(text)
    assert findings == ()
    assert tree is not None
    return tree


def refused(text: str) -> tuple[str, int, str]:
    """The code, the column and the hint of the one finding."""
    tree, findings = parse_text(text)
    assert tree is None
    (finding,) = findings
    return finding.code, finding.span.column, finding.hint


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("a - b - c", "(a - b) - c"),
        ("a / b * c", "(a / b) * c"),
        ("a + b * c", "a + (b * c)"),
        ("-a * b", "(-a) * b"),
        ("-a ** 2", "-(a ** 2)"),
        ("a * -b", "a * (-b)"),
        ("a ** -2 * b", "(a ** -2) * b"),
        ("not a == b", "not (a == b)"),
        ("not a and b", "(not a) and b"),
        ("a or b and c", "a or (b and c)"),
        ("a or b implies c", "(a or b) implies c"),
        ("a implies b implies c", "a implies (b implies c)"),
        ("a + b < c * d", "(a + b) < (c * d)"),
        ("a implies b if c else d", "(a implies b) if c else d"),
        ("a if b else c if d else e", "a if b else (c if d else e)"),
        ("a if b or c else d", "a if (b or c) else d"),
        ("- - a", "-(-a)"),
        ("not not a", "not (not a)"),
    ],
)
def test_precedence(text: str, full: str) -> None:
    assert same(tree_of(text), tree_of(full))


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("a - (b - c)", "a - b - c"),
        ("(a ** 2) ** 3", "a ** 6"),
        ("(-a) ** 2", "-a ** 2"),
        ("(a < b) < c", "a < b < c"),
        ("(a implies b) implies c", "a implies b implies c"),
        ("0.5%", "0.005"),
        ("f(a)", "f(k=a)"),
        ("f(k=a)", "f(j=a)"),
        ("a", "true"),
    ],
)
def test_different(text: str, other: str) -> None:
    assert not same(tree_of(text), tree_of(other))


def test_nodes_and_their_places() -> None:
    def at(start: int, end: int) -> Span:
        return Span("<text>", 1, start, 1, end)

    a, one = Name("a", at(1, 2)), Number(1.0, "", at(5, 6))
    assert tree_of("a + 1") == Binary(Operator.ADD, a, one, at(1, 6))
    assert tree_of("(a) * -true") == Binary(
        Operator.MULTIPLY, Name("a", at(2, 3)), Negate(Boolean(True, at(8, 12)), at(7, 12)), at(1, 12)
    )
    assert tree_of("not never") == Not(Never(at(5, 10)), at(1, 10))
    assert tree_of("a < 1 != false") == Compare(
        a, ((Operator.LESS, one), (Operator.NOT_EQUAL, Boolean(False, at(10, 15)))), at(1, 15)
    )
    assert tree_of("a if b else 1") == Conditional(a, Name("b", at(6, 7)), Number(1.0, "", at(13, 14)), at(1, 14))


def test_call() -> None:
    call = tree_of(" f ( a, g(), n = 20 ) ")
    assert isinstance(call, Call)
    assert call.function == "f"
    assert (call.function_span.column, call.function_span.end_column) == (2, 3)
    assert (call.span.column, call.span.end_column) == (2, 22)
    assert [type(argument) for argument in call.positional] == [Name, Call]
    assert [argument.name for argument in call.keywords] == ["n"]
    assert (call.keywords[0].span.column, call.keywords[0].span.end_column) == (14, 20)


def test_places_come_from_the_scalar() -> None:
    """A folded scalar: its characters stand on two lines, four columns in."""
    text = "a +\nb @"
    offsets = ((7, 5), (7, 6), (7, 7), (7, 8), (8, 5), (8, 6), (8, 7), (8, 8))
    findings = Findings()
    assert parse(Scalar(text, ScalarKind.TEXT, False, Span("x.yml", 7, 5, 8, 8), offsets), findings) is None
    assert findings.items[0].span == Span("x.yml", 8, 7, 8, 8)


def test_null_is_empty() -> None:
    span = Span("x.yml", 1, 1, 1, 5)
    scalar = Scalar("null", ScalarKind.NULL, False, span, tuple((1, i) for i in range(1, 6)))
    findings = Findings()
    assert parse(scalar, findings) is None
    assert (findings.items[0].code, findings.items[0].span) == ("FSM201", span)


def test_walk_names_calls() -> None:
    tree = tree_of("a if f(b, k=g(c)) < 2 else -a")
    assert [name.text for name in names(tree)] == ["a", "b", "c", "a"]
    assert [call.function for call in calls(tree)] == ["f", "g"]
    assert len(list(walk(tree))) == 10


@pytest.mark.parametrize(
    "text",
    [
        "qL * (P_t - pL) if up else qS * (pS - P_t)",
        "abs(P_t - P_ref) >= MES * P_ref and winning > 0",
        "streak(effective_volatility < gamma1 * MES * f, on=monitor) >= K",
        "tau_max * MES ** 2 / effective_volatility",
        "not vol_filter or vmin <= vol <= vmax",
        "365d / 8h * (f_l8 - f_g8)",
        "growing and not flat and (qA > 0) != (a_side_when_equal == buy)",
        "(max(depth_price, bound) if qX > 0 else min(depth_price, bound)) if ready(depth_price) else bound",
        "wish + s * (fails if maker != RETRY else fails - 1) * backoffTicks * tick(X)",
        "takeProfitPct > 0 and profit >= takeProfitPct or lossClosePct > 0 and profit <= -lossClosePct",
        "a ** -0.5",
        "since(never) > 4h",
    ],
)
def test_canonical_text_stays(text: str) -> None:
    assert render(tree_of(text)) == text


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("((a))+( b*c )", "a + b * c"),
        ("(a**(-(2)))", "a ** -2"),
        ("f( a ,k = .5 )", "f(a, k=0.5)"),
        ("a if b else (c if d else e)", "a if b else c if d else e"),
        ("(a if b else c) if d else e", "(a if b else c) if d else e"),
        ("a\n  and\n  b", "a and b"),
    ],
)
def test_render_drops_what_is_not_needed(text: str, canonical: str) -> None:
    assert render(tree_of(text)) == canonical


@pytest.mark.parametrize(
    ("text", "code", "column", "mend"),
    [
        ("  ", "FSM201", 1, ""),
        ("a.b", "FSM211", 2, "mark(L)"),
        ("a.__class__", "FSM211", 2, ""),
        ("__class__", "FSM212", 1, ""),
        ("__import__(os)", "FSM212", 1, ""),
        ("a[0]", "FSM211", 2, ""),
        ("{a}", "FSM211", 1, ""),
        ("a == 'x'", "FSM211", 6, "without quotes"),
        ('"x', "FSM211", 1, ""),
        ("lambda x: x", "FSM210", 1, ""),
        ("f(x for x in y)", "FSM210", 5, "functions"),
        ("a in b", "FSM210", 3, "x == a or x == b"),
        ("a is b", "FSM210", 3, "`==`"),
        ("True", "FSM210", 1, "`true`"),
        ("a AND b", "FSM210", 3, "`and`"),
        ("None", "FSM210", 1, "ready(x)"),
        ("a && b", "FSM209", 3, "`and`"),
        ("a || b", "FSM209", 3, "`or`"),
        ("!a", "FSM209", 1, "`not`"),
        ("a = b", "FSM209", 3, "`==`"),
        ("a === b", "FSM209", 3, "`==`"),
        ("a <> b", "FSM209", 3, "`!=`"),
        ("a =< b", "FSM209", 3, "`<=`"),
        ("a ^ 2", "FSM209", 3, "`**`"),
        ("x ? a : b", "FSM209", 3, "`a if x else b`"),
        ("|a|", "FSM209", 1, "abs"),
        ("a // b", "FSM209", 3, "floor"),
        ("a += 1", "FSM209", 3, "do"),
        ("+a", "FSM223", 1, "delete"),
        ("a + +b", "FSM223", 5, "delete"),
        ("$me", "FSM213", 1, "`me`"),
        ("${me}", "FSM213", 1, "`me`"),
        ("a # b", "FSM204", 3, "comment"),
        ("a; b", "FSM204", 2, "one value"),
        ("a ** b", "FSM218", 6, "exp"),
        ("a ** 2 ** 3", "FSM218", 6, "(x ** 2) ** 3"),
        ("a ** 9999999", "FSM218", 6, "exp"),
        ("a ** 1.3", "FSM218", 6, ""),
        ("a ** 2s", "FSM218", 6, ""),
        ("a ** --2", "FSM218", 6, ""),
        ("f(a=1, a=2)", "FSM219", 8, "delete"),
        ("f(a=1, 2)", "FSM219", 8, "before `a=`"),
        ("f(1=2)", "FSM219", 4, "one name"),
        ("f(if=2)", "FSM219", 3, ""),
        ("f(a)(b)", "FSM220", 5, ""),
        ("3(a)", "FSM220", 2, "`*`"),
        ("(a)(b)", "FSM220", 4, "`*`"),
        ("true(a)", "FSM220", 5, ""),
        ("a, b", "FSM221", 2, ""),
        ("(a", "FSM216", 1, "`)`"),
        ("f(a", "FSM216", 2, "quoted"),
        ("f(", "FSM216", 2, "quoted"),
        ("a)", "FSM216", 2, "delete"),
        ("f(a,", "FSM214", 4, "quoted"),
        ("f(a,)", "FSM214", 5, ""),
        ("f(,a)", "FSM214", 3, ""),
        ("()", "FSM214", 2, ""),
        ("a +", "FSM214", 3, ""),
        ("* a", "FSM214", 1, ""),
        ("a and or b", "FSM214", 7, ""),
        ("if a", "FSM214", 1, "`a if c else b`"),
        ("a if b", "FSM217", 3, "`a if c else b`"),
        ("a else b", "FSM217", 3, "`a if c else b`"),
        ("a if b if c else d else e", "FSM217", 8, "brackets"),
        ("a == not b", "FSM222", 6, "(not x)"),
        ("-not a", "FSM222", 2, "(not x)"),
        ("a b", "FSM215", 3, "before `b`"),
        ("f(a b)", "FSM215", 5, "before `b`"),
        ("a not b", "FSM215", 3, "!="),
        ("a b @", "FSM215", 3, ""),
    ],
)
def test_refused(text: str, code: str, column: int, mend: str) -> None:
    found_code, found_column, hint = refused(text)
    assert (found_code, found_column) == (code, column)
    assert mend in hint


@pytest.mark.parametrize(
    ("text", "code", "column", "said"),
    [
        ("s\u0430les", "FSM205", 2, "`a`"),  # Cyrillic a
        ("\u0391", "FSM205", 1, "`A`"),  # Greek Alpha
        ("a + \uff11", "FSM205", 5, "`1`"),  # fullwidth 1
        ("a \u2212 b", "FSM205", 3, "`-`"),
        ("a \u2013 b", "FSM205", 3, "`-`"),
        ("a \u2265 b", "FSM205", 3, "`>=`"),
        ("a \u00d7 b", "FSM205", 3, "`*`"),
        ("\u201ca\u201d", "FSM205", 1, '`"`'),
        ("\u201ca\u201d", "FSM205", 1, "delete it"),  # the ASCII one could not stand there either
        ("a\u00a0+ b", "FSM205", 2, "blank"),
        ("a\u3000+ b", "FSM205", 2, "blank"),
        ("\u0663", "FSM205", 1, "`3`"),  # Arabic-Indic 3
        ("\u03b1", "FSM204", 1, "`alpha`"),
        ("x\u00b2", "FSM204", 2, "`** 2`"),
        ("\u4ef7", "FSM204", 1, "U+4EF7"),
        ("\U0001f600", "FSM204", 1, "U+1F600"),
        ("a\x00", "FSM206", 2, "U+0000"),
        ("a\x0c", "FSM206", 2, "U+000C"),
        ("a\x7f", "FSM206", 2, "U+007F"),
        ("a\u202eb", "FSM206", 2, "U+202E"),
        ("a\u2066b", "FSM206", 2, "U+2066"),
        ("a\u200fb", "FSM206", 2, "U+200F"),
        ("a\u200bb", "FSM206", 2, "U+200B"),
        ("\ufeffa", "FSM206", 1, "U+FEFF"),
        ("a\ud800", "FSM206", 2, "U+D800"),
    ],
)
def test_hostile_characters(text: str, code: str, column: int, said: str) -> None:
    _, (finding,) = parse_text(text)
    assert (finding.code, finding.span.column) == (code, column)
    assert said in finding.message + finding.hint
    (finding.message + finding.hint).encode()


def test_limits_are_exact() -> None:
    assert parse_text("a" * 2000)[1] == ()
    assert refused("a" * 2001)[:2] == ("FSM202", 2001)
    many = "f(" + ",".join(["a"] * 199)  # 2 + 397 tokens
    assert parse_text(many + ")")[1] == ()
    assert refused(many + ",a)")[0] == "FSM202"
    assert parse_text("(" * 40 + "a" + ")" * 40)[1] == ()
    assert refused("(" * 41 + "a" + ")" * 41)[:2] == ("FSM203", 41)


@pytest.mark.parametrize(
    "unit", ["(", "f(", "-", "not ", "a if b else ", "a implies ", "a ** ", "a + ", "1 if (", "-(", "a * (b + "]
)
def test_no_depth_of_nesting_breaks_the_parser(unit: str) -> None:
    for count in (39, 60, 130, 900):
        tree, findings = parse_text((unit * count + "a")[:4000])
        assert tree is not None or len(findings) == 1


def test_a_long_sum_is_as_deep_as_its_terms() -> None:
    assert parse_text(" + ".join(["a"] * 40))[1] == ()
    assert refused(" + ".join(["a"] * 41))[0] == "FSM203"


def test_is_name() -> None:
    assert all(map(is_name, ("a", "_a", "P_t", "C1")))
    assert not any(map(is_name, ("", "1a", "a b", "and", "in", "True", "__a", "a.b", "\u0430")))
