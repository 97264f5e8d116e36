"""Pieces of Python text, and comparisons as such: what the emitter puts together.

Only what numba compiles too is written: scalars, `math` functions, conditional expressions, formulas of the numeric
heart.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fsmtrader.numeric import compare
from fsmtrader.program.evaluate import EXP_LIMIT, WHOLE_LIMIT
from fsmtrader.spec.expression.tree import Operator

CHOICE, OR, AND, NOT, COMPARE, SUM, PRODUCT, UNARY, ATOM = range(9)
"""How tightly a piece of text holds together, loosest first."""

NEGATED = {
    Operator.LESS: Operator.GREATER_EQUAL,
    Operator.LESS_EQUAL: Operator.GREATER,
    Operator.GREATER: Operator.LESS_EQUAL,
    Operator.GREATER_EQUAL: Operator.LESS,
    Operator.EQUAL: Operator.NOT_EQUAL,
    Operator.NOT_EQUAL: Operator.EQUAL,
}
MIRRORED = {
    Operator.LESS: Operator.GREATER,
    Operator.LESS_EQUAL: Operator.GREATER_EQUAL,
    Operator.GREATER: Operator.LESS,
    Operator.GREATER_EQUAL: Operator.LESS_EQUAL,
    Operator.EQUAL: Operator.EQUAL,
    Operator.NOT_EQUAL: Operator.NOT_EQUAL,
}

PLAIN = {
    "floor": f"float(floor({{v}})) if {-WHOLE_LIMIT} < {{v}} < {WHOLE_LIMIT} else {{v}}",
    "ceil": f"float(ceil({{v}})) if {-WHOLE_LIMIT} < {{v}} < {WHOLE_LIMIT} else {{v}}",
    "sign": "1.0 if {v} > 0.0 else -1.0 if {v} < 0.0 else 0.0 if {v} == 0.0 else nan",
    "sqrt": "sqrt({v}) if {v} >= 0.0 else nan",
    "log": "log({v}) if {v} > 0.0 else nan",
    "exp": f"exp({{v}}) if {{v}} <= {EXP_LIMIT} else nan",
}
"""What a function of one number becomes; the other functions of the catalog are put together from their operands."""
ROUNDING = frozenset({"floor", "ceil"})
"""Those of them that leave an infinity as it is."""


@dataclass(frozen=True, slots=True)
class Text:
    """An expression's text and what is known about its value.

    `raw`: an infinity in it means *not ready* and still has to become NaN (a sum may stay raw inside a longer sum,
    where an infinity ends as an infinity or NaN whatever comes after). `endless`: it may rightly be infinite.
    """

    text: str
    level: int = ATOM
    raw: bool = False
    endless: bool = False
    constant: float | None = None

    def at(self, level: int) -> str:
        """The text, in parentheses where it would fall apart next to an operator of that level."""
        return self.text if self.level >= level else f"({self.text})"


def literal(value: float) -> Text:
    """A constant as Python spells it; `nan` and `inf` are names of the module."""
    if math.isnan(value):
        return Text("nan")
    level = UNARY if math.copysign(1.0, value) < 0 else ATOM
    return Text(repr(value), level, endless=math.isinf(value), constant=value)


def joined(word: str, parts: Sequence[Text]) -> Text:
    """`a and b and c`, `a or b or c`; of nothing at all, `True` and `False`."""
    if not parts:
        return Text("True" if word == "and" else "False")
    if len(parts) == 1:
        return parts[0]
    level = AND if word == "and" else OR
    return Text(f" {word} ".join(part.at(level) for part in parts), level)


def known(*operands: Text) -> Text:
    """Whether none of the operands (names or literals) is NaN."""
    return joined("and", [Text(f"{o.text} == {o.text}", COMPARE) for o in operands if o.constant is None])


def extreme(word: str, a: Text, b: Text) -> Text:
    """The lesser or greater of two, the first of equals, NaN when either is."""
    test = f"{a.text} {'<=' if word == 'min' else '>='} {b.text}"
    unready = "" if a.constant is not None else f" or {a.text} != {a.text}"
    return Text(f"{a.text} if {test}{unready} else {b.text}", CHOICE, endless=a.endless or b.endless)


def equals(value: Text, want: bool) -> Text:
    return Text(f"{value.at(SUM)} == {'1.0' if want else '0.0'}", COMPARE)


def comparison(operator: Operator, a: Text, b: Text, exact: bool, name: Callable[[Text], Text]) -> Text:
    """Whether `a operator b` is true, false when either is NaN. The operands are names or literals.

    `name` gives a text a name. Written out, a comparison costs a third of a call of `fsmtrader.numeric.compare`.
    """
    if exact:
        return _exact(operator, a.text, b.text)
    if b.constant is not None and math.isfinite(b.constant):
        return _against_constant(operator, a.text, b.constant)
    if a.constant is not None and math.isfinite(a.constant):
        return _against_constant(MIRRORED[operator], b.text, a.constant)
    match operator:
        case Operator.GREATER_EQUAL:
            return _at_least(a, b, name)
        case Operator.LESS_EQUAL:
            return _at_least(b, a, name)
        case Operator.GREATER:
            return _above(a, b, name)
        case Operator.LESS:
            return _above(b, a, name)
        case Operator.EQUAL:
            return joined("and", [_at_least(a, b, name), _at_least(b, a, name)])
        case Operator.NOT_EQUAL:
            return joined("or", [_above(a, b, name), _above(b, a, name)])
    raise AssertionError(operator)


def _exact(operator: Operator, a: str, b: str) -> Text:
    if operator is Operator.NOT_EQUAL:  # `!=` would be true of NaN
        return Text(f"{a} < {b} or {a} > {b}", OR)
    return Text(f"{a} {operator.value} {b}", COMPARE)


def _at_least(a: Text, b: Text, name: Callable[[Text], Text]) -> Text:
    """Where b is above a, the greater of their sizes is b or -a; elsewhere the gap is no gap."""
    gap = name(Text(f"{b.text} - {a.text}", SUM)).text
    absolute = f"{gap} <= {compare.ABSOLUTE}"
    relative = f"{gap} <= {compare.RELATIVE} * {b.text} or {gap} <= {-compare.RELATIVE} * {a.text}"
    if a.endless or b.endless:
        return Text(f"{a.text} >= {b.text} or {absolute} or ({relative}) and {gap} < inf", OR)
    return Text(f"{absolute} or {relative}", OR)


def _above(a: Text, b: Text, name: Callable[[Text], Text]) -> Text:
    """Above, and by more than the tolerance."""
    gap = name(Text(f"{a.text} - {b.text}", SUM)).text
    absolute = f"{gap} > {compare.ABSOLUTE}"
    relative = f"{gap} > {compare.RELATIVE} * {a.text} and {gap} > {-compare.RELATIVE} * {b.text}"
    if a.endless or b.endless:
        return Text(f"{absolute} and ({relative} or {gap} == inf)", AND)
    return Text(f"{absolute} and {relative}", AND)


def _against_constant(operator: Operator, a: str, c: float) -> Text:
    """With a constant the tolerance is known beforehand: one exact test against the outermost double let in."""
    match operator:
        case Operator.GREATER_EQUAL | Operator.GREATER:
            return Text(f"{a} >= {_first(operator, c)!r}", COMPARE)
        case Operator.LESS_EQUAL | Operator.LESS:
            return Text(f"{a} <= {_last(operator, c)!r}", COMPARE)
        case Operator.EQUAL:
            low, high = _first(Operator.GREATER_EQUAL, c), _last(Operator.LESS_EQUAL, c)
            return Text(f"{low!r} <= {a} <= {high!r}", COMPARE)
        case _:
            low, high = _last(Operator.LESS, c), _first(Operator.GREATER, c)
            return Text(f"{a} <= {low!r} or {a} >= {high!r}", OR)


def _first(operator: Operator, c: float) -> float:
    """The least double that is at least (or above) `c`, tolerance included."""
    judge = compare.greater_equal if operator is Operator.GREATER_EQUAL else compare.greater
    return _edge(lambda a: judge(a, c), math.inf)


def _last(operator: Operator, c: float) -> float:
    """The greatest double that is at most (or below) `c`, tolerance included."""
    judge = compare.less_equal if operator is Operator.LESS_EQUAL else compare.less
    return _edge(lambda a: judge(a, c), -math.inf)


def _edge(holds: Callable[[float], bool], inside: float) -> float:
    """The last double for which `holds` on the way out from the infinity `inside`: halved 64 times at most.

    The judge is the numeric heart itself, so that no rounding of ours can come between.
    """
    good, bad = _place(inside), _place(-inside)
    while abs(good - bad) > 1:
        middle = (good + bad) // 2
        if holds(_double(middle)):
            good = middle
        else:
            bad = middle
    return _double(good)


def _place(value: float) -> int:
    """The place of a double in the order of all doubles, 0 for zero."""
    (bits,) = struct.unpack("<q", struct.pack("<d", value))
    return int(bits) if bits >= 0 else -int(bits & 0x7FFFFFFFFFFFFFFF)


def _double(place: int) -> float:
    (value,) = struct.unpack("<d", struct.pack("<q", abs(place)))
    return math.copysign(value, place)
