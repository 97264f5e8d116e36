"""What to say where the parser cannot go on: the place, what was found, and the hint that mends it."""

from __future__ import annotations

from fsmtrader.spec.expression.lexer import SUFFIX_MEANT, Kind, Refused, Token
from fsmtrader.spec.expression.literals import FACTORS
from fsmtrader.spec.expression.tree import Binary, Call, Operator, Tree

POWERS = "other powers are `exp(y * log(x))`"

_OPERAND = "a number, a name, a call or `(`"
_IF_ELSE = "write `a if c else b`"
_COMMA_IN_YAML = "in YAML, inside `{ }` and `[ ]`, an expression with a comma must be quoted"


def no_operand(token: Token, before: Token | None) -> Refused:
    """Something else, or nothing, stands where an operand must."""
    if token.kind is Kind.END:
        assert before is not None, "an empty text is never parsed"
        return _ended(before)
    start, end = token.start, token.end
    if token.text == "+":
        return Refused("FSM223", start, end, "`+` before an operand says nothing", hint="delete the `+`")
    if token.text == "if":
        return Refused("FSM214", start, end, "no value stands before `if`", expected=_OPERAND, hint=_IF_ELSE)
    found = f"`{token.text}`" if before is None else f"`{token.text}` right after `{before.text}`"
    return Refused("FSM214", start, end, f"{found}: something is missing", expected=_OPERAND, hint=_repair(token))


def _ended(before: Token) -> Refused:
    if before.kind is Kind.OPEN:
        return unclosed(before)
    message = f"the expression ends after `{before.text}`"
    is_cut = before.kind in (Kind.COMMA, Kind.ASSIGN)
    hint = _COMMA_IN_YAML if is_cut else f"write {_OPERAND} after it, or delete it"
    return Refused("FSM214", before.start, before.end, message, expected=_OPERAND, hint=hint)


def _repair(token: Token) -> str:
    if token.kind is Kind.CLOSE:
        return "write what belongs before the bracket, or delete what is too much"
    if token.kind is Kind.COMMA:
        return "write the value before the comma, or delete the comma"
    if token.kind is Kind.ASSIGN:
        return "a comparison is `==`"
    return f"write what belongs before `{token.text}`, or delete it"


def unclosed(opening: Token) -> Refused:
    hint = f"write `)` where it ends; {_COMMA_IN_YAML}"
    return Refused("FSM216", opening.start, opening.end, "this bracket is never closed", expected="`)`", hint=hint)


def uncallable(tree: Tree, is_bracketed: bool, opening: Token) -> Refused:
    """`f(x)(y)`, `3(x)`, `(a)(b)`: `opening` is the bracket after the whole operand `tree`."""
    is_factor = is_bracketed or not isinstance(tree, Call)
    hint = "write `*` to multiply" if is_factor else "what a call gives is a value, not a function"
    message = "only a function's name can be called"
    return Refused("FSM220", opening.start, opening.end, message, expected="an operator", hint=hint)


def no_number(exponent: Tree, is_bracketed: bool, start: int, end: int) -> Refused:
    """The exponent from `start` to `end` is not a literal."""
    is_chain = not is_bracketed and isinstance(exponent, Binary) and exponent.operator is Operator.POWER
    hint = "put brackets around the first power: `(x ** 2) ** 3`" if is_chain else POWERS
    expected = "a number, as in `x ** 2` or `x ** -0.5`"
    return Refused("FSM218", start, end, "the exponent is not a number", expected=expected, hint=hint)


def no_else(condition: Token, token: Token, before: Token) -> Refused:
    """After `if c` (`condition` is the `if`) there is no `else` but `token`."""
    if token.kind in (Kind.END, Kind.CLOSE, Kind.COMMA):
        return Refused("FSM217", condition.start, condition.end, "`if` without `else`", hint=_IF_ELSE)
    return unexpected(token, before)


def unexpected(token: Token, before: Token) -> Refused:
    """A whole expression stands before `token`, which cannot follow it."""
    start, end = token.start, token.end
    match token.kind:
        case Kind.CLOSE:
            return Refused("FSM216", start, end, "this bracket was never opened", hint="delete it, or open one before")
        case Kind.COMMA:
            hint = "a comma separates the arguments of a call; digits are not grouped (`1000`)"
            return Refused("FSM221", start, end, "a comma outside a call", hint=hint)
        case Kind.ASSIGN:
            hint = "write `==` to compare; `=` names an argument of a call"
            return Refused("FSM209", start, end, "`=` is no operator of this language", hint=hint)
        case Kind.KEYWORD if token.text == "else":
            return Refused("FSM217", start, end, "`else` without `if`", hint=_IF_ELSE)
        case Kind.KEYWORD if token.text == "if":
            hint = "put brackets around it: `(a if c else b)`"
            return Refused("FSM217", start, end, "`if` inside a condition", hint=hint)
        case _:
            message = f"between `{before.text}` and `{token.text}` something is missing"
            hint = _between(before, token)
            return Refused("FSM215", start, end, message, expected="an operator, or the end", hint=hint)


def _between(before: Token, token: Token) -> str:
    """What was meant by two operands side by side."""
    if before.suffix == "%":
        return "`%` makes a percentage of the number before it; there is no remainder operator"
    if before.kind is Kind.NUMBER and token.text in FACTORS:
        return f"write `{before.text}{token.text}`, or `{before.text} * {token.text}`"
    if before.kind is Kind.NUMBER and not before.suffix and token.kind is Kind.NAME:
        suffix = SUFFIX_MEANT.get(token.text.lower())
        if suffix is not None:
            return f"write `{before.text}{suffix}`"
        if token.text.isupper():
            return f"a number has no currency or unit behind it: write `{before.text}`"
    if token.text == "not":
        return "write `and not`, or `!=` to compare"
    return f"write an operator before `{token.text}`"
