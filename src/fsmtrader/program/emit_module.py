"""A Program's expressions as Python functions of the slots: written out as one module, or compiled when first used."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from types import CodeType, MappingProxyType
from typing import Any, cast

from fsmtrader.program.emit import Emitter
from fsmtrader.program.evaluate import Ask
from fsmtrader.program.formulas import FORMULAS
from fsmtrader.program.ir import Alarm, Assign, Let, Primitive, Program, Record, Set, Step, Target, Value
from fsmtrader.program.typed import Kind, Observed, Typed

Slots = Sequence[float]
Truth = Callable[[Slots], bool]
Number = Callable[[Slots], float]
Plan = Callable[[Slots], tuple[float, ...]]

_NOTHING: Mapping[int, int] = MappingProxyType({})
_NAMES: Mapping[str, object] = MappingProxyType(
    {
        "__builtins__": {"abs": abs, "float": float},
        **{name: getattr(math, name) for name in ("ceil", "exp", "floor", "inf", "log", "nan", "sqrt")},
        **FORMULAS,
    }
)
_HEADER = '''# {name}
"""Expressions as functions.

x holds the slots, ask(query, arguments) puts a question. NaN is not ready; v - (v - v) makes it of an infinity. A
truth_ function says whether its condition is true, its falsity_ twin whether it is false; a condition that is not
ready is neither.
"""

from math import ceil, exp, floor, inf, log, nan, sqrt

from fsmtrader.numeric.hedging import realized, rebuilt, reduce_both, transferred
'''


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One number of a plan: where it belongs.

    `entry` is the Set or Target that it is for; None for a primitive's argument or a record's column, which `name`
    then gives. `step` is the step's place in its phase.
    """

    step: int
    value: Value
    entry: Set | Target | None = None
    name: str = ""


def layout(program: Program, action: int, phase: int) -> tuple[PlanItem, ...]:
    """What the numbers of a phase's plan are, in their order."""
    steps = program.actions[action].phases[phase].steps
    return tuple(item for place, step in enumerate(steps) for item in _items(place, step))


def _items(place: int, step: Step) -> list[PlanItem]:
    match step:
        case Assign(entries=entries):
            return [PlanItem(place, entry.value, entry) for entry in entries]
        case Let(entries=lets):
            return [PlanItem(place, entry.value, entry) for entry in lets]
        case Primitive(values=values) | Record(columns=values):
            return [PlanItem(place, value, name=name) for name, value in values]
        case Alarm():
            return []


def emit_module(program: Program, pinned: Mapping[int, int] = _NOTHING) -> str:
    """Every expression and every plan of the program as one module, for reading and for comparing.

    `pinned` maps an observable to a slot that is read in its place (a test's facts).
    """
    pieces = [_HEADER.format(name=_plain(program.name))]
    for number, (place, value) in enumerate(values(program)):
        kinds = ("truth", "falsity") if value.tree.type.kind is Kind.TRUTH else ("number",)
        for kind in kinds:
            pieces.append(_function(program, pinned, kind, f"{kind}_{number}", value.tree, f"{place}: {value.text}"))
    for index, action in enumerate(program.actions):
        for phase in range(len(action.phases)):
            pieces.append(_plan(program, pinned, index, phase))
    return "\n\n".join(pieces)


def values(program: Program) -> Iterator[tuple[str, Value]]:
    """Every expression of the program with its place, e.g. `rows[3].guard`."""
    return _values("", program)


def _values(place: str, node: object) -> Iterator[tuple[str, Value]]:
    if isinstance(node, Value):
        yield place, node
    elif isinstance(node, tuple):
        for index, item in enumerate(node):
            yield from _values(f"{place}[{index}]", item)
    elif is_dataclass(node):
        for field in fields(node):
            yield from _values(f"{place}.{field.name}".lstrip("."), getattr(node, field.name))


def _emitter(program: Program, pinned: Mapping[int, int]) -> Emitter:
    return Emitter(program.observables, slots=program.slots, pinned=pinned)


def _function(program: Program, pinned: Mapping[int, int], kind: str, name: str, tree: Typed, comment: str) -> str:
    """The source of one function; `kind` is truth, falsity or number."""
    emitter = _emitter(program, pinned)
    if kind == "number":
        emitter.lines.append(f"return {emitter.number(tree)}")
    else:
        emitter.return_truth(tree, kind == "truth")
    return _definition(name, comment, emitter.lines)


