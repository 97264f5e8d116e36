"""Comparisons: kinds and units on both sides, and what would make them alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsmtrader.diagnostics import closest
from fsmtrader.domain.units import RATIO, SECONDS, Unit
from fsmtrader.program import meant
from fsmtrader.program.symbols import Scope
from fsmtrader.program.typed import Arithmetic, Comparison, Constant, Either, Every, Inverse, Kind, Type, Typed
from fsmtrader.spec.expression import render
from fsmtrader.spec.expression import tree as syntax
from fsmtrader.spec.expression.tree import Operator, Tree

if TYPE_CHECKING:
    from fsmtrader.program.typer import Typer

_ORDERED = {Operator.LESS, Operator.LESS_EQUAL, Operator.GREATER, Operator.GREATER_EQUAL}


class Comparisons:
    """Types the comparisons of one draft."""

    def __init__(self, typer: Typer) -> None:
        self.typer = typer
        self.draft = typer.draft
        self.findings = typer.findings

    def type(self, node: syntax.Compare, scope: Scope) -> Typed | None:
        pairs: list[Typed | None] = []
        left_tree = node.first
        left = self.typer.names.parent_state(left_tree, scope) or self.typer.type(left_tree, scope)
        for operator, right_tree in node.rest:
            parent = self._parent_state(operator, left_tree, right_tree, scope)
            if parent is not None:
                pairs.append(parent)
                left = None
            else:
                right = self._right(left, right_tree, scope)
                pairs.append(self._pair(operator, left, right, left_tree, right_tree))
                left = right
            left_tree = right_tree
        good = [pair for pair in pairs if pair is not None]
        if len(good) != len(pairs):
            return None
        return good[0] if len(good) == 1 else Every(tuple(good))

    def _right(self, left: Typed | None, tree: Tree, scope: Scope) -> Typed | None:
        """What stands beside an enumeration is best one of its words."""
        if isinstance(tree, syntax.Name) and left is not None and left.type.kind is Kind.WORD:
            if not self.typer.names.is_known(tree.text, scope):
                return self.typer.names.type(tree, scope, left.type.words)
        return self.typer.type(tree, scope)

    def _parent_state(self, operator: Operator, left: Tree, right: Tree, scope: Scope) -> Typed | None:
        """`mode == PARENT` means: in one of the leaves below it."""
        if operator not in (Operator.EQUAL, Operator.NOT_EQUAL):
            return None
        for name, other in ((right, left), (left, right)):
            if isinstance(name, syntax.Name) and name.text in self.draft.state_words and not scope.find(name.text):
                mode = self.typer.type(other, scope)
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
                hint=_of_one_kind(left.type.kind, right.type.kind),
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
            guess = closest(right.type.words[0], left.type.words) or left.type.words[0]
            states = meant.present_state(self.draft, left.type.words, right.type.words)
            self.findings.error(
                "FSM403",
                span,
                f"{left.type} can never equal {right.type}",
                expected="a state that can change on one side" if states else f"{left.type}",
                hint=states or f"did you mean {guess}?",
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
            subtraction = subtraction_in(difference)
            if subtraction is None or ratio.type.unit != RATIO:
                continue
            second = spelled(subtraction.right)
            mended = f"{spelled(ratio_tree)} * {second}"
            if not self.draft.is_seed:
                self.findings.error(
                    "FSM404",
                    ratio_tree.span,
                    f"a ratio, {spelled(ratio_tree)}, is compared with a difference of two {self._plural(left, right)}",
                    expected="the same unit on both sides",
                    hint=f"write `{mended}` here, or declare {spelled(ratio_tree)} with `unit: price`",
                )
                return None
            self.findings.warn(
                "FSM710",
                ratio_tree.span,
                f"{spelled(ratio_tree)} is a ratio but stands against a difference of prices; it is read as `{mended}`",
                expected="a price",
                hint=f"write `{mended}`",
            )
            reference = self.typer.type(subtraction.right, self.draft.top)
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
            hint=mend(left_tree, left.type.unit, right_tree, right.type.unit),
        )
        return None

    def _plural(self, left: Typed, right: Typed) -> str:
        unit = left.type.unit if left.type.unit != RATIO else right.type.unit
        return f"{unit}s" if str(unit) == "price" else f"{unit} values"


def subtraction_in(node: Tree) -> syntax.Binary | None:
    """`a - b`, also inside abs() or a minus."""
    if isinstance(node, syntax.Binary) and node.operator is Operator.SUBTRACT:
        return node
    if isinstance(node, syntax.Negate):
        return subtraction_in(node.operand)
    if isinstance(node, syntax.Call) and node.function == "abs" and len(node.positional) == 1:
        return subtraction_in(node.positional[0])
    return None


def spelled(node: Tree) -> str:
    text = render(node)
    return text if isinstance(node, syntax.Name | syntax.Number | syntax.Call) else f"({text})"


def _of_one_kind(left: Kind, right: Kind) -> str:
    """How to compare values of two kinds."""
    if {left, right} == {Kind.INSTANT, Kind.NUMBER}:
        return (
            "`since(…)` is the time that has passed since an instant: write e.g. `since(v) > 5s`, v set to `now` before"
        )
    if Kind.TRUTH in (left, right):
        return "a condition stands alone: write `a and b`, or `not a`, instead of comparing it"
    return "compare numbers with numbers, enumerators with enumerators"


def mend(left_tree: Tree, left: Unit | None, right_tree: Tree, right: Unit | None) -> str:
    """How two unlike operands could be made alike."""
    difference = subtraction_in(left_tree)
    if right == RATIO:
        other = spelled(difference.right) if difference is not None else spelled(left_tree)
        return f"a ratio of what? Write e.g. `{spelled(right_tree)} * {other}`"
    if left == RATIO:
        return f"a ratio of what? Write e.g. `{spelled(left_tree)} * {spelled(right_tree)}`"
    if SECONDS in (left, right):
        return "compare durations with durations: since(…), time_in_state, held(…), or a parameter such as 30s"
    names = {str(left), str(right)}
    if names == {"base", "quote"}:
        return "multiply the base quantity by a price to get quote"
    return "state `unit:` where the wrong one is declared"
