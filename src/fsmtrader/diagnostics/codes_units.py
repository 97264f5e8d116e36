"""Codes of the group `units`: kinds, units and ranges of values."""

from __future__ import annotations

from fsmtrader.diagnostics import Severity
from fsmtrader.diagnostics.codes import Code

_LEG = "fsm: 1\naccounts: {main: {exchange: binanceusdm}}\nlegs: {L: {symbol: BTC/USDT:USDT, side: long}}\n"


def _machine(guard: str) -> str:
    """The least machine: one guard, from one state to the end."""
    return (
        f"states:\n  ACTIVE: {{on: {{price_update: {{if: {guard}, transition_to: EXIT}}}}}}\n  EXIT: {{final: true}}\n"
    )


def _with(parameters: str, guard: str, more: str = "") -> str:
    return f"{_LEG}parameters: {{{parameters}}}\n{more}{_machine(guard)}"


_ANCHOR = "variables: {anchor: {initial: mark(L)}}\n"
_LAW = "mark(L) > (100 if law == fast else 200)"

CODES: tuple[Code, ...] = (
    Code(
        code="FSM401",
        severity=Severity.ERROR,
        title="wrong kind of value",
        what="A number stands where a condition belongs, an enumerator where a number belongs, or the like.",
        why="A number is no condition here: whether `qL` alone means `qL > 0` would be a guess.",
        bad=f"{_LEG}{_machine('qL')}",
        good=f"{_LEG}{_machine('qL > 0')}",
    ),
    Code(
        code="FSM402",
        severity=Severity.ERROR,
        title="units that do not go together",
        what="Two values of different units are added or compared, or a value does not have the unit its place needs.",
        why="A price is no quantity and a duration no ratio; such a sum or comparison means nothing, whatever numbers "
        "stand in it. A bare number takes the unit its place needs.",
        bad=f"{_LEG}{_machine('mark(L) > 30s')}",
        good=f"{_LEG}{_machine('mark(L) > 30')}",
    ),
    Code(
        code="FSM403",
        severity=Severity.ERROR,
        title="enumerators that never meet",
        what="Two enumerators are compared, or one is assigned, and the one can never be the other.",
        why="The comparison would be false for ever, and nobody would see it.",
        bad=f"{_LEG}{_machine('mode == buy')}",
        good=f"{_LEG}{_machine('mode == ACTIVE')}",
    ),
    Code(
        code="FSM404",
        severity=Severity.ERROR,
        title="a ratio against a difference",
        what="A ratio is compared with the difference of two prices or quantities.",
        why="A share of what? `abs(P_t - P_ref) >= 0.4%` compares dollars with a pure number and is true at nearly "
        "every tick.",
        bad=_with("band: 0.4%", '"abs(mark(L) - anchor) >= band"', _ANCHOR),
        good=_with("band: 0.4%", '"abs(mark(L) - anchor) >= band * anchor"', _ANCHOR),
    ),
    Code(
        code="FSM405",
        severity=Severity.ERROR,
        title="must be constant in a run",
        what="A parameter or its range, a window, a count or one of `checks` depends on something that changes while "
        "the strategy runs. (Of a check that would only warn, this is a warning.)",
        why="Parameters are settled before the first event. What changes is observed (`observe`) or remembered "
        "(`variables`).",
        bad=_with("limit: 2 * mark(L)", "mark(L) > limit"),
        good=_with("limit: {value: 100, unit: price}", "mark(L) > limit"),
    ),
    Code(
        code="FSM406",
        severity=Severity.ERROR,
        title="out of range",
        what="A parameter's value is outside the range that it declares, or an indicator's window, count, quantile or "
        "interval is one that no indicator can have, or a test moves time backwards or by more than ten years.",
        why="The range says for which values the strategy was meant.",
        bad=_with("limit: {value: 500, unit: price, max: 400}", "mark(L) > limit"),
        good=_with("limit: {value: 300, unit: price, max: 400}", "mark(L) > limit"),
    ),
    Code(
        code="FSM407",
        severity=Severity.ERROR,
        title="not one of the choices",
        what="A parameter with `one_of` has a value that is not in it.",
        why="The strategy asks for the choices that are listed; another word would be none of them.",
        bad=_with("law: {value: fats, one_of: [fast, slow]}", _LAW),
        good=_with("law: {value: fast, one_of: [fast, slow]}", _LAW),
    ),
    Code(
        code="FSM408",
        severity=Severity.ERROR,
        title="unknown unit",
        what="`unit:` names no unit.",
        why="Units are checked in every expression, so each must be one that is known.",
        bad=_with("limit: {value: 100, unit: prices}", "mark(L) > limit"),
        good=_with("limit: {value: 100, unit: price}", "mark(L) > limit"),
    ),
    Code(
        code="FSM409",
        severity=Severity.WARNING,
        title="no value yet",
        what="A parameter has no value: it is `required`, or works out to none.",
        why="The spec is right as it stands, but a run will ask for the value.",
        bad=_with("limit: {value: required, unit: price}", "mark(L) > limit"),
        good=_with("limit: {value: 100, unit: price}", "mark(L) > limit"),
    ),
    Code(
        code="FSM410",
        severity=Severity.ERROR,
        title="a check does not hold",
        what="A condition under `checks: error:` is false for the parameters' values.",
        why="The author of the spec says that it must not run with such values.",
        bad=_with("low: 200, high: 100", "low < mark(L) < high", "checks: [{error: low < high}]\n"),
        good=_with("low: 100, high: 200", "low < mark(L) < high", "checks: [{error: low < high}]\n"),
    ),
    Code(
        code="FSM411",
        severity=Severity.WARNING,
        title="a check warns",
        what="A condition under `checks: warn:` is false for the parameters' values.",
        why="The author of the spec advises against such values; it runs all the same.",
        bad=_with("k: 12", "mark(L) > k", "checks: [{warn: 6 <= k <= 10}]\n"),
        good=_with("k: 8", "mark(L) > k", "checks: [{warn: 6 <= k <= 10}]\n"),
    ),
    Code(
        code="FSM412",
        severity=Severity.ERROR,
        title="a value that nothing can have",
        what="A duration is zero or negative, or a price, a quantity, a count or a limit is one that there can't be. "
        "Parameters count with their values, when the spec is compiled and when a run starts.",
        why="Such a timer would fire without end, such an order would be refused: the spec can't mean what it says.",
        bad=f"{_LEG}alerts: {{high: {{if: mark(L) > 100, repeat: 0s}}}}\n{_machine('mark(L) > 200')}",
        good=f"{_LEG}alerts: {{high: {{if: mark(L) > 100, repeat: 1h}}}}\n{_machine('mark(L) > 200')}",
    ),
    Code(
        code="FSM413",
        severity=Severity.ERROR,
        title="makes no sense as written",
        what="A part of constants never has a value (a division by zero, a root of a negative number), or the constants "
        "of a call contradict each other: `clamp` with its bounds the wrong way round, `at_least` of more conditions "
        "than it is given.",
        why="What never has a value makes every condition with it never true, and no market would ever show it.",
        bad=_LEG + _machine("'clamp(mark(L), 200, 100) > 150'"),
        good=_LEG + _machine("'clamp(mark(L), 100, 200) > 150'"),
    ),
    Code(
        code="FSM414",
        severity=Severity.ERROR,
        title="a range that holds nothing",
        what="A parameter's lower limit (`min`, `above`) is not below its upper one (`max`, `below`).",
        why="No value could be given to it, so that the strategy could never run.",
        bad=_with("limit: {value: 300, unit: price, min: 400, max: 200}", "mark(L) > limit"),
        good=_with("limit: {value: 300, unit: price, min: 200, max: 400}", "mark(L) > limit"),
    ),
)
