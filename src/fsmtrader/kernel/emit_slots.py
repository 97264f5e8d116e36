"""Working quotes in a scout: at each look, whether a look of the machine's would do anything (`runtime_slots`)."""

from __future__ import annotations

from collections.abc import Sequence

from fsmtrader.kernel.scope import Scope
from fsmtrader.program.emit import Emitter
from fsmtrader.program.ir import Quote, Value

ORDERED = "ordered"
"""a kept scalar: the event that the core has in hand is an order's or an action's own, so that slots without `every`
are not placed before the next event. That one is looked at together with it: what it would place is the machine's."""


def slot_texts(scope: Scope, emitter: Emitter) -> list[str]:
    """For each slot, whether the machine has to look at it."""
    return [_text(scope, emitter, k, quote) for k, quote in enumerate(scope.program.quotes)]


def clock_lines(scope: Scope, emitter: Emitter, due: Sequence[str]) -> list[str]:
    """Lines for slots of which nothing came: those whose time has come look again after `every` (`Quotes._set_clock`).
    `due` says when something is due next."""
    lines: list[str] = []
    for k, quote in enumerate(scope.program.quotes):
        if quote.every is not None:
            every = emitter.named(quote.every.tree)
            length = f"now + max({every}, 0.001) * 1000000 if {every} == {every} else inf"
            lines += [f"if slot_{k}[NEXT_US] <= now:", f"    slot_{k}[NEXT_US], is_set = {length}, True"]
            lines += [f"    slot_{k}[TIMES_RUNG], slot_{k}[RUNG_US] = slot_{k}[TIMES_RUNG] + 1.0, now"]
    return ["is_set = False", *lines, "if is_set:", *(f"    {line}" for line in due)] if lines else []


def _most(text: str) -> str:
    """A whole number of orders; one where it is not ready."""
    return text if text == "1.0" else f"float(int({text})) if ({text}) == ({text}) else 1.0"


def _text(scope: Scope, emitter: Emitter, k: int, quote: Quote) -> str:
    leg = next(i for i, entry in enumerate(scope.program.legs) if entry.name == quote.leg)

    def number(value: Value | None, default: str) -> str:
        return default if value is None else emitter.number(value.tree)

    def truth(value: Value | None, default: str = "False") -> str:
        return default if value is None else emitter.truth(value.tree)

    given = (
        truth(quote.when, "True"), number(quote.side, "nan"), number(quote.price, "nan"),
        number(quote.quantity, "nan"), truth(quote.post_only), truth(quote.reduce_only), truth(quote.keep),
        number(quote.ttl, "inf"), number(quote.beyond, "inf"), _most(number(quote.most, "1.0")),
        str(quote.every is not None), str(quote.beyond is not None), f"{ORDERED} and heard == 0", "now",
        scope.slot(scope.program.legs[leg].quantity),
        f"price_{scope.layout.market_of_leg[leg]}",
    )  # fmt: skip
    return f"would_act(slot_{k}, {', '.join(given)})"
