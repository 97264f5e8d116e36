"""Going through a tree."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

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
    Tree,
)


def children(tree: Tree) -> tuple[Tree, ...]:
    """The operands or arguments of a node, in the order of the text."""
    match tree:
        case Negate() | Not():
            return (tree.operand,)
        case Binary():
            return (tree.left, tree.right)
        case Compare():
            return (tree.first, *(operand for _, operand in tree.rest))
        case Conditional():
            return (tree.then, tree.condition, tree.other)
        case Call():
            return (*tree.positional, *(argument.value for argument in tree.keywords))
        case _:
            return ()


def walk(tree: Tree) -> Iterator[Tree]:
    """Every node, parents first, in the order of the text."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(children(node)))


def names(tree: Tree) -> tuple[Name, ...]:
    """Every use of a name (not of a function), in the order of the text."""
    return tuple(node for node in walk(tree) if isinstance(node, Name))


def calls(tree: Tree) -> tuple[Call, ...]:
    """Every call, outer ones before those in their arguments."""
    return tuple(node for node in walk(tree) if isinstance(node, Call))


def same(a: Tree, b: Tree) -> bool:
    """Whether two trees are equal, wherever they were written."""
    return all(
        one is not None and other is not None and _label(one) == _label(other)
        for one, other in zip_longest(walk(a), walk(b))
    )


def _label(tree: Tree) -> tuple[object, ...]:
    """All of a node but its spans and children. It fixes how many children there are, so labels in order are a tree."""
    match tree:
        case Number():
            return (Number, tree.value, tree.suffix)
        case Boolean():
            return (Boolean, tree.value)
        case Name():
            return (Name, tree.text)
        case Binary():
            return (Binary, tree.operator)
        case Compare():
            return (Compare, *(operator for operator, _ in tree.rest))
        case Call():
            return (Call, tree.function, len(tree.positional), *(argument.name for argument in tree.keywords))
        case Negate() | Not() | Never() | Conditional():
            return (type(tree),)
