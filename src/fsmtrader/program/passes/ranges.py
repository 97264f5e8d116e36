"""Pass: values that nothing can have, wherever they stand: durations of zero, negative prices, quantities, limits.

Each place with a range becomes an `ir.Range`. What is known when the spec is compiled (literals, and parameters at
their values) is judged here; what hangs on parameters goes into the Program, so that a run judges its own values at the
start. What hangs on the market is left to the engine.
"""

from __future__ import annotations

from collections.abc import Iterator

from fsmtrader.program import ir
from fsmtrader.program.declare import everything
from fsmtrader.program.draft import Draft
from fsmtrader.program.ir import Bounds
from fsmtrader.program.parameters import parameter_values
from fsmtrader.program.ranges import broken, shown
from fsmtrader.program.typed import Read

_ARGUMENTS = {
    ("emergency_close", "steps"): Bounds.COUNT,
    ("emergency_close", "every"): Bounds.NOT_NEGATIVE,
    ("reduce_only_ioc", "quantity"): Bounds.NOT_NEGATIVE,
    ("reduce_only_ioc", "price"): Bounds.POSITIVE,
}
_LIMITS = {
    "position": Bounds.NOT_NEGATIVE,
    "notional": Bounds.NOT_NEGATIVE,
    "loss": Bounds.NOT_NEGATIVE,
    "max_slippage": Bounds.SHARE,
    "max_age": Bounds.POSITIVE,
    "rate": Bounds.POSITIVE,
}
_HOW = {
    "patience": Bounds.POSITIVE,
    "band": Bounds.NOT_NEGATIVE,
    "tries": Bounds.COUNT,
    "slice": Bounds.POSITIVE,
}


def run(draft: Draft) -> None:
    x = parameter_values(draft.parameters, len(draft.slots), {})
    for entry in dict.fromkeys(_ranges(draft)):
        why = broken(entry, x, draft.observables)
        if why is not None:
            draft.findings.error(
                "FSM412",
                entry.value.span,
                f"{entry.what} is {shown(entry, why)}",
                expected=f"{entry.what} {entry.bounds.value}",
                hint=_hint(draft, entry),
            )
        if _parameters_of(draft, entry):
            draft.ranges.append(entry)


def _parameters_of(draft: Draft, entry: ir.Range) -> list[str]:
    own = {p.slot: p.name for p in draft.parameters}
    found = [own[n.slot] for n in everything(draft, entry.value.tree) if isinstance(n, Read) and n.slot in own]
    return list(dict.fromkeys(found))


def _hint(draft: Draft, entry: ir.Range) -> str:
    parameters = _parameters_of(draft, entry)
    if parameters:
        return f"change {' or '.join(parameters)} so that it is {entry.bounds.value}"
    return f"write a value {entry.bounds.value}, or leave the entry out"


def _ranges(draft: Draft) -> Iterator[ir.Range]:
    """Every place whose value has a range, in the order of the language's parts."""
    yield from _of_legs(draft)
    for source in draft.sources:
        if source.interval is not None:
            yield ir.Range(source.interval, "the interval of every()", Bounds.POSITIVE)
    for afters in draft.afters.values():
        for after in afters:
            yield ir.Range(after.delay, "the time of `after`", Bounds.POSITIVE)
    for action in draft.actions:
        yield from _of_action(draft, action)
    for quote in draft.quotes:
        yield from _of_quote(quote)
    for alert in draft.alerts:
        if alert.repeat is not None:
            yield ir.Range(alert.repeat, f"`repeat` of {alert.name}", Bounds.POSITIVE)
    for lots in draft.lots:
        if lots.book_partial_after is not None:
            yield ir.Range(lots.book_partial_after, f"`book_partial_after` of {lots.name}", Bounds.POSITIVE)
    for limit in draft.limits:
        if limit.value is not None and limit.kind in _LIMITS:
            of = f" of {limit.subject}" if limit.subject else ""
            yield ir.Range(limit.value, f"`{limit.kind}`{of}", _LIMITS[limit.kind])


def _of_legs(draft: Draft) -> Iterator[ir.Range]:
    for leg in draft.legs:
        if leg.initial is not None and leg.side is not None:
            yield ir.Range(leg.initial, f"`initial` of the {leg.side.value} leg {leg.name}", Bounds.NOT_NEGATIVE)
        for name, value in leg.how:
            if name in _HOW and isinstance(value, ir.Value):
                yield ir.Range(value, f"`{name}` of {leg.name}", _HOW[name])


def _of_action(draft: Draft, action: ir.Action) -> Iterator[ir.Range]:
    if action.within is not None:
        yield ir.Range(action.within, "`within`", Bounds.POSITIVE)
    for phase in action.phases:
        for step in phase.steps:
            if isinstance(step, ir.Primitive):
                for name, value in step.values:
                    if (step.name, name) in _ARGUMENTS:
                        yield ir.Range(value, f"`{name}` of {step.name}", _ARGUMENTS[step.name, name])
            for entry in step.entries if isinstance(step, ir.Assign) else ():
                leg = draft.legs[entry.leg] if isinstance(entry, ir.Target) else None
                if leg is not None and leg.side is not None:
                    what = f"the target of the {leg.side.value} leg {leg.name}"
                    yield ir.Range(entry.value, what, Bounds.NOT_NEGATIVE)


def _of_quote(quote: ir.Quote) -> Iterator[ir.Range]:
    for name, value, bounds in (
        ("price", quote.price, Bounds.POSITIVE),
        ("quantity", quote.quantity, Bounds.NOT_NEGATIVE),
        ("ttl", quote.ttl, Bounds.POSITIVE),
        ("every", quote.every, Bounds.POSITIVE),
        ("beyond", quote.beyond, Bounds.NOT_NEGATIVE),
        ("most", quote.most, Bounds.SLOT),
    ):
        if value is not None:
            yield ir.Range(value, f"`{name}` of {quote.name.rpartition('.')[2]}", bounds)
