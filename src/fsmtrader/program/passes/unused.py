"""Pass: parameters and variables that nothing reads (warnings)."""

from __future__ import annotations

import re

from fsmtrader.program.draft import Draft
from fsmtrader.program.symbols import ObservableSymbol, SlotSymbol
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
    _events(draft)
    _observed(draft, named_elsewhere)
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


def _events(draft: Draft) -> None:
    """A name of `events` that no row, alert, indicator or test waits for."""
    heard = {row.trigger for row in draft.rows} | {i.clock.event for i in draft.indicators}
    heard |= {alert.event for alert in draft.alerts} | {item.event for case in draft.tests for item in case.items}
    for entry in draft.spec.events:
        if entry.name.text not in heard:
            draft.findings.warn(
                "FSM309",
                entry.name.span,
                f"nothing waits for the event {entry.name.text}",
                expected="a row under `on` with this name",
                hint=f"write `on: {{{entry.name.text}: …}}` in a state, or delete it",
            )


def _observed(draft: Draft, named_elsewhere: set[str]) -> None:
    """An observable that no decision, test, report or metric reads; one inside a region counts once."""
    places = [(draft.top, draft.spec.observe)]
    places += [(region.scope, region.spec.observe) for region in draft.regions]
    for scope, entries in places:
        for word, _ in entries:
            symbol = scope.names.get(word.text)
            if isinstance(symbol, ObservableSymbol) and not symbol.used and word.text not in named_elsewhere:
                draft.findings.warn(
                    "FSM309",
                    word.span,
                    f"nothing reads the observable {word.text}",
                    expected="an expression that uses it",
                    hint=f"use {word.text}, or delete it",
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
