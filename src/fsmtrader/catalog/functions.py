"""Pure functions of an expression: what they take, and what they give."""

from __future__ import annotations

from fsmtrader.catalog.declaration import Declaration, Gives, Parameter, Role, Takes
from fsmtrader.domain.units import RATIO


def _same(name: str, doc: str, *parameters: str, variadic: bool = False, example: str) -> Declaration:
    """A function whose result has the unit of its arguments, which must agree."""
    return Declaration(
        name,
        Role.FUNCTION,
        doc,
        tuple(Parameter(p, Takes.NUMBER) for p in parameters),
        gives=Gives.SAME,
        variadic=variadic,
        examples=(example,),
    )


def _plain(name: str, doc: str, example: str) -> Declaration:
    """A function of a pure number."""
    return Declaration(
        name, Role.FUNCTION, doc, (Parameter("x", Takes.NUMBER, RATIO),), unit=RATIO, examples=(example,)
    )


FUNCTIONS: tuple[Declaration, ...] = (
    _same("abs", "The size of a number without its sign.", "x", example="abs(P_t - P_ref)"),
    _same("min", "The least of two or more.", "a", "b", variadic=True, example="min(qL, qS)"),
    _same("max", "The greatest of two or more.", "a", "b", variadic=True, example="max(qL - 1, 0)"),
    _same("clamp", "The first, held between the second and the third.", "x", "low", "high", example="clamp(x, -1, 1)"),
    _same("floor", "The greatest whole number that is not above x.", "x", example="floor(2.5)"),
    _same("ceil", "The least whole number that is not below x.", "x", example="ceil(2.5)"),
    Declaration(
        "sign",
        Role.FUNCTION,
        "1 above zero, -1 below, 0 at zero.",
        (Parameter("x", Takes.NUMBER),),
        unit=RATIO,
        examples=("sign(qX)",),
    ),
    _plain("sqrt", "The square root; of a negative number it is not ready.", "sqrt(0.5)"),
    _plain("log", "The natural logarithm; of zero or less it is not ready.", "log(2)"),
    _plain("exp", "The exponential function; not ready where it overflows.", "exp(1)"),
    Declaration(
        "opposite",
        Role.FUNCTION,
        "The other side: sell for buy, buy for sell.",
        (Parameter("side", Takes.SIDE),),
        gives=Gives.SIDE,
        examples=("opposite(buy)",),
    ),
    Declaration(
        "ready",
        Role.FUNCTION,
        "Whether its operand has a value (an indicator warmed up, a book with that side, a truth that is known).",
        (Parameter("x", Takes.ANY),),
        gives=Gives.TRUTH,
        examples=("ready(effective_volatility)",),
    ),
    Declaration(
        "at_least",
        Role.FUNCTION,
        "True when at least n of the conditions hold, false when that has become impossible, else not known.",
        (Parameter("n", Takes.NUMBER, RATIO), Parameter("condition", Takes.TRUTH)),
        gives=Gives.TRUTH,
        variadic=True,
        examples=("at_least(2, C1, C2, C3)",),
    ),
)
