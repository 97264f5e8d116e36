"""What a declaration says: one value per name that a spec can use, from which checks, schema and reference are read."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from fsmtrader.domain.units import Unit


class Takes(enum.Enum):
    """What may stand in an argument's place."""

    NUMBER = "number"
    TRUTH = "truth"
    ANY = "any value"
    LEG = "leg"
    ACCOUNT = "account"
    SIDE = "buy or sell"
    SLOT = "slot"
    LOTS = "lots"
    INSTANT = "instant"
    EVENT = "event"
    CONSTANT = "constant number"
    DURATION = "constant duration"
    WORD = "word"
    VARIABLE = "variable"


class Gives(enum.Enum):
    """The kind of a result."""

    NUMBER = "number"
    TRUTH = "truth"
    SIDE = "buy or sell"
    INSTANT = "instant"
    SAME = "as its first argument"


class Role(enum.Enum):
    FUNCTION = "function"
    """pure arithmetic on its arguments"""
    OBSERVABLE = "observable"
    """asked of market, venue, ledger or clock"""
    INDICATOR = "indicator"
    """remembers what its input was"""
    PRIMITIVE = "primitive"
    """a step of an action"""


class Capability(enum.Enum):
    """What an account's venue must offer."""

    HEDGE_MODE = "hedge mode"
    POST_ONLY = "post-only"
    FOK = "fill-or-kill"
    REDUCE_ONLY = "reduce-only"
    POOL = "liquidity pool"
    BOOK = "order book"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument. `unit` None: any unit (for NUMBER); `default` None with `required` False: may be left out."""

    name: str
    takes: Takes
    unit: Unit | None = None
    required: bool = True
    keyword_only: bool = False
    doc: str = ""
    words: tuple[str, ...] = ()
    """for WORD: what it may be; empty: anything"""


@dataclass(frozen=True, slots=True)
class Declaration:
    """A name of the catalog.

    `unit` is the result's unit; None with Gives.NUMBER means a bare number, and with Gives.SAME that of the first
    argument. `examples` are YAML pieces that the tests run.
    """

    name: str
    role: Role
    doc: str
    parameters: tuple[Parameter, ...] = ()
    gives: Gives = Gives.NUMBER
    unit: Unit | None = None
    requires: tuple[Capability, ...] = ()
    trades: bool = False
    variadic: bool = False
    """the last parameter may be repeated"""
    brings: tuple[Parameter, ...] = ()
    """local names that a step leaves to the steps after it in its action"""
    source: str = ""
    """where the formula comes from (requirement ids)"""
    examples: tuple[str, ...] = ()
