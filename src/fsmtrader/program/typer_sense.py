"""What types well and still makes no sense: constants without a value, calls whose constants contradict each other,
conditions that are decided by how they are written."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fsmtrader.diagnostics import Span
from fsmtrader.domain.units import RATIO
from fsmtrader.program.certain import constant, is_always, is_constant, is_never, is_never_of_a_price
from fsmtrader.program.symbols import ConstantSymbol, Scope
from fsmtrader.program.typed import Arithmetic, AtLeast, Comparison, Function, Observed, Power, Read, Typed
from fsmtrader.spec.expression import names, render
from fsmtrader.spec.expression import tree as syntax
from fsmtrader.spec.expression.tree import Operator, Tree

if TYPE_CHECKING:
    from fsmtrader.program.typer import Typer

_LOGIC = (Operator.AND, Operator.OR, Operator.IMPLIES)
_PRICES = ("mark", "last", "mid", "bid", "ask")
"""questions whose answers are above zero"""
_CERTAIN = ("FSM514", "FSM518")


class Sense:
    """Looks at each node after it was typed. What comes from a cell of a row is no literal and is not judged."""

    def __init__(self, typer: Typer) -> None:
        self.typer = typer
        self.findings = typer.findings

    def makes(self, node: Tree, typed: Typed, scope: Scope) -> bool:
        """False after a finding that is an error."""
        if isinstance(node, syntax.Call) and isinstance(typed, AtLeast):
            return self._at_least(node, typed, scope)
        if isinstance(typed, Function | Arithmetic | Power) and isinstance(node, syntax.Call | syntax.Binary):
            return self._has_value(node, typed, scope)
        if isinstance(node, syntax.Compare) or (isinstance(node, syntax.Binary) and node.operator in _LOGIC):
            self._condition(node, typed, scope)
        return True

    def _has_value(self, node: Tree, typed: Typed, scope: Scope) -> bool:
        if isinstance(typed, Function) and typed.name == "clamp" and not self._clamp(node, typed, scope):
            return False
        if _reads_a_cell(node, scope) or not (
            _is_over_zero(typed) or (is_constant(typed) and math.isnan(constant(typed)))
        ):
            return True
        return self._nonsense(
            node.span,
            f"`{render(node)}` never has a value",
            "a number that there is: no division by zero, no root of a negative number",
            "what is never ready makes every comparison with it never true: mend the numbers",
        )

    def _clamp(self, node: Tree, typed: Function, scope: Scope) -> bool:
        _, low, high = typed.arguments
        if not (is_constant(low) and is_constant(high)) or _reads_a_cell(node, scope):
            return True
        least, most = constant(low), constant(high)
        if not least > most:
            return True
        return self._nonsense(
            node.span,
            f"clamp has the lower bound {least:.12g} above the upper bound {most:.12g}",
            "clamp(x, low, high)",
            f"write clamp(…, {most:.12g}, {least:.12g})",
        )

    def _at_least(self, node: syntax.Call, typed: AtLeast, scope: Scope) -> bool:
        first = node.positional[0] if node.positional else node.keywords[0].value
        if typed.count.type.unit not in (None, RATIO):
            self.typer.mixture(first.span, f"n of at_least is {typed.count.type}", "a bare number", "write e.g. 2")
            return False
        if not is_constant(typed.count) or _reads_a_cell(first, scope):
            return True
        count, most = constant(typed.count), len(typed.operands)
        if 1 <= count <= most and count == round(count):
            return True
        return self._nonsense(
            first.span,
            f"at_least({count:.12g}, …) of {most} condition{'s' if most > 1 else ''}",
            f"a whole number from 1 to {most}",
            f"write at_least({min(max(round(count), 1), most)}, …)" if not math.isnan(count) else "write a number",
        )

    def _nonsense(self, span: Span, message: str, expected: str, hint: str) -> bool:
        self.findings.error("FSM413", span, message, expected=expected, hint=hint)
        return False

    # -- conditions --------------------------------------------------------------------------------------------------

    def _condition(self, node: Tree, typed: Typed, scope: Scope) -> None:
        """A warning for a condition that can't be true, or can't be false; once, where it is smallest."""
        never, always = is_never(typed) or self._is_below_zero(typed), is_always(typed)
        if not (never or always) or _reads_a_cell(node, scope) or self._is_said(node.span):
            return
        if never:
            self.findings.warn(
                "FSM514",
                node.span,
                f"`{render(node)}` is never true",
                expected="a condition that can hold",
                hint="mend it (is `or` meant, or the other sign?), or delete what depends on it",
            )
            return
        itself = _compared_with_itself(node)
        self.findings.warn(
            "FSM518",
            node.span,
            f"`{render(node)}` is always true",
            expected="a condition that can fail",
            hint=f"write ready({itself}) to ask whether it is known" if itself else "mend it, or leave it out",
        )

    def _is_below_zero(self, typed: Typed) -> bool:
        """Whether a price of the market is to be zero or less."""
        if not isinstance(typed, Comparison):
            return False
        return any(self._is_price(side) and is_never_of_a_price(typed, side) for side in (typed.left, typed.right))

    def _is_price(self, side: Typed) -> bool:
        draft = self.typer.draft
        tree = draft.observables[side.observable].value.tree if isinstance(side, Observed) else side
        return isinstance(tree, Read) and any(q.slot == tree.slot and q.function in _PRICES for q in draft.queries)

    def _is_said(self, span: Span) -> bool:
        """Whether a part of this place was found certain before."""
        start, end = (span.line, span.column), (span.end_line, span.end_column)
        return any(
            item.code in _CERTAIN
            and item.span.file == span.file
            and start <= (item.span.line, item.span.column)
            and (item.span.end_line, item.span.end_column) <= end
            for item in self.findings.items
        )


def _is_over_zero(typed: Typed) -> bool:
    """A division by what is written as zero, whatever is divided."""
    if not isinstance(typed, Arithmetic) or typed.operator is not Operator.DIVIDE:
        return False
    return is_constant(typed.right) and constant(typed.right) == 0.0


def _reads_a_cell(node: Tree, scope: Scope) -> bool:
    return any(isinstance(scope.find(name.text), ConstantSymbol) for name in names(node))


def _compared_with_itself(node: Tree) -> str:
    if isinstance(node, syntax.Compare) and len(node.rest) == 1 and node.rest[0][0] is Operator.EQUAL:
        left, right = render(node.first), render(node.rest[0][1])
        return left if left == right else ""
    return ""
