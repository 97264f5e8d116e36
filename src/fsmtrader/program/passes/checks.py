"""Pass: values of parameters are worked out; ranges and `checks:` are tested with them."""

from __future__ import annotations

import math

from fsmtrader.domain.units import SECONDS
from fsmtrader.program import ir
from fsmtrader.program.draft import Draft
from fsmtrader.program.evaluate import evaluate, unasked
from fsmtrader.program.parameters import parameter_values
from fsmtrader.program.typed import Kind


def run(draft: Draft) -> None:
    """Also when other things are wrong: a value that could not be typed is not ready, and so breaks nothing."""
    sound = not draft.findings.has_errors
    x = parameter_values(draft.parameters, len(draft.slots), {})
    for parameter in draft.parameters:
        _range(draft, parameter, x)
        if sound and draft.regions and parameter.default is None and parameter.name not in draft.row_fields:
            kind = draft.slots[parameter.slot].type.kind
            if math.isnan(x[parameter.slot]) and kind is not Kind.TRUTH:
                draft.findings.warn(
                    "FSM409",
                    parameter.span,
                    _without_value(draft, parameter.name),
                    expected="a value at the start of a run",
                    hint=f"give one: `--set {parameter.name}=…`",
                )
    for indicator in draft.indicators:
        _indicator(draft, indicator, x)
    for check in draft.checks:
        held = evaluate(check.condition.tree, x, draft.observables, unasked)
        if held != 0.0:
            continue
        message = f"the check `{check.condition.text}` does not hold"
        message += f": {check.because}" if check.because else ""
        expected = f"{check.condition.text}"
        hint = "change one of the parameters in it"
        if check.is_error:
            draft.findings.error("FSM410", check.condition.span, message, expected=expected, hint=hint)
        else:
            draft.findings.warn("FSM411", check.condition.span, message, expected=expected, hint=hint)


def _without_value(draft: Draft, name: str) -> str:
    """A parameter of the prelude is shown where the spec first needs it, which may be under another name."""
    through = draft.read_for.get(name, name)
    return f"{name} has no value" + (f", and {through} is worked out from it" if through != name else "")


def _indicator(draft: Draft, indicator: ir.Indicator, x: list[float]) -> None:
    """Windows and counts that no indicator can have, as far as the values are known."""
    for name, value, expected in (
        ("window", indicator.window, "above zero"),
        ("n", indicator.count, "a whole number, 1 or more"),
        ("ready", indicator.ready, "a whole number, 1 or more"),
        ("q", indicator.quantile, "between 0 and 1"),
    ):
        if value is None:
            continue
        found = evaluate(value.tree, x, draft.observables, unasked)
        if math.isnan(found):
            continue
        if name == "window":
            good = found > 0
        elif name == "q":
            good = 0 <= found <= 1
        else:
            good = found >= 1 and abs(found - round(found)) <= 1e-9
        if not good:
            draft.findings.error(
                "FSM406",
                value.span,
                f"{name} of {indicator.function} is {_said(value, found)}",
                expected=f"{name} {expected}",
                hint=f"choose a value for {name} that is {expected}",
            )


def _said(value: ir.Value, found: float) -> str:
    """As the author wrote it; what is no literal with its value, too."""
    if value.text.lstrip("-")[:1].isdigit():
        return value.text
    return f"{value.text}, which is {found:.12g}{' s' if value.tree.type.unit == SECONDS else ''}"


def _range(draft: Draft, parameter: ir.Parameter, x: list[float]) -> None:
    if _is_empty(draft, parameter, x):
        return
    value = x[parameter.slot]
    for kind, bound in parameter.bounds:
        limit = evaluate(bound.tree, x, draft.observables, unasked)
        if outside(kind, value, limit):
            span = parameter.default.span if parameter.default is not None else parameter.span
            draft.findings.error(
                "FSM406",
                span,
                f"{parameter.name} is {value:.12g}, {SAYS[kind]} {limit:.12g}",
                expected=f"{parameter.name} {SIGNS[kind]} {bound.text}",
                hint=f"choose a value with {parameter.name} {SIGNS[kind]} {bound.text}",
            )


def _is_empty(draft: Draft, parameter: ir.Parameter, x: list[float]) -> bool:
    """Whether no value at all is in the range that a parameter declares; a finding says which two limits clash."""
    limits = [(kind, bound, evaluate(bound.tree, x, draft.observables, unasked)) for kind, bound in parameter.bounds]
    for low, bound, least in limits:
        for high, other, most in limits:
            if low not in ("min", "above") or high not in ("max", "below"):
                continue
            if outside("max" if (low, high) == ("min", "max") else "below", least, most):
                draft.findings.error(
                    "FSM414",
                    other.span,
                    f"no value of {parameter.name} has {low}: {bound.text} and {high}: {other.text}",
                    expected=f"`{high}` larger than `{low}`",
                    hint="put the two the other way round, or leave one of them out",
                    related=((bound.span, "the lower limit"),),
                )
                return True
    return False


SAYS = {"min": "below its least,", "max": "above its most,", "above": "not above", "below": "not below"}
SIGNS = {"min": ">=", "max": "<=", "above": ">", "below": "<"}


def outside(kind: str, value: float, limit: float) -> bool:
    """Whether a value breaks a bound, with the language's tolerance; a missing value breaks none."""
    tolerance = max(1e-9 * max(abs(value), abs(limit)), 1e-12)
    match kind:
        case "min":
            return value < limit - tolerance
        case "max":
            return value > limit + tolerance
        case "above":
            return value <= limit + tolerance
        case _:
            return value >= limit - tolerance
