"""Entering parameters and variables: a slot each, typed when it is first read."""

from __future__ import annotations

from collections.abc import Iterator

from fsmtrader.diagnostics import Span, closest
from fsmtrader.domain.units import WRITTEN, Unit, spoken
from fsmtrader.program import ir
from fsmtrader.program.draft import Draft
from fsmtrader.program.ir import SlotRole
from fsmtrader.program.symbols import LegSymbol, ObservableSymbol, Scope, SlotSymbol, described
from fsmtrader.program.typed import Arithmetic, Asked, Constant, Kind, Observed, Read, Type, Typed, number, walk
from fsmtrader.program.typer import Typer
from fsmtrader.spec import spec as written
from fsmtrader.spec.document import ScalarKind
from fsmtrader.spec.expression import tree as syntax
from fsmtrader.spec.expression.tree import Operator


def unit_named(draft: Draft, word: written.Word | None) -> tuple[Unit | None, float]:
    """The unit that `unit:` names and its scale; a finding for an unknown one."""
    if word is None:
        return None, 1.0
    if word.text not in WRITTEN:
        guess = closest(word.text, WRITTEN)
        draft.findings.error(
            "FSM408",
            word.span,
            f"{word.text} is no unit",
            expected=", ".join(WRITTEN),
            hint=f"did you mean {guess}?" if guess else f"use one of {', '.join(WRITTEN)}",
        )
        return None, 1.0
    return WRITTEN[word.text]


def parameter(draft: Draft, spec: written.Parameter, row_field: bool = False) -> None:
    """Enter one parameter. `row_field`: its value comes with each row of the top `for_each`."""
    unit, scale = unit_named(draft, spec.unit)
    known = next((p for p in draft.prelude.parameters if p.name.text == spec.name.text), None)
    if spec.unit is None and known is not None and known.unit is not None and known is not spec:
        unit, scale = WRITTEN[known.unit.text]
    words = tuple(w.text for w in spec.one_of)
    for word in words:
        draft.word(word)
    type_ = Type(Kind.WORD, words=words) if words else number(unit)
    slot = draft.slot(spec.name.text, SlotRole.PARAMETER, type_)
    symbol = SlotSymbol(slot, type_, "parameter", spec.name.span)
    draft.declare(draft.top, spec.name, symbol)
    index = len(draft.parameters)
    draft.parameters.append(
        ir.Parameter(
            spec.name.text,
            slot,
            None,
            (),
            words,
            scale,
            spec.env.text if spec.env else "",
            spec.doc,
            spec.group.text if spec.group else "",
            spec.name.span,
        )
    )
    if row_field:
        draft.row_fields.append(spec.name.text)
    symbol.pending = lambda: _settle_parameter(draft, spec, index, unit, scale)


def _settle_parameter(draft: Draft, spec: written.Parameter, index: int, unit: Unit | None, scale: float) -> None:
    """Type the default and the bounds of a parameter, and find out its unit."""
    typer = Typer(draft)
    old = draft.parameters[index]
    before = len(draft.findings.items)
    value = None if _is_no_choice(draft, spec, old) else typer.any(spec.value, draft.top)
    if value is not None:
        value = _fitted_default(draft, typer, spec, value, old, unit, scale)
    if value is not None and not old.words:
        own = value.tree.type
        draft.retype(old.slot, number(unit) if unit is not None and own.kind is Kind.NUMBER else own)
    if value is not None and not _only_parameters(draft, value, old.slot):
        if len(draft.findings.items) == before:
            draft.findings.error(
                "FSM405",
                value.span,
                f"the parameter {old.name} must not change in a run",
                expected="a literal or an expression over other parameters",
                hint=f"move {old.name} to observe",
            )
        value = None
    bounds: list[tuple[str, ir.Value]] = []
    kind = draft.slots[old.slot].type
    for name, expression in (
        ("min", spec.minimum),
        ("max", spec.maximum),
        ("above", spec.above),
        ("below", spec.below),
    ):
        if expression is not None and kind.kind is Kind.NUMBER:
            bound = typer.number(expression, draft.top, kind.unit)
            if bound is not None and _is_settled(draft, old.name, name, bound):
                bounds.append((name, _scaled(bound, kind.unit, scale)))
    draft.parameters[index] = ir.Parameter(
        old.name, old.slot, value, tuple(bounds), old.words, scale, old.env, old.doc, old.group, old.span
    )


