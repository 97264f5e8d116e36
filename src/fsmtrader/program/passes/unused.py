"""Pass: parameters and variables that nothing reads (warnings)."""

from __future__ import annotations

import re

from fsmtrader.program.draft import Draft
from fsmtrader.program.symbols import SlotSymbol
from fsmtrader.spec.document import Mapping, Scalar, Sequence


def run(draft: Draft) -> None:
    if draft.findings.has_errors or not draft.regions:
        return
    named_elsewhere = {
        text for setting in (*draft.spec.stop, *draft.spec.run, *draft.spec.risk) for text in _words(setting.value)
    }
    named_elsewhere |= {text for a in draft.spec.accounts for s in a.settings for text in _words(s.value)}
    named_elsewhere |= {text for leg in draft.spec.legs for s in (*leg.how, *leg.settings) for text in _words(s.value)}
    if draft.for_each is not None and draft.for_each.condition is not None:
        named_elsewhere |= set(draft.for_each.condition.text.split())
    for parameter in draft.spec.parameters:
        symbol = draft.top.names.get(parameter.name.text)
        if isinstance(symbol, SlotSymbol) and not symbol.used and parameter.name.text not in named_elsewhere:
            draft.findings.warn(
                "FSM309",
                parameter.name.span,
                f"nothing reads the parameter {parameter.name.text}",
                expected="an expression that uses it",
                hint=f"use {parameter.name.text}, or delete it",
            )
    for variable in draft.spec.variables:
        symbol = draft.top.names.get(variable.name.text)
        if isinstance(symbol, SlotSymbol) and not symbol.used:
            draft.findings.warn(
                "FSM309",
                variable.name.span,
                f"nothing reads the variable {variable.name.text}",
                expected="an expression that uses it",
                hint=f"use {variable.name.text}, or delete it",
            )


def _words(node: object) -> set[str]:
    """Every word in the scalars of a node."""
    if isinstance(node, Scalar):
        return set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", node.text))
    if isinstance(node, Mapping):
        return {word for entry in node for word in _words(entry.value)}
    if isinstance(node, Sequence):
        return {word for item in node for word in _words(item)}
    return set()
