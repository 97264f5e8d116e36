"""Tokens to a tree: a Pratt parser. The first mistake ends it.

From the loosest to the tightest: `a if c else b` (right), `implies` (right), `or`, `and`, `not`, comparisons (chained),
`+ -`, `* /`, unary `-`, `**` with a constant exponent, then numbers, names, calls and brackets.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from fsmtrader.spec.document import Scalar
from fsmtrader.spec.expression.lexer import Kind, Lexed, Refused, Token
from fsmtrader.spec.expression.limits import check_depth
from fsmtrader.spec.expression.refusals import (
    POWERS,
    no_else,
    no_number,
    no_operand,
    uncallable,
    unclosed,
    unexpected,
)
from fsmtrader.spec.expression.tree import (
    Argument,
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


class Binding(enum.IntEnum):
    """How tightly an operator binds."""

    CONDITIONAL = 1
    IMPLIES = 2
    OR = 3
    AND = 4
    NOT = 5
    COMPARE = 6
    SUM = 7
    PRODUCT = 8
    NEGATE = 9
    POWER = 10
    ATOM = 11


BINDING = {
    Operator.IMPLIES: Binding.IMPLIES,
    Operator.OR: Binding.OR,
    Operator.AND: Binding.AND,
    Operator.LESS: Binding.COMPARE,
    Operator.LESS_EQUAL: Binding.COMPARE,
    Operator.GREATER: Binding.COMPARE,
    Operator.GREATER_EQUAL: Binding.COMPARE,
    Operator.EQUAL: Binding.COMPARE,
    Operator.NOT_EQUAL: Binding.COMPARE,
    Operator.ADD: Binding.SUM,
    Operator.SUBTRACT: Binding.SUM,
    Operator.MULTIPLY: Binding.PRODUCT,
    Operator.DIVIDE: Binding.PRODUCT,
    Operator.POWER: Binding.POWER,
}
_OPERATORS = {operator.value: operator for operator in Operator}

MAX_EXPONENT = 16.0


@dataclass(frozen=True, slots=True)
class _Part:
    """A parsed piece: its tree, where it stands (its brackets included), how many nodes deep it is."""

    tree: Tree
    start: int
    end: int
    height: int
    bracketed: bool = False


def parse_tokens(scalar: Scalar, lexed: Lexed) -> Tree:
    """The tree of the tokens of `scalar`. Raises `Refused` for the first mistake."""
    return _Parser(scalar, lexed).whole()


class _Parser:
    """One pass over the tokens; `_at` is the only thing that moves."""

    __slots__ = ("_at", "_lexed", "_scalar", "_tokens")

    def __init__(self, scalar: Scalar, lexed: Lexed) -> None:
        self._scalar = scalar
        self._lexed = lexed
        self._tokens: Sequence[Token] = lexed.tokens
        self._at = 0

    # -- tokens

    def _peek(self) -> Token:
        """The next token. Where the lexer gave up, its refusal is the first mistake: everything before was in order."""
        token = self._tokens[self._at]
        if token.kind is Kind.END and self._lexed.refusal is not None:
            raise self._lexed.refusal
        return token

    def _take(self) -> Token:
        token = self._peek()
        if token.kind is not Kind.END:
            self._at += 1
        return token

    def _is_keyword(self, word: str) -> bool:
        token = self._peek()
        return token.kind is Kind.KEYWORD and token.text == word

    def _operator(self) -> Operator | None:
        """The binary operator that stands next, if one does."""
        token = self._peek()
        return _OPERATORS.get(token.text) if token.kind in (Kind.OPERATOR, Kind.KEYWORD) else None

    # -- the grammar

    def whole(self) -> Tree:
        part = self._expression(Binding.CONDITIONAL, 0)
        token = self._peek()
        if token.kind is not Kind.END:
            raise unexpected(token, self._tokens[self._at - 1])
        return part.tree

    def _expression(self, least: int, level: int) -> _Part:
        """What binds at least as tightly as `least`, from here on."""
        check_depth(level, self._peek())
        part = self._prefix(least, level)
        while True:
            operator = self._operator()
            if operator is not None and BINDING[operator] >= least:
                part = self._infix(operator, part, level)
            elif least <= Binding.CONDITIONAL and self._is_keyword("if"):
                part = self._conditional(part, level)
            else:
                return part

    def _infix(self, operator: Operator, left: _Part, level: int) -> _Part:
        binding = BINDING[operator]
        if binding is Binding.COMPARE:
            return self._comparison(left, level)
        token = self._take()
        if operator is Operator.POWER:
            right = self._exponent(token, level)
        else:
            right = self._expression(binding if operator is Operator.IMPLIES else binding + 1, level + 1)
        span = self._scalar.part(left.start, right.end)
        return self._joined(Binary(operator, left.tree, right.tree, span), token, left, right)

    def _comparison(self, first: _Part, level: int) -> _Part:
        token = self._peek()
        parts = [first]
        operators: list[Operator] = []
        while (operator := self._operator()) is not None and BINDING[operator] is Binding.COMPARE:
            self._take()
            operators.append(operator)
            parts.append(self._expression(Binding.SUM, level + 1))
        rest = tuple(zip(operators, (part.tree for part in parts[1:]), strict=True))
        span = self._scalar.part(first.start, parts[-1].end)
        return self._joined(Compare(first.tree, rest, span), token, *parts)

    def _conditional(self, then: _Part, level: int) -> _Part:
        token = self._take()
        condition = self._expression(Binding.IMPLIES, level + 1)
        if not self._is_keyword("else"):
            raise no_else(token, self._peek(), self._tokens[self._at - 1])
        self._take()
        other = self._expression(Binding.CONDITIONAL, level + 1)
        span = self._scalar.part(then.start, other.end)
        return self._joined(Conditional(then.tree, condition.tree, other.tree, span), token, then, condition, other)

    def _joined(self, tree: Tree, token: Token, *parts: _Part) -> _Part:
        height = 1 + max(part.height for part in parts)
        check_depth(height, token)
        return _Part(tree, parts[0].start, parts[-1].end, height)

    def _prefix(self, least: int, level: int) -> _Part:
        """An operand with the signs before it."""
        token = self._take()
        if token.text == "-" and token.kind is Kind.OPERATOR:
            operand = self._expression(Binding.NEGATE, level + 1)
            return self._signed(Negate(operand.tree, self._scalar.part(token.start, operand.end)), token, operand)
        if token.text == "not" and token.kind is Kind.KEYWORD:
            if least > Binding.NOT:
                message, hint = "`not` cannot stand right after this operator", "put brackets around it: `(not x)`"
                raise Refused("FSM222", token.start, token.end, message, hint=hint)
            operand = self._expression(Binding.NOT, level + 1)
            return self._signed(Not(operand.tree, self._scalar.part(token.start, operand.end)), token, operand)
        part = self._atom(token, level)
        if self._peek().kind is Kind.OPEN:
            raise uncallable(part.tree, part.bracketed, self._peek())
        return part

    def _signed(self, tree: Tree, token: Token, operand: _Part) -> _Part:
        check_depth(operand.height + 1, token)
        return _Part(tree, token.start, operand.end, operand.height + 1)

    def _atom(self, token: Token, level: int) -> _Part:
        span = self._scalar.part(token.start, token.end)
        match token.kind:
            case Kind.NUMBER:
                return _Part(Number(token.value, token.suffix, span), token.start, token.end, 1)
            case Kind.NAME if self._peek().kind is Kind.OPEN:
                return self._call(token, level)
            case Kind.NAME:
                return _Part(Name(token.text, span), token.start, token.end, 1)
            case Kind.KEYWORD if token.text in ("true", "false"):
                return _Part(Boolean(token.text == "true", span), token.start, token.end, 1)
            case Kind.KEYWORD if token.text == "never":
                return _Part(Never(span), token.start, token.end, 1)
            case Kind.OPEN:
                return self._brackets(token, level)
            case _:
                raise no_operand(token, self._before(token))

    def _before(self, token: Token) -> Token | None:
        """The token before one that was just taken (the end of the text is never taken)."""
        index = self._at - 1 if token.kind is Kind.END else self._at - 2
        return self._tokens[index] if index >= 0 else None

    def _brackets(self, opening: Token, level: int) -> _Part:
        inner = self._expression(Binding.CONDITIONAL, level + 1)
        closing = self._closing(opening)
        return _Part(inner.tree, opening.start, closing.end, inner.height, bracketed=True)

    def _closing(self, opening: Token) -> Token:
        token = self._peek()
        if token.kind is Kind.END:
            raise unclosed(opening)
        if token.kind is not Kind.CLOSE:
            raise unexpected(token, self._tokens[self._at - 1])
        return self._take()

    # -- powers

    def _exponent(self, power: Token, level: int) -> _Part:
        """The constant after `**`: a plain number, maybe negated, maybe in brackets; anything else is refused."""
        part = self._expression(Binding.NEGATE, level + 1)
        number = part.tree.operand if isinstance(part.tree, Negate) else part.tree
        if not isinstance(number, Number):
            raise no_number(part.tree, part.bracketed, part.start, part.end)
        if number.suffix or number.value > MAX_EXPONENT or (number.value * 2) % 1:
            expected = f"a multiple of 0.5 between -{MAX_EXPONENT:g} and {MAX_EXPONENT:g}, without a suffix"
            raise Refused(
                "FSM218", part.start, part.end, "this exponent is not allowed", expected=expected, hint=POWERS
            )
        return part

    # -- calls

    def _call(self, name: Token, level: int) -> _Part:
        opening = self._take()
        positional: list[_Part] = []
        keywords: list[Argument] = []
        height = 0
        if self._peek().kind is not Kind.CLOSE:
            height = self._argument(positional, keywords, level)
            while self._peek().kind is Kind.COMMA:
                self._take()
                height = max(height, self._argument(positional, keywords, level))
        closing = self._closing(opening)
        check_depth(height + 1, name)
        tree = Call(
            name.text,
            self._scalar.part(name.start, name.end),
            tuple(part.tree for part in positional),
            tuple(keywords),
            self._scalar.part(name.start, closing.end),
        )
        return _Part(tree, name.start, closing.end, height + 1)

    def _argument(self, positional: list[_Part], keywords: list[Argument], level: int) -> int:
        """Reads one argument into one of the two lists; returns its height."""
        name = self._peek()
        following = self._tokens[min(self._at + 1, len(self._tokens) - 1)]
        if name.kind in (Kind.NAME, Kind.KEYWORD) and following.kind is Kind.ASSIGN:
            self._at += 2
            return self._keyword(name, keywords, level)
        part = self._expression(Binding.CONDITIONAL, level + 1)
        token = self._peek()
        if token.kind is Kind.ASSIGN:
            hint = "a keyword is one name: `f(x, window=1h)`; to compare write `==`"
            raise Refused("FSM219", token.start, token.end, "`=` follows what is no keyword", hint=hint)
        if keywords:
            hint = f"put it before `{keywords[0].name}=`, or name it too"
            raise Refused("FSM219", part.start, part.end, "an argument without a name follows a named one", hint=hint)
        positional.append(part)
        return part.height

    def _keyword(self, name: Token, keywords: list[Argument], level: int) -> int:
        if name.kind is Kind.KEYWORD:
            message = f"`{name.text}` is a word of the language and names no argument"
            raise Refused("FSM219", name.start, name.end, message, hint="write the argument's own name")
        if any(argument.name == name.text for argument in keywords):
            message = f"the argument `{name.text}` is given twice"
            raise Refused("FSM219", name.start, name.end, message, hint="delete one of them")
        value = self._expression(Binding.CONDITIONAL, level + 1)
        keywords.append(Argument(name.text, value.tree, self._scalar.part(name.start, value.end)))
        return value.height