def _is_no_choice(draft: Draft, spec: written.Parameter, old: ir.Parameter) -> bool:
    """Whether the value is a plain word that is neither one of the choices nor a name; a finding says so."""
    tree = spec.value.tree if spec.value is not None else None
    if not old.words or not isinstance(tree, syntax.Name):
        return False
    taken = draft.top.find(tree.text) is not None
    if taken or tree.text in old.words:
        return taken and tree.text in old.words  # that the choice has another meaning too is said elsewhere
    _not_a_choice(draft, tree.text, tree.span, old.words)
    return True


def _not_a_choice(draft: Draft, text: str, span: Span, words: tuple[str, ...]) -> None:
    guess = closest(text, words)
    draft.findings.error(
        "FSM407",
        span,
        f"{text} is not one of {', '.join(words)}",
        expected=" or ".join(words),
        hint=f"did you mean {guess}?" if guess else f"use {words[0]}",
    )


def _fitted_default(
    draft: Draft,
    typer: Typer,
    spec: written.Parameter,
    value: ir.Value,
    old: ir.Parameter,
    unit: Unit | None,
    scale: float,
) -> ir.Value | None:
    type_ = value.tree.type
    if old.words:
        if type_.kind is Kind.WORD and set(type_.words) <= set(old.words):
            return value
        _not_a_choice(draft, value.text, value.span, old.words)
        return None
    if unit is not None and type_.kind is Kind.NUMBER and type_.unit not in (None, unit):
        typer.mixture(
            value.span, f"{spec.name.text} is declared as {spoken(unit)} but {value.text} is {type_}", spoken(unit)
        )
        return None
    if unit is not None and type_.kind is not Kind.NUMBER:
        typer.kind_error(value.span, type_, spoken(unit))
        return None
    return _scaled(value, unit, scale)


def _scaled(value: ir.Value, unit: Unit | None, scale: float) -> ir.Value:
    """A bare number under `unit: hours` is that many hours."""
    if scale == 1.0 or value.tree.type.unit is not None:
        return value
    factor = Constant(scale, number(unit))
    return ir.Value(Arithmetic(Operator.MULTIPLY, value.tree, factor, number(unit)), value.text, value.span)


def _is_settled(draft: Draft, parameter: str, name: str, bound: ir.Value) -> bool:
    """A limit of a parameter is known before there is a market; a finding for one that changes in a run."""
    roles = {slot.index: slot.role for slot in draft.slots}
    for part in walk(bound.tree):
        if isinstance(part, Observed | Asked) or (
            isinstance(part, Read) and roles[part.slot] is not SlotRole.PARAMETER
        ):
            draft.findings.error(
                "FSM405",
                bound.span,
                f"`{name}` of the parameter {parameter} must not change in a run",
                expected="a literal or an expression over other parameters",
                hint="write a number, or a parameter that has one",
            )
            return False
    return True


def _only_parameters(draft: Draft, value: ir.Value, own: int) -> bool:
    for part in walk(value.tree):
        if isinstance(part, Observed):
            return False
        if isinstance(part, Read) and draft.slots[part.slot].role is not SlotRole.PARAMETER:
            return False
    if own not in _parameters_behind(draft, value):
        return True
    draft.findings.error(
        "FSM305",
        value.span,
        f"the parameter {draft.slots[own].name} is defined through itself",
        expected="a definition that ends",
        hint="give one of the parameters in the circle a number",
    )
    return False


def _parameters_behind(draft: Draft, value: ir.Value) -> set[int]:
    """Slots of the parameters that a value is worked out from, also through other parameters' values."""
    defaults = {p.slot: p.default for p in draft.parameters if p.default is not None}
    found: set[int] = set()
    waiting = [value]
    while waiting:
        for part in walk(waiting.pop().tree):
            if isinstance(part, Read) and part.slot not in found:
                found.add(part.slot)
                if part.slot in defaults:
                    waiting.append(defaults[part.slot])
    return found