def _plan(program: Program, pinned: Mapping[int, int], action: int, phase: int) -> str:
    """The source of a phase's plan.

    Everything is evaluated when the phase starts. An observable is as it was then; a slot that an earlier step of the
    phase writes is read as planned; the entries of one step read what was before it.
    """
    emitter = _emitter(program, pinned)
    names: list[str] = []
    for place, step in enumerate(program.actions[action].phases[phase].steps):
        written: list[tuple[int, str]] = []
        for item in _items(place, step):
            name = emitter.named(item.value.tree)
            names.append(name)
            if item.entry is not None:
                written.append((_slot_of(program, item.entry), name))
        for slot, name in written:
            emitter.write(slot, name)
    emitter.lines.append(f"return ({''.join(f'{name}, ' for name in names).strip()})")
    return _definition(f"plan_{action}_{phase}", f"{program.actions[action].name}, phase {phase}", emitter.lines)


def _slot_of(program: Program, entry: Set | Target) -> int:
    return entry.slot if isinstance(entry, Set) else program.legs[entry.leg].quantity


def _definition(name: str, comment: str, lines: Sequence[str]) -> str:
    """A function whose first line says what it stands for."""
    return "\n".join([f"def {name}(x):", f"    # {_plain(comment)}", *(f"    {line}" for line in lines)]) + "\n"


def _plain(text: str) -> str:
    """A user's text on one line of printable ASCII, so that nothing in it can end a comment."""
    return ascii(" ".join(text.split()))[1:-1]


class Compiled:
    """The expressions of one program as functions, each compiled when it is first asked for."""

    def __init__(self, program: Program, pinned: Mapping[int, int], ask: Ask) -> None:
        self._program = program
        self._pinned = dict(pinned)
        self._ask = ask
        self._truths: dict[tuple[int, bool], tuple[Value, Truth]] = {}
        self._numbers: dict[int, tuple[Value, Number]] = {}
        self._observables: dict[int, Number] = {}
        self._plans: dict[tuple[int, int], Plan] = {}

    def truth(self, value: Value) -> Truth:
        """A function that says whether the condition is known to be true."""
        return self._side(value, True)

    def falsity(self, value: Value) -> Truth:
        """A function that says whether the condition is known to be false."""
        return self._side(value, False)

    def number(self, value: Value) -> Number:
        """A function that gives a number, an enumerator's index, an instant, or a truth as 1.0, 0.0 or NaN."""
        if id(value) not in self._numbers:
            self._numbers[id(value)] = (value, self._number(value.tree, value.text))
        return self._numbers[id(value)][1]

    def observable(self, index: int) -> Number:
        """A function that gives an observable by its index, as it is pinned."""
        if index not in self._observables:
            observable = self._program.observables[index]
            tree = Observed(index, observable.value.tree.type)
            self._observables[index] = self._number(tree, observable.name)
        return self._observables[index]

    def plan(self, action: int, phase: int) -> Plan:
        """A function that gives a phase's numbers in the order of `layout`."""
        if (action, phase) not in self._plans:
            source = _plan(self._program, self._pinned, action, phase)
            plan: Plan = self._made(source, f"plan_{action}_{phase}")
            self._plans[action, phase] = plan
        return self._plans[action, phase]

    def layout(self, action: int, phase: int) -> tuple[PlanItem, ...]:
        """What the numbers of `plan(action, phase)` are."""
        return layout(self._program, action, phase)

    def _side(self, value: Value, want: bool) -> Truth:
        key = (id(value), want)
        if key not in self._truths:
            kind = "truth" if want else "falsity"
            truth: Truth = self._made(_function(self._program, self._pinned, kind, kind, value.tree, value.text), kind)
            self._truths[key] = (value, truth)
        return self._truths[key][1]

    def _number(self, tree: Typed, text: str) -> Number:
        number: Number = self._made(_function(self._program, self._pinned, "number", "number", tree, text), "number")
        return number

    def _made(self, source: str, name: str) -> Callable[[Slots], Any]:
        """The function that our own source defines: it sees the slots, `ask`, and the names below, nothing else."""
        code: CodeType = compile(source, f"<{_plain(self._program.name)}>", "exec", dont_inherit=True)
        scope: dict[str, object] = {**_NAMES, "ask": self._ask}
        exec(code, scope)
        return cast("Callable[[Slots], Any]", scope[name])


def load(program: Program, pinned: Mapping[int, int], ask: Ask) -> Compiled:
    """The program's functions; `ask` answers the questions whose arguments are only known when they are asked."""
    return Compiled(program, pinned, ask)
