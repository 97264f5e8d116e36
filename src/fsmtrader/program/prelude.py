"""The documents' own vocabulary: what a spec does not define is taken from the shipped prelude, name by name."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from importlib import resources

from fsmtrader.catalog import callables
from fsmtrader.diagnostics import Findings, Span
from fsmtrader.program import declare
from fsmtrader.program.draft import Draft
from fsmtrader.program.symbols import ObservableSymbol, Symbol
from fsmtrader.spec.loader import load_document
from fsmtrader.spec.reader import read_spec
from fsmtrader.spec.source import Source
from fsmtrader.spec.spec import Dialect, Spec, Steps

FILE = "prelude.yml"
SHOWN_AS = f"<{FILE}>"


def text() -> str:
    """The prelude's own text."""
    return resources.files("fsmtrader.catalog").joinpath(FILE).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def read() -> Spec:
    """The prelude as written. It is part of the package: a finding in it is our fault."""
    data = text().encode()
    findings = Findings()
    document = load_document(Source(SHOWN_AS, data), findings)
    assert document is not None, findings.items
    spec = read_spec(document, Dialect.FSM_1, findings, callables())
    assert not findings.has_errors, findings.items
    return spec


class Prelude:
    """The vocabulary behind a draft's own names (`Vocabulary` of draft.py)."""

    def names(self, draft: Draft) -> frozenset[str]:
        return names(draft)

    def wrote(self, span: Span) -> bool:
        return span.file == SHOWN_AS

    def provide(self, draft: Draft, name: str) -> Symbol | None:
        return provide(draft, name)


def applies(draft: Draft) -> bool:
    """The vocabulary speaks of the legs L and S."""
    return {"L", "S"} <= {leg.name.text for leg in draft.spec.legs}


def names(draft: Draft) -> frozenset[str]:
    """Every name that the prelude could give to this spec."""
    if not applies(draft):
        return frozenset()
    prelude = draft.prelude
    return frozenset(
        word.text
        for group in (
            [p.name for p in prelude.parameters],
            [name for name, _ in prelude.observe],
            [v.name for v in prelude.variables],
        )
        for word in group
    )


def provide(draft: Draft, name: str) -> Symbol | None:
    """Enter one name of the prelude into the spec's names, or None when it has none of that name."""
    if not applies(draft):
        return None
    prelude = draft.prelude
    for parameter in prelude.parameters:
        if parameter.name.text == name:
            declare.parameter(draft, parameter)
            if draft.place is not None:
                draft.parameters[-1] = replace(draft.parameters[-1], span=draft.place)
                draft.read_for[name] = draft.place_name
    for variable in prelude.variables:
        if variable.name.text == name:
            declare.variable(draft, draft.top, variable, region=-1)
    for word, expression in prelude.observe:
        if word.text == name:
            draft.top.names[name] = ObservableSymbol(name, expression, draft.top, word.span)
    symbol = draft.top.names.get(name)
    if symbol is not None:
        symbol.used = True
    return symbol


def action(draft: Draft, name: str) -> Steps | None:
    if not applies(draft):
        return None
    return next((steps for word, steps in draft.prelude.actions if word.text == name), None)


def action_names(draft: Draft) -> tuple[str, ...]:
    return tuple(word.text for word, _ in draft.prelude.actions) if applies(draft) else ()
