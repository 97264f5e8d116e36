"""The parameters of a run: complete, within their bounds, and in keeping with every check of the spec."""

from __future__ import annotations

import math

from fsmtrader.diagnostics import UsageError
from fsmtrader.program.emit_module import Compiled, load
from fsmtrader.program.evaluate import unasked
from fsmtrader.program.ir import Parameter, Program
from fsmtrader.program.parameters import missing_values, parameter_values
from fsmtrader.program.ranges import broken, is_whole, shown

SAMPLES_LIMIT = 1_000_000
"""samples that one indicator may keep"""


def checked_parameters(program: Program, overrides: dict[int, float]) -> dict[int, float]:
    """Overrides as they are, if every parameter then has a value within its bounds and every check holds."""
    x = parameter_values(program.parameters, len(program.slots), overrides)
    missing = missing_values(program, x)
    if missing:
        sets = " ".join(f"--set {name}=…" for name in missing)
        rows = "; `for_each` makes a machine for each row, and a run takes the values of one" if program.family else ""
        raise UsageError(f"no value for {', '.join(missing)}{rows}: add {sets}")
    compiled = load(program, {}, unasked)
    for parameter in program.parameters:
        _check_bounds(parameter, compiled, x)
    for indicator in program.indicators:
        if indicator.window is not None and not compiled.number(indicator.window)(x) > 0:
            raise UsageError(f"the window of {indicator.text} is not above zero")
        for name, counted in (("n", indicator.count), ("ready", indicator.ready)):
            if counted is not None:
                _check_count(f"{name} of {indicator.text}", compiled.number(counted)(x))
    for entry in program.ranges:
        value = broken(entry, x, program.observables)
        if value is not None:
            text = entry.value.text
            raise UsageError(f"{entry.what}, {text}, is {shown(entry, value)}: it must be a value {entry.bounds.value}")
    for check in program.checks:
        if check.is_error and compiled.falsity(check.condition)(x):
            raise UsageError(f"the check `{check.condition.text}` does not hold" + _reason(check.because))
    return overrides


def _check_count(what: str, value: float) -> None:
    if not 1 <= value <= SAMPLES_LIMIT:
        raise UsageError(f"{what} is not between 1 and {SAMPLES_LIMIT:,}")
    if not is_whole(value):
        raise UsageError(f"{what} is {value:.12g}: it counts, and takes a whole number")


def _check_bounds(parameter: Parameter, compiled: Compiled, x: list[float]) -> None:
    value = x[parameter.slot]
    for kind, bound in parameter.bounds:
        limit = compiled.number(bound)(x)
        inside = {
            "min": value >= limit or math.isclose(value, limit),
            "max": value <= limit or math.isclose(value, limit),
            "above": value > limit,
            "below": value < limit,
        }[kind]
        if not inside:
            rule = {"min": "its min is", "max": "its max is"}.get(kind, f"it must be {kind}")
            raise UsageError(f"{parameter.name} is {value:g}, but {rule} {bound.text}")


def _reason(because: str) -> str:
    return f": {because}" if because else ""
