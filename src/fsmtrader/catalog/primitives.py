"""Steps that an action may name. Thresholds, prices, sizes and sides come to them as arguments from the spec."""

from __future__ import annotations

from fsmtrader.catalog.declaration import Capability, Declaration, Parameter, Role, Takes
from fsmtrader.domain.units import BASE, PRICE, QUOTE, SECONDS

_LEG = Parameter("leg", Takes.LEG)
_SIDE = Parameter("side", Takes.SIDE)


def _step(
    name: str,
    doc: str,
    *parameters: Parameter,
    trades: bool = True,
    needs: Capability | None = None,
    source: str = "",
    example: str,
) -> Declaration:
    return Declaration(
        name,
        Role.PRIMITIVE,
        doc,
        parameters,
        trades=trades,
        requires=(needs,) if needs else (),
        source=source,
        examples=(example,),
    )


PRIMITIVES: tuple[Declaration, ...] = (
    _step(
        "target",
        "Move a leg to a quantity, worked as `how` says.",
        _LEG,
        Parameter("to", Takes.NUMBER, BASE),
        Parameter("how", Takes.WORD, required=False),
        example="target: {leg: L, to: 1}",
    ),
    _step(
        "hedge_to_target",
        "Move a leg to a quantity at the market.",
        _LEG,
        Parameter("to", Takes.NUMBER, BASE),
        source="C004-05",
        example="hedge_to_target: {leg: L, to: 1}",
    ),
    _step("flatten", "Close a leg, reduce-only.", _LEG, needs=Capability.REDUCE_ONLY, example="flatten: {leg: L}"),
    _step("cancel_all", "Cancel every own order.", trades=False, example="cancel_all"),
    _step("cancel_side", "Cancel every own order of a side.", _SIDE, trades=False, example="cancel_side: buy"),
    _step(
        "reduce_only_ioc",
        "One reduce-only immediate-or-cancel order at a limit.",
        _LEG,
        _SIDE,
        Parameter("quantity", Takes.NUMBER, BASE),
        Parameter("price", Takes.NUMBER, PRICE),
        needs=Capability.REDUCE_ONLY,
        source="R001-11",
        example="reduce_only_ioc: {leg: L, side: sell, quantity: 1, price: 99}",
    ),
    _step(
        "emergency_close",
        "Close a leg in steps, reduce-only at the market.",
        _LEG,
        Parameter("steps", Takes.CONSTANT, required=False),
        Parameter("every", Takes.DURATION, SECONDS, required=False),
        needs=Capability.REDUCE_ONLY,
        source="R001-29",
        example="emergency_close: {leg: L, steps: 3, every: 1s}",
    ),
    _step(
        "lock_pair",
        "Fill the first leg, then as much of the second; both or neither.",
        Parameter("first", Takes.LEG),
        Parameter("second", Takes.LEG),
        Parameter("quantity", Takes.NUMBER, BASE),
        source="R003-11",
        example="lock_pair: {first: L, second: S, quantity: 1}",
    ),
    _step("unlock_leg", "Close one leg of a locked pair.", _LEG, source="R003-15", example="unlock_leg: {leg: L}"),
    _step(
        "rollback",
        "Bring both legs of a pair to a quantity (zero when left out), reduce-only.",
        Parameter("first", Takes.LEG),
        Parameter("second", Takes.LEG),
        Parameter("to", Takes.NUMBER, BASE, required=False),
        source="R003-13",
        example="rollback: {first: L, second: S}",
    ),
    _step(
        "add_liquidity",
        "Add a position to the pool, worth at most `amount`.",
        _LEG,
        Parameter("amount", Takes.NUMBER, QUOTE),
        Parameter("split", Takes.WORD, required=False),
        needs=Capability.POOL,
        source="R004-17",
        example="add_liquidity: {leg: P, amount: 1000}",
    ),
    _step(
        "remove_liquidity",
        "Take the position out of the pool.",
        _LEG,
        needs=Capability.POOL,
        source="R004-18",
        example="remove_liquidity: {leg: P}",
    ),
)

LANGUAGE_STEPS: tuple[str, ...] = ("let", "wait", "alert", "record")
"""Steps that are part of the language itself."""
