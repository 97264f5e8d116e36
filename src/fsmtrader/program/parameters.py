"""Values of parameters: defaults, overrides, and what depends on them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from fsmtrader.diagnostics import UsageError, closest
from fsmtrader.domain.units import RATIO, SECONDS, spoken
from fsmtrader.program.evaluate import evaluate, unasked
from fsmtrader.program.ir import Parameter, Program
from fsmtrader.program.typed import Kind, Read, walk
from fsmtrader.spec.expression import parse_text
from fsmtrader.spec.expression import tree as syntax


def parameter_values(parameters: Sequence[Parameter], slots: int, overrides: Mapping[int, float]) -> list[float]:
    """A slot array in which every parameter has its value (NaN: none). `overrides` is by slot."""
    x = [math.nan] * slots
    by_slot = {parameter.slot: parameter for parameter in parameters}
    done: set[int] = set()

    def settle(slot: int) -> None:
        if slot in done:
            return
        done.add(slot)
        if slot in overrides:
            x[slot] = overrides[slot]
            return
        default = by_slot[slot].default
        if default is None:
            return
        for part in walk(default.tree):
            if isinstance(part, Read) and part.slot in by_slot:
                settle(part.slot)
        x[slot] = evaluate(default.tree, x, (), unasked)

    for slot in by_slot:
        settle(slot)
    return x


def overrides_from_text(program: Program, given: Mapping[str, str]) -> dict[int, float]:
    """Overrides by slot from `name=text` pairs (`f=0.05%`, `rebuild=profit_only`); UsageError for what can't be."""
    names = {parameter.name: parameter for parameter in program.parameters}
    found: dict[int, float] = {}
    for name, text in given.items():
        if name not in names:
            guess = closest(name, names)
            raise UsageError(f"there is no parameter {name}" + (f"; did you mean {guess}?" if guess else ""))
        found[names[name].slot] = _value(program, names[name], text)
    return found


def _value(program: Program, parameter: Parameter, text: str) -> float:
    if parameter.words:
        if text not in parameter.words:
            raise UsageError(f"{parameter.name} is one of {', '.join(parameter.words)}, not {text!r}")
        return float(program.words.index(text))
    tree, diagnostics = parse_text(text)
    if tree is None:
        found = diagnostics[0]
        raise UsageError(f"{parameter.name}: {found.message}" + (f"; write {found.expected}" if found.expected else ""))
    sign = 1.0
    if isinstance(tree, syntax.Negate):
        sign, tree = -1.0, tree.operand
    kind = program.slots[parameter.slot].type.kind
    if isinstance(tree, syntax.Boolean) and kind is Kind.TRUTH:
        return 1.0 if tree.value else 0.0
    if isinstance(tree, syntax.Number) and kind is Kind.NUMBER:
        _must_fit(program, parameter, tree, text)
        return sign * tree.value * (parameter.scale if tree.suffix == "" else 1.0)
    raise UsageError(f"{parameter.name} takes a {kind.value}, not {text!r}")


def _must_fit(program: Program, parameter: Parameter, literal: syntax.Number, text: str) -> None:
    """A literal with a unit of its own stands only for a parameter of that unit."""
    unit = program.slots[parameter.slot].type.unit
    own = None if literal.suffix == "" else RATIO if literal.suffix in ("%", "bp") else SECONDS
    if unit is None and own == SECONDS:
        raise UsageError(f"{parameter.name} is a bare number, but {text} is {spoken(own)}")
    if unit is not None and own is not None and own != unit:
        raise UsageError(f"{parameter.name} is {spoken(unit)}, but {text} is {spoken(own)}")


def missing_values(program: Program, x: Sequence[float]) -> tuple[str, ...]:
    """Names of the parameters that must be given: without a value, and not for want of another parameter's."""
    empty = {parameter.slot for parameter in program.parameters if math.isnan(x[parameter.slot])}
    return tuple(p.name for p in program.parameters if p.slot in empty and not _reads(p) & empty)


def _reads(parameter: Parameter) -> set[int]:
    """The slots that its value is worked out from."""
    tree = parameter.default.tree if parameter.default is not None else None
    return {part.slot for part in walk(tree) if isinstance(part, Read)} if tree is not None else set()
