"""Values that a test or a sweep gives to parameters: held to the bounds that the spec states for them."""

from __future__ import annotations

from collections.abc import Mapping

from fsmtrader.diagnostics import Span, closest
from fsmtrader.program import ir
from fsmtrader.program.draft import Draft
from fsmtrader.program.evaluate import evaluate, unasked
from fsmtrader.program.parameters import parameter_values
from fsmtrader.program.passes.checks import SAYS, SIGNS, outside
from fsmtrader.spec import spec as written
from fsmtrader.spec.expression import tree as syntax


def is_among(draft: Draft, parameter: ir.Parameter, expression: written.Expression, code: str) -> bool:
    """Whether a word given to a parameter is one of its `one_of`; a finding if not. Other values are not judged."""
    tree = expression.tree
    if not parameter.words or not isinstance(tree, syntax.Name) or tree.text in parameter.words:
        return True
    guess = closest(tree.text, parameter.words)
    draft.findings.error(
        code,
        expression.span,
        f"{parameter.name} is never {tree.text}",
        expected=f"one of {', '.join(parameter.words)}",
        hint=f"did you mean {guess}?" if guess else f"use one of {', '.join(parameter.words)}",
    )
    return False


def check_bounds(draft: Draft, given: Mapping[int, ir.Value], code: str, at: Span) -> None:
    """A finding for each bound that the values break: at the value, or `at` for what only follows from them."""
    plain = parameter_values(draft.parameters, len(draft.slots), {})
    overrides = {slot: evaluate(value.tree, plain, draft.observables, unasked) for slot, value in given.items()}
    x = parameter_values(draft.parameters, len(draft.slots), overrides)
    own_first = sorted(draft.parameters, key=lambda parameter: parameter.slot not in given)
    before = len(draft.findings.items)
    for parameter in own_first:
        if parameter.slot not in given and len(draft.findings.items) > before:
            return  # what follows from a wrong value says nothing new
        for kind, bound in parameter.bounds:
            value, limit = x[parameter.slot], evaluate(bound.tree, x, draft.observables, unasked)
            as_written = outside(kind, plain[parameter.slot], evaluate(bound.tree, plain, draft.observables, unasked))
            if not outside(kind, value, limit) or (as_written and parameter.slot not in given):
                continue
            own = given.get(parameter.slot)
            draft.findings.error(
                code,
                own.span if own is not None else at,
                f"{parameter.name} would be {value:.12g}, {SAYS[kind]} {limit:.12g}",
                expected=f"{parameter.name} {SIGNS[kind]} {bound.text}",
                hint=f"choose values with {parameter.name} {SIGNS[kind]} {bound.text}; no run takes others",
            )
