"""Calls of primitives while an action is inlined: those that only state targets become targets."""

from __future__ import annotations

from dataclasses import dataclass, field

from fsmtrader.catalog.declaration import Declaration
from fsmtrader.diagnostics import Span
from fsmtrader.program import ir
from fsmtrader.program.draft import Draft
from fsmtrader.program.hedging_steps import NAMES as HEDGING
from fsmtrader.program.hedging_steps import HedgingSteps
from fsmtrader.program.symbols import Scope
from fsmtrader.program.typed import Constant, Read, number


@dataclass(slots=True)
class Flow:
    """One action while it is being inlined: its locals live in `scope` from the `let` on."""

    scope: Scope
    phases: list[list[ir.Step]] = field(default_factory=lambda: [[]])
    stack: list[str] = field(default_factory=list)
    on_fail: int = -1
    within: ir.Value | None = None
    net: bool = True
    failed: bool = False
    count: int = 0


@dataclass(frozen=True, slots=True)
class PrimitiveStep:
    """One call of a primitive: those that only state targets become targets, the others steps of the engine."""

    draft: Draft
    declaration: Declaration
    span: Span
    legs: list[str]
    values: list[tuple[str, ir.Value]]
    words: list[tuple[str, str]]

    def add(self, flow: Flow) -> None:
        values = dict(self.values)
        zero = ir.Value(Constant(0.0, number(None)), "0", self.span)
        match self.declaration.name:
            case "target" | "hedge_to_target":
                self._targets(flow, (self.legs[0], values["to"]))
            case "flatten" | "unlock_leg":
                self._targets(flow, (self.legs[0], zero))
            case "rollback":
                to = values.get("to", zero)
                self._targets(flow, (self.legs[0], to), (self.legs[1], to))
            case "lock_pair":
                self._targets(flow, (self.legs[0], values["quantity"]))
                flow.phases.append([])
                self._targets(flow, (self.legs[1], self._filled(self.legs[0])))
                flow.on_fail = self._undo(zero)
            case name if name in HEDGING:
                self._hedging(flow, values)
            case _:
                flow.phases[-1].append(
                    ir.Primitive(
                        self.declaration.name,
                        tuple(self.legs),
                        tuple(self.values),
                        tuple(self.words),
                        self.declaration.trades,
                        self.span,
                    )
                )

    def _hedging(self, flow: Flow, values: dict[str, ir.Value]) -> None:
        """A primitive of document 000; its formulas are those of a long and a short leg (R000-02)."""
        legs = tuple(self.draft.legs[self._leg(name)] for name in self.legs)
        for leg, side in zip(legs, (ir.Side.LONG, ir.Side.SHORT), strict=False):
            if leg.side is not side:
                self.draft.findings.error(
                    "FSM304",
                    self.span,
                    f"{side.value} is the leg {leg.name}, which is {f'{leg.side.value}' if leg.side else 'signed'}",
                    expected=f"a leg with `side: {side.value}`",
                    hint=f"name a leg with `side: {side.value}`, or give {leg.name} that side",
                )
                flow.failed = True
                return
        name, by_loss = self.declaration.name, ("basis", "loss") in self.words
        steps = HedgingSteps(self.draft, flow.scope, self.span, name, legs, values, by_loss)
        flow.phases[-1].extend(steps.steps())

    def _leg(self, name: str) -> int:
        return next(i for i, leg in enumerate(self.draft.legs) if leg.name == name)

    def _filled(self, name: str) -> ir.Value:
        leg = self.draft.legs[self._leg(name)]
        return ir.Value(Read(leg.quantity, self.draft.slots[leg.quantity].type), f"q{name}", self.span)

    def _targets(self, flow: Flow, *targets: tuple[str, ir.Value]) -> None:
        how = dict(self.words).get("how", "")
        flow.phases[-1].append(ir.Assign(tuple(ir.Target(self._leg(leg), value, how) for leg, value in targets)))

    def _undo(self, zero: ir.Value) -> int:
        """Both or neither: back to what is stated, here to nothing (R003-13)."""
        both = ir.Assign(tuple(ir.Target(self._leg(leg), zero) for leg in self.legs))
        self.draft.actions.append(ir.Action("rollback", (ir.Phase((both,)),), None, -1, True, True, self.span))
        return len(self.draft.actions) - 1