def variable(draft: Draft, scope: Scope, spec: written.Variable, region: int) -> None:
    """Enter one variable; its type is that of its unit, else of its first value."""
    unit, _ = unit_named(draft, spec.unit)
    type_ = number(unit)
    keys = draft.regions[region].keys if region >= 0 else ()
    slot = draft.slot(".".join((spec.name.text, *keys)), SlotRole.VARIABLE, type_)
    symbol = SlotSymbol(slot, type_, "variable", spec.name.span)
    draft.declare(scope, spec.name, symbol)

    def settle() -> None:
        typer = Typer(draft)
        value = typer.any(spec.initial, scope)
        if value is None:
            if spec.initial is None:
                value = ir.Value(Constant(float("nan"), type_), "", spec.name.span)
            else:
                return
        found = value.tree.type
        if unit is not None and found.kind is Kind.NUMBER and found.unit not in (None, unit):
            typer.mixture(
                value.span, f"{spec.name.text} is declared as {spoken(unit)} but starts as {found}", spoken(unit)
            )
            return
        if unit is None:
            draft.retype(slot, _whole_enumeration(draft, value, found))
        draft.variables.append(ir.Variable(draft.slots[slot].name, slot, value, region))

    symbol.pending = settle


def _whole_enumeration(draft: Draft, value: ir.Value, found: Type) -> Type:
    """A variable that starts as one word of an enumeration can be any of it."""
    if found.kind is not Kind.WORD or len(found.words) > 1:
        return found
    for parameter in draft.parameters:
        if found.words[0] in parameter.words:
            return Type(Kind.WORD, words=parameter.words)
    if found.words[0] in ("buy", "sell"):
        return Type(Kind.WORD, words=("buy", "sell"))
    return found


def settle_all(draft: Draft, scope: Scope) -> None:
    """Type what nobody has asked for, so that its mistakes are found too."""
    typer = Typer(draft)
    for symbol in list(scope.names.values()):
        if isinstance(symbol, SlotSymbol):
            typer.names.settle(symbol)
        elif isinstance(symbol, ObservableSymbol) and symbol.index < 0 and not symbol.failed:
            typer.names.observable(symbol, symbol.span)


def circles(draft: Draft) -> None:
    """A variable whose first value waits for itself would never have one, and the machine would never start."""
    initial = {variable.slot: variable.initial for variable in draft.variables}
    for variable in draft.variables:
        seen: set[int] = set()
        waiting = [variable.initial]
        while waiting:
            for part in everything(draft, waiting.pop().tree):
                if isinstance(part, Read) and part.slot in initial and part.slot not in seen:
                    seen.add(part.slot)
                    waiting.append(initial[part.slot])
        if variable.slot in seen:
            draft.findings.error(
                "FSM305",
                variable.initial.span,
                f"the first value of {variable.name} depends on itself",
                expected="a first value that is there before the machine starts",
                hint="start one of the variables in the circle from a number or a price",
            )


def everything(draft: Draft, tree: Typed) -> Iterator[Typed]:
    """The nodes of a tree and of every observable in it."""
    for node in walk(tree):
        yield node
        if isinstance(node, Observed):
            yield from everything(draft, draft.observables[node.observable].value.tree)


def enumerators(draft: Draft) -> None:
    """The words of an enumeration are names too: none may stand for something else."""
    words = [word for parameter in draft.spec.parameters for word in parameter.one_of]
    for region in draft.spec.regions:
        for row in region.for_each.rows if region.for_each is not None else ():
            words += [written.Word(cell.text, cell.span) for _, cell in row if cell.kind is ScalarKind.TEXT]
    seen: set[str] = set()
    for word in words:
        old = draft.top.find(word.text)
        if word.text not in seen and old is not None and not isinstance(old, LegSymbol):
            what = described(old, article=True)
            draft.findings.error(
                "FSM302",
                word.span,
                f"the name {word.text!r} is taken: it is {what} already",
                expected="a word that stands for one thing only",
                hint=f"rename one of the two, e.g. {word.text}_2",
                related=((old.span, "first here"),),
            )
        seen.add(word.text)
