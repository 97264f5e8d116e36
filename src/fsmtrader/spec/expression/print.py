"""A tree as canonical text: one blank around operators, no bracket that the grammar does not need."""

from __future__ import annotations

from fsmtrader.spec.expression.literals import number_text
from fsmtrader.spec.expression.parser import BINDING, Binding
from fsmtrader.spec.expression.tree import (
    Binary,
    Boolean,
    Call,
    Compare,
    Conditional,
    Name,
    Negate,
    Never,
    Not,
    Number,
    Operator,
    Tree,
)


def render(tree: Tree) -> str:
    """The text of `tree`; parsing it gives the same tree, but for the spans."""
    match tree:
        case Number():
            return number_text(tree.value, tree.suffix)
        case Boolean():
            return "true" if tree.value else "false"
        case Never():
            return "never"
        case Name():
            return tree.text
        case Negate():
            return f"-{_within(tree.operand, Binding.NEGATE)}"
        case Not():
            return f"not {_within(tree.operand, Binding.NOT)}"
        case Binary():
            return _binary(tree)
        case Compare():
            rest = (f" {operator.value} {_within(operand, Binding.SUM)}" for operator, operand in tree.rest)
            return _within(tree.first, Binding.SUM) + "".join(rest)
        case Conditional():
            then, condition = (_within(part, Binding.IMPLIES) for part in (tree.then, tree.condition))
            return f"{then} if {condition} else {render(tree.other)}"
        case Call():
            keywords = (f"{argument.name}={render(argument.value)}" for argument in tree.keywords)
            return f"{tree.function}({', '.join((*map(render, tree.positional), *keywords))})"


def _binary(tree: Binary) -> str:
    own = BINDING[tree.operator]
    if tree.operator is Operator.POWER:
        return f"{_within(tree.left, Binding.ATOM)} ** {render(tree.right)}"
    left, right = own, Binding(own + 1)
    if tree.operator is Operator.IMPLIES:
        left, right = right, left
    return f"{_within(tree.left, left)} {tree.operator.value} {_within(tree.right, right)}"


def _within(tree: Tree, needed: Binding) -> str:
    """The text of an operand, in brackets if it binds less than its place needs."""
    text = render(tree)
    return text if _binding(tree) >= needed else f"({text})"


def _binding(tree: Tree) -> Binding:
    match tree:
        case Conditional():
            return Binding.CONDITIONAL
        case Binary():
            return BINDING[tree.operator]
        case Not():
            return Binding.NOT
        case Compare():
            return Binding.COMPARE
        case Negate():
            return Binding.NEGATE
        case _:
            return Binding.ATOM
