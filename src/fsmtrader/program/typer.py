"""Names, kinds and units: a syntax tree in a scope becomes a typed tree, or findings say why it can't."""

from __future__ import annotations

from fsmtrader.diagnostics import Span
from fsmtrader.domain.units import RATIO, SECONDS, Unit, spoken
from fsmtrader.program import ir
from fsmtrader.program.draft import Draft
from fsmtrader.program.symbols import Scope
from fsmtrader.program.typed import (
    INSTANT,
    TRUTH,
    Arithmetic,
    Choice,
    Constant,
    Either,
    Every,
    Function,
    Inverse,
    Kind,
    Negative,
    Power,
    Type,
    Typed,
    number,
)
from fsmtrader.program.typer_calls import Calls
from fsmtrader.program.typer_compare import Comparisons, mend
from fsmtrader.program.typer_names import Names
from fsmtrader.program.typer_sense import Sense
from fsmtrader.spec.expression import tree as syntax
from fsmtrader.spec.expression.tree import Operator, Tree
from fsmtrader.spec.spec import Expression


class Typer:
    """Types expressions of one draft. A method gives None when a finding has been made."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.findings = draft.findings
        self.calls = Calls(self)
        self.names = Names(self)
        self.comparisons = Comparisons(self)
        self.sense = Sense(self)

    # -- whole expressions -------------------------------------------------------------------------------------------

    def any(self, expression: Expression | None, scope: Scope) -> ir.Value | None:
        if expression is None or expression.tree is None:
            return None
        tree = self.type(expression.tree, scope)
        return None if tree is None else ir.Value(tree, expression.text, expression.span)

    def truth(self, expression: Expression | None, scope: Scope) -> ir.Value | None:
        value = self.any(expression, scope)
        return value if value is None or self.must_be_truth(value.tree, value.span) else None

    def number(self, expression: Expression | None, scope: Scope, unit: Unit | None = None) -> ir.Value | None:
        """A number; with `unit` one that fits it."""
        value = self.any(expression, scope)
        if value is None or not self.must_be_number(value.tree, value.span):
            return None
        found = value.tree.type.unit
        if unit is not None and found is not None and found != unit:
            self.mixture(value.span, f"{value.text} is {value.tree.type}", spoken(unit))
            return None
        return value

    def word(self, expression: Expression | None, scope: Scope, words: tuple[str, ...]) -> ir.Value | None:
        """An enumerator out of `words`."""
        value = self.any(expression, scope)
        if value is None:
            return None
        if value.tree.type.kind is not Kind.WORD or not set(value.tree.type.words) <= set(words):
            self.kind_error(value.span, value.tree.type, " or ".join(words))
            return None
        return value

    # -- findings ----------------------------------------------------------------------------------------------------

    def kind_error(self, span: Span, found: Type, expected: str, hint: str = "") -> None:
        self.findings.error(
            "FSM401",
            span,
            f"{found} stands where {expected} belongs",
            expected=expected,
            hint=hint or _PUT.get(expected, f"put {expected} here"),
        )

    def mixture(self, span: Span, message: str, expected: str, hint: str = "") -> None:
        self.findings.error(
            "FSM402",
            span,
            f"{message}, where {expected} belongs",
            expected=expected,
            hint=hint
            or "multiply or divide by something that gives the missing unit, or state `unit:` where the "
            "number is declared",
        )

    def must_be_truth(self, tree: Typed, span: Span) -> bool:
        if tree.type.kind is Kind.TRUTH:
            return True
        hint = "compare it with something, e.g. `… > 0`" if tree.type.kind is Kind.NUMBER else "compare it with =="
        self.kind_error(span, tree.type, "a condition", hint)
        return False

    def must_be_number(self, tree: Typed, span: Span) -> bool:
        if tree.type.kind is Kind.NUMBER:
            return True
        hints = {
            Kind.TRUTH: "write `1 if … else 0` to count a condition",
            Kind.INSTANT: "write `since(…)` for the time that has passed",
            Kind.WORD: "compare it with ==, or choose with `a if … else b`",
        }
        self.kind_error(span, tree.type, "a number", hints.get(tree.type.kind, ""))
        return False

    # -- nodes -------------------------------------------------------------------------------------------------------

    def type(self, node: Tree, scope: Scope) -> Typed | None:
        self.draft.nesting += 1
        typed = self._node(node, scope)
        self.draft.nesting -= 1
        return typed if typed is None or self.sense.makes(node, typed, scope) else None

    def _node(self, node: Tree, scope: Scope) -> Typed | None:
        match node:
            case syntax.Number(value=value, suffix=suffix):
                return Constant(value, number(_unit_of_suffix(suffix)))
            case syntax.Boolean(value=truth):
                return Constant(1.0 if truth else 0.0, TRUTH)
            case syntax.Never():
                return Constant(float("-inf"), INSTANT)
            case syntax.Name():
                return self.names.type(node, scope)
            case syntax.Call():
                return self.calls.type(node, scope)
            case syntax.Negate(operand=operand):
                inner = self.type(operand, scope)
                if inner is None or not self.must_be_number(inner, operand.span):
                    return None
                if isinstance(inner, Constant):
                    return Constant(-inner.value, inner.type)
                return Negative(inner, inner.type)
            case syntax.Not(operand=operand):
                inner = self.type(operand, scope)
                if inner is None or not self.must_be_truth(inner, operand.span):
                    return None
                return Inverse(inner)
            case syntax.Binary():
                return self._binary(node, scope)
            case syntax.Compare():
                return self.comparisons.type(node, scope)
            case syntax.Conditional():
                return self._choice(node, scope)

    def _binary(self, node: syntax.Binary, scope: Scope) -> Typed | None:
        if node.operator is Operator.POWER:
            return self._power(node, scope)
        left, right = self.type(node.left, scope), self.type(node.right, scope)
        if left is None or right is None:
            return None
        if node.operator in (Operator.AND, Operator.OR, Operator.IMPLIES):
            good = [self.must_be_truth(left, node.left.span), self.must_be_truth(right, node.right.span)]
            if not all(good):
                return None
            if node.operator is Operator.AND:
                return Every(_flat(Every, left) + _flat(Every, right))
            if node.operator is Operator.OR:
                return Either(_flat(Either, left) + _flat(Either, right))
            return Either((Inverse(left), right))
        if node.operator is Operator.SUBTRACT and left.type.kind is right.type.kind is Kind.INSTANT:
            return Function("elapsed", (left, right), number(SECONDS))
        good = [self.must_be_number(left, node.left.span), self.must_be_number(right, node.right.span)]
        if not all(good):
            return None
        unit = self._arithmetic_unit(node, left.type.unit, right.type.unit)
        if unit is _NONE:
            return None
        assert unit is None or isinstance(unit, Unit)
        return Arithmetic(node.operator, left, right, number(unit))

    def _arithmetic_unit(self, node: syntax.Binary, left: Unit | None, right: Unit | None) -> Unit | object | None:
        """The unit of the result; `_NONE` after a finding."""
        if node.operator in (Operator.ADD, Operator.SUBTRACT):
            if left is None or right is None or left == right:
                return left if right is None else right
            verb = "added to" if node.operator is Operator.ADD else "subtracted from"
            first, second = (left, right) if node.operator is Operator.ADD else (right, left)
            self.findings.error(
                "FSM402",
                node.span,
                f"{spoken(first)} is {verb} {spoken(second)}",
                expected="the same unit on both sides",
                hint=mend(node.left, left, node.right, right),
            )
            return _NONE
        if left is None and right is None:
            return None
        first, second = left or RATIO, right or RATIO
        return first.times(second) if node.operator is Operator.MULTIPLY else first.over(second)

    def _power(self, node: syntax.Binary, scope: Scope) -> Typed | None:
        base = self.type(node.left, scope)
        if base is None or not self.must_be_number(base, node.left.span):
            return None
        exponent = _constant(node.right)
        if exponent is None:
            return None
        halves = round(exponent * 2)
        unit = base.type.unit
        if unit is not None and any(part * halves % 2 for part in unit):
            self.findings.error(
                "FSM402",
                node.span,
                f"the root of {spoken(unit)} has no unit",
                expected="a power that leaves whole units",
                hint="divide by something of the same unit first",
            )
            return None
        result = None if unit is None else Unit(*(part * halves // 2 for part in unit))
        return Power(base, halves, number(result))

    def _choice(self, node: syntax.Conditional, scope: Scope) -> Typed | None:
        condition = self.type(node.condition, scope)
        then, other = self.type(node.then, scope), self.type(node.other, scope)
        if condition is None or then is None or other is None or not self.must_be_truth(condition, node.condition.span):
            return None
        type_ = self.joined(then.type, other.type)
        if type_ is None:
            self.findings.error(
                "FSM402",
                node.span,
                f"one branch is {then.type}, the other {other.type}",
                expected="both branches of the same kind and unit",
                hint="give both branches the same unit",
            )
            return None
        return Choice(condition, then, other, type_)

    def joined(self, a: Type, b: Type) -> Type | None:
        """The type of a value that is one or the other."""
        if a.kind is not b.kind:
            return None
        if a.kind is Kind.WORD:
            return Type(Kind.WORD, words=tuple(dict.fromkeys((*a.words, *b.words))))
        if a.kind is Kind.NUMBER:
            if a.unit is None or b.unit is None or a.unit == b.unit:
                return a if b.unit is None else b
            return None
        return a


_NONE = object()
_PUT = {"an instant": "name a moment: `now`, or a variable that an action sets to `now`, e.g. `since(traded)`"}


def _flat(cls: type[Every] | type[Either], node: Typed) -> tuple[Typed, ...]:
    return node.operands if isinstance(node, cls) else (node,)


def _unit_of_suffix(suffix: str) -> Unit | None:
    if suffix == "":
        return None
    return RATIO if suffix in ("%", "bp") else SECONDS


def _constant(node: Tree) -> float | None:
    if isinstance(node, syntax.Number):
        return node.value
    if isinstance(node, syntax.Negate):
        inner = _constant(node.operand)
        return None if inner is None else -inner
    return None
