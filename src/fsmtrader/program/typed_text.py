"""A typed tree as text again: the names of the spec, one blank around operators, brackets where they are needed."""

from __future__ import annotations

from fsmtrader.program.ir import Program
from fsmtrader.program.typed import (
    Arithmetic,
    Asked,
    AtLeast,
    Choice,
    Comparison,
    Constant,
    Either,
    Every,
    Formula,
    Function,
    Inverse,
    Kind,
    Negative,
    Observed,
    Power,
    Read,
    Ready,
    Typed,
)
from fsmtrader.spec.expression.tree import Operator

_ATOM, _POWER, _PRODUCT, _SUM, _COMPARED, _NOT, _AND, _OR, _CHOICE = range(9)
_STRENGTH = {
    Operator.MULTIPLY: _PRODUCT,
    Operator.DIVIDE: _PRODUCT,
    Operator.ADD: _SUM,
    Operator.SUBTRACT: _SUM,
}


def text_of(program: Program, tree: Typed) -> str:
    """The text of a tree. It means what the tree does; it need not be what the author wrote."""
    return _Text(program).of(tree)[0]


class _Text:
    """Each part as its text and how loosely that binds."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def of(self, node: Typed) -> tuple[str, int]:
        match node:
            case Constant():
                return self._constant(node), _ATOM
            case Read(slot=slot):
                return self._program.slots[slot].name, _ATOM
            case Observed(observable=index):
                return self._program.observables[index].name, _ATOM
            case Asked(query=query, arguments=asked_of):
                asked = self._program.queries[query]
                return asked.text or self._call(asked.function, asked_of), _ATOM
            case Function(name=name, arguments=arguments) | Formula(name=name, arguments=arguments):
                return self._call(name, arguments), _ATOM
            case Ready(operand=operand):
                return self._call("ready", (operand,)), _ATOM
            case AtLeast(count=count, operands=operands):
                return self._call("at_least", (count, *operands)), _ATOM
            case Power(operand=operand, halves=halves):
                return f"{self._within(operand, _ATOM)} ** {halves / 2:g}", _POWER
            case Negative(operand=operand):
                return f"-{self._within(operand, _POWER)}", _PRODUCT
            case Arithmetic(operator=operator, left=left, right=right):
                own = _STRENGTH[operator]
                return f"{self._within(left, own)} {operator.value} {self._within(right, own - 1)}", own
            case Comparison(operator=operator, left=left, right=right):
                return f"{self._within(left, _SUM)} {operator.value} {self._within(right, _SUM)}", _COMPARED
            case Inverse(operand=operand):
                return f"not {self._within(operand, _NOT)}", _NOT
            case Every(operands=operands):
                return " and ".join(self._within(operand, _NOT) for operand in operands), _AND
            case Either(operands=operands):
                return " or ".join(self._within(operand, _AND) for operand in operands), _OR
            case Choice(condition=condition, then=then, other=other):
                parts = self._within(then, _OR), self._within(condition, _OR), self._within(other, _CHOICE)
                return "{} if {} else {}".format(*parts), _CHOICE

    def _within(self, node: Typed, loosest: int) -> str:
        text, strength = self.of(node)
        return text if strength <= loosest else f"({text})"

    def _call(self, name: str, arguments: tuple[Typed, ...]) -> str:
        return f"{name}({', '.join(self.of(argument)[0] for argument in arguments)})"

    def _constant(self, node: Constant) -> str:
        match node.type.kind:
            case Kind.TRUTH:
                return "true" if node.value == 1.0 else "false"
            case Kind.WORD:
                return self._program.words[int(node.value)]
            case Kind.INSTANT:
                return "never" if node.value == float("-inf") else f"{node.value / 1e6:.10g} s"
            case Kind.NUMBER:
                return f"{node.value:.10g}"
