"""Document 000's primitives as plans: targets whose quantities are formulas of the numeric heart."""

from __future__ import annotations

from dataclasses import dataclass

from fsmtrader.diagnostics import Span
from fsmtrader.domain.units import BASE, QUOTE
from fsmtrader.program import ir
from fsmtrader.program.draft import Draft
from fsmtrader.program.ir import SlotRole
from fsmtrader.program.symbols import Scope, SlotSymbol
from fsmtrader.program.typed import Choice, Comparison, Constant, Formula, Read, Typed, number
from fsmtrader.spec.expression.tree import Operator

NAMES: frozenset[str] = frozenset(
    {
        "rebalance",
        "realize_profit",
        "transfer_profit",
        "rebuild_positions",
        "update_reference_price",
        "reduce_positions",
    }
)


@dataclass(frozen=True, slots=True)
class HedgingSteps:
    """One call of such a primitive: `long` and `short` are its legs (unless it has none), `values` its arguments.

    Formulas read the legs' quantities as planned so far, and their average prices.
    """

    draft: Draft
    scope: Scope
    span: Span
    name: str
    legs: tuple[ir.Leg, ...]
    values: dict[str, ir.Value]
    by_loss: bool

    def steps(self) -> list[ir.Step]:
        match self.name:
            case "rebalance":
                return [*self._realize(), self._transfer(), self._rebuild(), self._reference()]
            case "realize_profit":
                return self._realize()
            case "transfer_profit":
                return [self._transfer()]
            case "rebuild_positions":
                return [self._rebuild()]
            case "update_reference_price":
                return [self._reference()]
            case _:
                return [self._targets("reduce_both", (*self._quantities(), self._given("eta")))]

    def _realize(self) -> list[ir.Step]:
        arguments = (*self._pair(), self._given("price"), self._given("reference"), self._given("beta"))
        slot = self.draft.slot("let profit", SlotRole.LOCAL, number(QUOTE))
        profit = Formula("realized", arguments, 2, number(QUOTE))
        self.scope.names["profit"] = SlotSymbol(slot, number(QUOTE), "local", self.span)
        return [ir.Let((ir.Set(slot, self._value(profit, "realize_profit")),)), self._targets("realized", arguments)]

    def _transfer(self) -> ir.Step:
        basis = Constant(1.0 if self.by_loss else 0.0, number(None))
        given = (self._given("price"), self._given("reference"), self._profit(), self._given("alpha"), basis)
        return self._targets("transferred", (*self._pair(), *given))

    def _rebuild(self) -> ir.Step:
        size = self.values["size"].tree if "size" in self.values else Constant(0.0, number(BASE))
        given = (self._given("price"), self._profit(), self._given("alpha"), size)
        return self._targets("rebuilt", (*self._quantities(), *given))

    def _reference(self) -> ir.Step:
        """The price where there was a profit, else what it is."""
        reference, price = self.values["reference"], self.values["price"]
        assert isinstance(reference.tree, Read)
        profit = self._profit()
        has_profit = Comparison(Operator.GREATER, profit, Constant(0.0, profit.type), exact=True)
        moved = Choice(has_profit, price.tree, reference.tree, reference.tree.type)
        return ir.Assign((ir.Set(reference.tree.slot, ir.Value(moved, price.text, self.span)),))

    # -- arguments ---------------------------------------------------------------------------------------------------

    def _given(self, name: str) -> Typed:
        return self.values[name].tree

    def _profit(self) -> Typed:
        """As given, or what the step before left."""
        if "profit" in self.values:
            return self.values["profit"].tree
        symbol = self.scope.names["profit"]
        assert isinstance(symbol, SlotSymbol)
        return Read(symbol.slot, symbol.type)

    def _quantities(self) -> tuple[Typed, ...]:
        return tuple(self._read(leg.quantity) for leg in self.legs)

    def _pair(self) -> tuple[Typed, ...]:
        return tuple(self._read(slot) for leg in self.legs for slot in (leg.quantity, leg.average))

    def _read(self, slot: int) -> Read:
        return Read(slot, self.draft.slots[slot].type)

    # -- steps -------------------------------------------------------------------------------------------------------

    def _targets(self, formula: str, arguments: tuple[Typed, ...]) -> ir.Assign:
        """Both legs to the first two numbers that the formula gives."""
        said = {"realized": "realize_profit", "transferred": "transfer_profit", "rebuilt": "rebuild_positions"}
        name = said.get(formula, self.name)
        return ir.Assign(
            tuple(
                ir.Target(self._index(leg), self._value(Formula(formula, arguments, part, number(BASE)), name))
                for part, leg in enumerate(self.legs)
            )
        )

    def _index(self, wanted: ir.Leg) -> int:
        return next(i for i, leg in enumerate(self.draft.legs) if leg.name == wanted.name)

    def _value(self, tree: Typed, name: str) -> ir.Value:
        """With a text that says where it comes from: `realize_profit(L, S)`."""
        return ir.Value(tree, f"{name}({', '.join(leg.name for leg in self.legs)})", self.span)
