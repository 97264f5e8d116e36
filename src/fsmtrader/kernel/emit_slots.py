"""Working quotes in a scout: at each look, whether a look of the machine's would do anything (`runtime_slots`)."""

from __future__ import annotations

from fsmtrader.kernel.scope import Scope
from fsmtrader.program.emit import Emitter
from fsmtrader.program.ir import Program, Quote, Value
from fsmtrader.program.typed import Typed

ORDERED = "ordered"
"""a kept scalar: the event that the core has in hand is an order's or an action's own, so that slots without `every`
are not placed before the next event. That one is looked at together with it: what it would place is the machine's."""


def slot_texts(scope: Scope, emitter: Emitter) -> list[str]:
    """For each slot, whether the machine has to look at it."""
    return [_text(scope, emitter, k, quote) for k, quote in enumerate(scope.program.quotes)]


def trees_of_quotes(program: Program) -> list[Typed]:
    """Everything that slots ask."""
    values = [value for quote in program.quotes for value in _values(quote)]
    return [value.tree for value in values if value is not None]


def _values(quote: Quote) -> tuple[Value | None, ...]:
    return (
        quote.side, quote.price, quote.quantity, quote.when, quote.post_only, quote.reduce_only, quote.ttl, quote.every,
        quote.beyond, quote.keep, quote.most,
    )  # fmt: skip


def _text(scope: Scope, emitter: Emitter, k: int, quote: Quote) -> str:
    leg = next(i for i, entry in enumerate(scope.program.legs) if entry.name == quote.leg)

    def number(value: Value | None, default: str) -> str:
        return default if value is None else emitter.number(value.tree)

    def truth(value: Value | None, default: str = "False") -> str:
        return default if value is None else emitter.truth(value.tree)

    given = (
        truth(quote.when, "True"), number(quote.side, "nan"), number(quote.price, "nan"),
        number(quote.quantity, "nan"), truth(quote.post_only), truth(quote.reduce_only), truth(quote.keep),
        number(quote.ttl, "inf"), number(quote.beyond, "inf"), str(quote.every is not None),
        str(quote.beyond is not None), f"{ORDERED} and heard == 0", "now", scope.slot(scope.program.legs[leg].quantity),
        f"price_{scope.layout.market_of_leg[leg]}",
    )  # fmt: skip
    return f"would_act(slot_{k}, {', '.join(given)})"
