"""Pass: slots for working orders, and the starting quantities of legs."""

from __future__ import annotations

from dataclasses import replace

from fsmtrader.domain.units import BASE, PRICE, SECONDS
from fsmtrader.program import ir
from fsmtrader.program.draft import Draft
from fsmtrader.program.symbols import Scope
from fsmtrader.program.typer import Typer
from fsmtrader.spec import spec as written


def run(draft: Draft) -> None:
    typer = Typer(draft)
    for i, leg in enumerate(draft.spec.legs):
        if leg.initial is not None:
            value = typer.number(leg.initial, draft.top, BASE)
            draft.legs[i] = replace(draft.legs[i], initial=value)
    for quote, scope, region in draft.quote_specs:
        compiled = _quote(draft, typer, quote, scope, region)
        if compiled is not None:
            draft.quotes.append(compiled)


def _quote(draft: Draft, typer: Typer, quote: written.Quote, scope: Scope, region: str) -> ir.Quote | None:
    fields = {word.text: expression for word, expression in quote.fields}
    before = len(draft.findings.items)
    if not {"leg", "side", "price", "quantity"} <= set(fields):
        return None  # the structure's finding says what is missing
    leg_tree = fields["leg"].tree
    leg = typer.calls.leg(leg_tree, scope) if leg_tree is not None else None
    side = typer.word(fields["side"], scope, ("buy", "sell"))
    price = typer.number(fields["price"], scope, PRICE)
    quantity = typer.number(fields["quantity"], scope, BASE)
    truths = {
        n: typer.truth(fields[n], scope) if n in fields else None for n in ("when", "post_only", "reduce_only", "keep")
    }
    times = {n: typer.number(fields[n], scope, SECONDS) if n in fields else None for n in ("ttl", "every")}
    counts = {n: typer.number(fields[n], scope) if n in fields else None for n in ("beyond", "most")}
    if any(item.severity.value == "error" for item in draft.findings.items[before:]):
        return None
    if leg is None or side is None or price is None or quantity is None:
        return None
    index = next((r.index for r in draft.regions if r.name == region), -1)
    keys = draft.regions[index].keys if index >= 0 else ()
    base = draft.regions[index].base if index >= 0 else ""
    name = ".".join((*((base, *keys) if base else ()), quote.name.text))
    return ir.Quote(
        name,
        leg.name,
        side,
        price,
        quantity,
        truths["when"],
        truths["post_only"],
        truths["reduce_only"],
        times["ttl"],
        times["every"],
        counts["beyond"],
        truths["keep"],
        counts["most"],
        index,
    )
