"""Units of numbers: powers of quote currency, base currency and seconds; and instants, which are no quantities."""

from __future__ import annotations

from typing import NamedTuple


class Unit(NamedTuple):
    """Exponents. A price is quote per base, a ratio has none of the three."""

    quote: int = 0
    base: int = 0
    seconds: int = 0

    def times(self, other: Unit) -> Unit:
        return Unit(self.quote + other.quote, self.base + other.base, self.seconds + other.seconds)

    def over(self, other: Unit) -> Unit:
        return Unit(self.quote - other.quote, self.base - other.base, self.seconds - other.seconds)

    def __str__(self) -> str:
        return NAMES.get(self) or _spelled(self)


RATIO = Unit()
PRICE = Unit(quote=1, base=-1)
QUOTE = Unit(quote=1)
BASE = Unit(base=1)
SECONDS = Unit(seconds=1)
PER_TIME = Unit(seconds=-1)

NAMES: dict[Unit, str] = {
    RATIO: "ratio",
    PRICE: "price",
    QUOTE: "quote",
    BASE: "base",
    SECONDS: "seconds",
    PER_TIME: "per_time",
}

WRITTEN: dict[str, tuple[Unit | None, float]] = {
    "ratio": (RATIO, 1.0),
    "percent": (RATIO, 0.01),
    "bp": (RATIO, 0.0001),
    "price": (PRICE, 1.0),
    "quote": (QUOTE, 1.0),
    "base": (BASE, 1.0),
    "seconds": (SECONDS, 1.0),
    "minutes": (SECONDS, 60.0),
    "hours": (SECONDS, 3600.0),
    "days": (SECONDS, 86400.0),
    "per_time": (PER_TIME, 1.0),
    "count": (None, 1.0),
    "ticks": (None, 1.0),
}
"""What `unit:` accepts: the unit (None: a bare count) and how much one written unit is in it."""


SPOKEN: dict[Unit, str] = {
    RATIO: "a ratio",
    PRICE: "a price",
    QUOTE: "an amount of quote",
    BASE: "a quantity of base",
    SECONDS: "a duration",
    PER_TIME: "a rate per second",
}


def spoken(unit: Unit) -> str:
    """A value of this unit, in a sentence."""
    return SPOKEN.get(unit) or f"a value in {unit}"


def _spelled(unit: Unit) -> str:
    """A unit without a name of its own, e.g. `price**2` as `quote**2/base**2`."""
    above = [_power(name, n) for name, n in zip(unit._fields, unit, strict=True) if n > 0]
    below = [_power(name, -n) for name, n in zip(unit._fields, unit, strict=True) if n < 0]
    text = "*".join(above) or "1"
    return text + ("/" + "/".join(below) if below else "")


def _power(name: str, exponent: int) -> str:
    return name if exponent == 1 else f"{name}**{exponent}"
