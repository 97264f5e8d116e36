"""The primitives of document 000: a pair of opposite legs that is rebalanced and wound down (R000-12 to R000-23)."""

from __future__ import annotations

from fsmtrader.catalog.declaration import Capability, Declaration, Parameter, Role, Takes
from fsmtrader.domain.units import BASE, PRICE, QUOTE, RATIO

_LONG = Parameter("long", Takes.LEG, doc="the leg that is long")
_SHORT = Parameter("short", Takes.LEG, doc="the leg that is short")
_PRICE = Parameter("price", Takes.NUMBER, PRICE, doc="at which all is counted")
_REFERENCE = Parameter(
    "reference", Takes.NUMBER, PRICE, doc="the long leg is the winning one above it, the short one elsewhere"
)
_PROFIT = Parameter("profit", Takes.NUMBER, QUOTE, doc="what was realised")
_ALPHA = Parameter("alpha", Takes.NUMBER, RATIO, doc="share of the profit that repairs the losing leg")
_BETA = Parameter("beta", Takes.NUMBER, RATIO, doc="share of the winning leg that is closed")
_BASIS = Parameter(
    "basis",
    Takes.WORD,
    required=False,
    doc="`notional` (when left out): what is closed is worth the share; `loss`: its loss is the share",
    words=("notional", "loss"),
)
_SIZE = Parameter(
    "size",
    Takes.NUMBER,
    BASE,
    required=False,
    doc="each leg at the start: both are filled up to twice that together; zero or left out: from the profit alone",
)
_MOVED = Parameter("reference", Takes.VARIABLE, PRICE, doc="the variable that holds the reference price")


def _step(
    name: str,
    doc: str,
    *parameters: Parameter,
    brings: tuple[Parameter, ...] = (),
    trades: bool = True,
    source: str,
    example: str,
) -> Declaration:
    requires = (Capability.HEDGE_MODE,) if trades else ()
    return Declaration(
        name,
        Role.PRIMITIVE,
        doc,
        parameters,
        trades=trades,
        requires=requires,
        brings=brings,
        source=source,
        examples=(example,),
    )


HEDGING: tuple[Declaration, ...] = (
    _step(
        "rebalance",
        "Realise a share of the winning leg, spend a part of the profit on the losing leg, add the rest to both, and "
        "move the reference to the price. Without a profit on the winning leg nothing happens at all (C000-11, "
        "C000-12). It is the four steps below, in their order.",
        _LONG,
        _SHORT,
        _PRICE,
        _MOVED,
        _ALPHA,
        _BETA,
        _BASIS,
        _SIZE,
        brings=(_PROFIT,),
        source="R000-12 to R000-23",
        example="rebalance: {long: L, short: S, price: mark(L), reference: level, alpha: 0.5, beta: 0.25, size: 1}",
    ),
    _step(
        "realize_profit",
        "Close the share `beta` of the winning leg. Where it has won nothing it stays, and the profit is zero "
        "(C000-11).",
        _LONG,
        _SHORT,
        _PRICE,
        _REFERENCE,
        _BETA,
        brings=(_PROFIT,),
        source="R000-12, R000-13, R000-19",
        example="realize_profit: {long: L, short: S, price: mark(L), reference: level, beta: 0.25}",
    ),
    _step(
        "transfer_profit",
        "Close as much of the losing leg as the share `alpha` of the profit pays for, never more than there is "
        "(C000-09).",
        _LONG,
        _SHORT,
        _PRICE,
        _REFERENCE,
        _PROFIT,
        _ALPHA,
        _BASIS,
        source="R000-14, R000-15, R000-19",
        example="transfer_profit: {long: L, short: S, price: mark(L), reference: level, profit: 10, alpha: 0.5}",
    ),
    _step(
        "rebuild_positions",
        "Add the same quantity to both legs: what the rest of the profit buys, and with a `size` at least what brings "
        "them back to it (C000-08). Without a profit nothing is added.",
        _LONG,
        _SHORT,
        _PRICE,
        _PROFIT,
        _ALPHA,
        _SIZE,
        source="R000-16, R000-17",
        example="rebuild_positions: {long: L, short: S, price: mark(L), profit: 10, alpha: 0.5, size: 1}",
    ),
    _step(
        "update_reference_price",
        "Move the reference to the price, once the trades before it are filled; without a profit it stays (C000-12).",
        _MOVED,
        _PRICE,
        _PROFIT,
        trades=False,
        source="R000-11",
        example="update_reference_price: {reference: level, price: mark(L), profit: 10}",
    ),
    _step(
        "reduce_positions",
        "Close the share `eta` of each leg.",
        _LONG,
        _SHORT,
        Parameter("eta", Takes.NUMBER, RATIO, doc="share of each leg that is closed"),
        source="R000-36",
        example="reduce_positions: {long: L, short: S, eta: 0.3}",
    ),
)
