"""Number literals: what their digits and suffix are worth, exactly rounded, and the shortest text that gives a value.

`0.5%` is the double nearest to 0.005, which `0.5 / 100` in floating point need not be.
"""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction

FACTORS = {
    "": Fraction(1),
    "%": Fraction(1, 100),
    "bp": Fraction(1, 10_000),
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "m": Fraction(60),
    "h": Fraction(3600),
    "d": Fraction(86_400),
}
"""What a suffix multiplies by: ratios as they are, durations in seconds."""

_LARGEST_EXPONENT = 400
"""No double has a decimal exponent near it; keeps the exact arithmetic below small."""


def scaled(digits: str, suffix: str) -> float | None:
    """The double nearest to `digits` (a plain decimal, maybe with an exponent) times the suffix's factor.

    None when it is too large for a double, or not zero and too small for one.
    """
    mantissa, _, exponent = digits.lower().partition("e")
    number = Decimal(mantissa)
    if not number:
        return 0.0
    shift = exponent.lstrip("+-").lstrip("0")
    if len(shift) > len(str(_LARGEST_EXPONENT)) + 3:
        return None
    power = int(exponent or "0")
    if abs(number.adjusted() + power) > _LARGEST_EXPONENT:
        return None
    exact = Fraction(number) * Fraction(10) ** power * FACTORS[suffix]
    try:
        value = float(exact)
    except OverflowError:
        return None
    return value or None


def number_text(value: float, suffix: str) -> str:
    """The fewest digits that `scaled` turns back into `value`, with the suffix."""
    exact = Fraction(value) / FACTORS[suffix]
    for precision in range(1, 40):
        context = Context(prec=precision)
        rounded = context.divide(Decimal(exact.numerator), Decimal(exact.denominator))
        text = _plain(rounded)
        if scaled(text, suffix) == value:
            return text + suffix
    raise AssertionError(f"{value!r}{suffix} has no decimal text")


def _plain(number: Decimal) -> str:
    """`0.0005`, `14400`, `1e-12`: positional where that is readable."""
    number = number.normalize()
    if -8 <= number.adjusted() < 17:
        return format(number, "f")
    return str(number).replace("E", "e").replace("e+", "e")
