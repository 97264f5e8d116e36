"""Names, kinds and units: a syntax tree in a scope becomes a typed tree, or findings say why it can't."""

from __future__ import annotations

from fsmtrader.diagnostics import Span, closest
from fsmtrader.domain.units import RATIO, SECONDS, Unit, spoken
from fsmtrader.program import ir
from fsmtrader.program.draft import Draft
from fsmtrader.program.symbols import Scope
from fsmtrader.program.typed import (
    INSTANT,
    TRUTH,
    Arithmetic,
    Choice,
    Comparison,
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
from fsmtrader.program.typer_names import Names
from fsmtrader.spec.expression import render
from fsmtrader.spec.expression import tree as syntax
from fsmtrader.spec.expression.tree import Operator, Tree
from fsmtrader.spec.spec import Expression

_ORDERED = {Operator.LESS, Operator.LESS_EQUAL, Operator.GREATER, Operator.GREATER_EQUAL}


class Typer:
    """Types expressions of one draft. A method gives None when a finding has been made."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.findings = draft.findings
        self.calls = Calls(self)
        self.names = Names(self)

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
            hint=hint or f"put {expected} here",
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
        return typed

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
                return self._compare(node, scope)
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
                hint=_mend(node.left, left, node.right, right),
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

    # -- comparisons -------------------------------------------------------------------------------------------------

    def _compare(self, node: syntax.Compare, scope: Scope) -> Typed | None:
        pairs: list[Typed | None] = []
        left_tree = node.first
        left = self.names.parent_state(left_tree, scope) or self.type(left_tree, scope)
        for operator, right_tree in node.rest:
            parent = self._parent_state(operator, left_tree, right_tree, scope)
            if parent is not None:
                pairs.append(parent)
                left = None
            else:
                right = self.type(right_tree, scope)
                pairs.append(self._pair(operator, left, right, left_tree, right_tree))
                left = right
            left_tree = right_tree
        good = [pair for pair in pairs if pair is not None]
        if len(good) != len(pairs):
            return None
        return good[0] if len(good) == 1 else Every(tuple(good))

    def _parent_state(self, operator: Operator, left: Tree, right: Tree, scope: Scope) -> Typed | None:
        """`mode == PARENT` means: in one of the leaves below it."""
        if operator not in (Operator.EQUAL, Operator.NOT_EQUAL):
            return None
        for name, other in ((right, left), (left, right)):
            if isinstance(name, syntax.Name) and name.text in self.draft.state_words and not scope.find(name.text):
                mode = self.type(other, scope)
                if mode is None or mode.type.kind is not Kind.WORD:
                    return None
                leaves = self.draft.state_words[name.text]
                word = Type(Kind.WORD, words=leaves)
                tests = tuple(
                    Comparison(Operator.EQUAL, mode, Constant(float(self.draft.word(leaf)), word), exact=True)
                    for leaf in leaves
                )
                inside = tests[0] if len(tests) == 1 else Either(tests)
                return inside if operator is Operator.EQUAL else Inverse(inside)
        return None

    def _pair(
        self, operator: Operator, left: Typed | None, right: Typed | None, left_tree: Tree, right_tree: Tree
    ) -> Typed | None:
        if left is None or right is None:
            return None
        span = left_tree.span.to(right_tree.span)
        if left.type.kind is not right.type.kind:
            self.findings.error(
                "FSM401",
                span,
                f"{left.type} is compared with {right.type}",
                expected="two values of one kind",
                hint="compare numbers with numbers, enumerators with enumerators",
            )
            return None
        kind = left.type.kind
        if operator in _ORDERED and kind in (Kind.TRUTH, Kind.WORD):
            self.findings.error(
                "FSM401",
                span,
                f"{left.type} has no order",
                expected="== or !=",
                hint=f"write == or != instead of {operator.value}",
            )
            return None
        if kind is Kind.WORD and not set(left.type.words) & set(right.type.words):
            self.findings.error(
                "FSM403",
                span,
                f"{left.type} can never equal {right.type}",
                expected=f"{left.type}",
                hint=f"did you mean {closest(right.type.words[0], left.type.words) or left.type.words[0]}?",
            )
            return None
        a, b = left.type.unit, right.type.unit
        if kind is Kind.NUMBER and a is not None and b is not None and a != b:
            return self._unlike(operator, left, right, left_tree, right_tree)
        exact = kind is not Kind.NUMBER or SECONDS in (a, b)
        return Comparison(operator, left, right, exact)

    def _unlike(self, operator: Operator, left: Typed, right: Typed, left_tree: Tree, right_tree: Tree) -> Typed | None:
        """Two units are compared: in the seed a ratio against a difference of prices is a share of the second."""
        span = left_tree.span.to(right_tree.span)
        for difference, ratio_tree, ratio, ratio_is_right in (
            (left_tree, right_tree, right, True),
            (right_tree, left_tree, left, False),
        ):
            subtraction = _difference(difference)
            if subtraction is None or ratio.type.unit != RATIO:
                continue
            second = _text(subtraction.right)
            mended = f"{_text(ratio_tree)} * {second}"
            if not self.draft.is_seed:
                self.findings.error(
                    "FSM404",
                    ratio_tree.span,
                    f"a ratio, {_text(ratio_tree)}, is compared with a difference of two {self._plural(left, right)}",
                    expected="the same unit on both sides",
                    hint=f"write `{mended}` here, or declare {_text(ratio_tree)} with `unit: price`",
                )
                return None
            self.findings.warn(
                "FSM710",
                ratio_tree.span,
                f"{_text(ratio_tree)} is a ratio but stands against a difference of prices; it is read as `{mended}`",
                expected="a price",
                hint=f"write `{mended}`",
            )
            reference = self.type(subtraction.right, self.draft.top)
            if reference is None:
                return None
            scaled = Arithmetic(Operator.MULTIPLY, ratio, reference, reference.type)
            if ratio_is_right:
                return Comparison(operator, left, scaled, exact=False)
            return Comparison(operator, scaled, right, exact=False)
        self.findings.error(
            "FSM402",
            span,
            f"{left.type} is compared with {right.type}",
            expected="the same unit on both sides",
            hint=_mend(left_tree, left.type.unit, right_tree, right.type.unit),
        )
        return None

    def _plural(self, left: Typed, right: Typed) -> str:
        unit = left.type.unit if left.type.unit != RATIO else right.type.unit
        return f"{unit}s" if str(unit) == "price" else f"{unit} values"


_NONE = object()


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


def _difference(node: Tree) -> syntax.Binary | None:
    """`a - b`, also inside abs() or a minus."""
    if isinstance(node, syntax.Binary) and node.operator is Operator.SUBTRACT:
        return node
    if isinstance(node, syntax.Negate):
        return _difference(node.operand)
    if isinstance(node, syntax.Call) and node.function == "abs" and len(node.positional) == 1:
        return _difference(node.positional[0])
    return None


def _text(node: Tree) -> str:
    text = render(node)
    return text if isinstance(node, syntax.Name | syntax.Number | syntax.Call) else f"({text})"


def _mend(left_tree: Tree, left: Unit | None, right_tree: Tree, right: Unit | None) -> str:
    """How two unlike operands could be made alike."""
    difference = _difference(left_tree)
    if right == RATIO:
        other = _text(difference.right) if difference is not None else _text(left_tree)
        return f"a ratio of what? Write e.g. `{_text(right_tree)} * {other}`"
    if left == RATIO:
        return f"a ratio of what? Write e.g. `{_text(left_tree)} * {_text(right_tree)}`"
    if SECONDS in (left, right):
        return "compare durations with durations: since(…), time_in_state, held(…), or a parameter such as 30s"
    names = {str(left), str(right)}
    if names == {"base", "quote"}:
        return "multiply the base quantity by a price to get quote"
    return "state `unit:` where the wrong one is declared"
