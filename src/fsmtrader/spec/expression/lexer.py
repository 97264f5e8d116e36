"""Text to tokens. What is foreign to the language is refused here, at its place and with a hint that mends it.

The lexer stops at the first thing it refuses and hands that on after the tokens before it, so that the parser can
report an earlier mistake first.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from fsmtrader.spec.expression.characters import strange
from fsmtrader.spec.expression.literals import FACTORS, scaled

BLANKS = " \t\r\n"
KEYWORDS = frozenset({"and", "or", "not", "if", "else", "implies", "true", "false", "never"})

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_TAIL = re.compile(r"%?[A-Za-z0-9_]*")
_BLANKS = re.compile(f"[{BLANKS}]*")
_STRING = re.compile(r"'[^'\n]*'?|\"[^\"\n]*\"?|`[^`\n]*`?")
_DOLLAR = re.compile(r"\$\{?[A-Za-z0-9_]*\}?")
_ATTRIBUTE = re.compile(r"\.[ \t]*[A-Za-z_]?[A-Za-z0-9_]*")

_IF_ELSE = "write `a if x else b` for `x ? a : b`"
_ASSIGN = "an expression assigns nothing: write `{name: value}` under `do`, or `==` to compare"

FOREIGN_OPERATORS = {
    "&&": "write `and`",
    "||": "write `or`",
    "!": "write `not`",
    "===": "write `==`",
    "!==": "write `!=`",
    "<>": "write `!=`",
    "=<": "write `<=`",
    "=>": "write `>=` to compare, or `implies`",
    "->": "write `implies`",
    "^": "write `**`",
    "//": "write `floor(a / b)`",
    "%": "write a percentage without a blank (`5%`); there is no remainder operator",
    "?": _IF_ELSE,
    "??": "write `a if ready(a) else b`",
    ":": _IF_ELSE,
    "&": "write `and`",
    "|": "write `or`; an absolute value is `abs(x)`",
    "~": "write `not`",
    "<<": "write `* 2 ** n` with a number n",
    ">>": "write `/ 2 ** n` with a number n",
    ":=": _ASSIGN,
    "+=": _ASSIGN,
    "-=": _ASSIGN,
    "*=": _ASSIGN,
    "/=": _ASSIGN,
}
_OPERATORS = ("**", "<=", ">=", "==", "!=", "+", "-", "*", "/", "<", ">")
_SIGNS = sorted((*_OPERATORS, *FOREIGN_OPERATORS, "(", ")", ",", "="), key=len, reverse=True)

_NOT_HERE = "an expression holds numbers, names, operators and calls of the catalog's functions"
FOREIGN_WORDS = {
    **dict.fromkeys(
        re.findall(
            "[a-z]+",
            "as assert async await break class continue def del except finally from global import lambda nonlocal pass "
            "raise return try while with yield",
        ),
        _NOT_HERE,
    ),
    "for": f"{_NOT_HERE}; windows and counts are functions (`mean`, `highest`, `streak`)",
    "in": "compare one by one: `x == a or x == b`",
    "is": "write `==`",
    "elif": "write `a if x else b if y else c`",
    "None": "`ready(x)` asks whether there is a value; `never` is the instant that has not been",
    **{
        form: f"write `{word}`"
        for word in ("true", "false", "and", "or", "not", "if", "else", "implies")
        for form in (word.upper(), word.capitalize())
    },
}

SUFFIX_MEANT = {
    **dict.fromkeys(("bps", "bip", "bips"), "bp"),
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("day", "days"), "d"),
    **dict.fromkeys(("msec", "millis"), "ms"),
    **dict.fromkeys(("pct", "percent"), "%"),
}


class Kind(enum.Enum):
    NUMBER = "number"
    NAME = "name"
    KEYWORD = "keyword"
    OPERATOR = "operator"
    OPEN = "("
    CLOSE = ")"
    COMMA = ","
    ASSIGN = "="
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text from `start` to `end` (exclusive); `value` and `suffix` are a number's."""

    kind: Kind
    text: str
    start: int
    end: int
    value: float = 0.0
    suffix: str = ""


class Refused(Exception):
    """The first mistake of an expression: characters `start` to `end`, and what a finding says.

    It never leaves this package: `parse` files it as a finding.
    """

    def __init__(self, code: str, start: int, end: int, message: str, *, expected: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.start = start
        self.end = end
        self.message = message
        self.expected = expected
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Lexed:
    """Tokens, the last of kind END (an empty piece after the last one), and why the lexer stopped before the end."""

    tokens: tuple[Token, ...]
    refusal: Refused | None


def is_name(text: str) -> bool:
    """Whether an expression can name something so: ASCII, no word of the language, not two underscores in front."""
    return (
        NAME.fullmatch(text) is not None
        and text not in KEYWORDS
        and text not in FOREIGN_WORDS
        and not text.startswith("__")
    )


def tokenize(text: str) -> Lexed:
    """The tokens of `text`, up to the first thing that is refused."""
    tokens: list[Token] = []
    refusal = None
    try:
        at = _after_blanks(text, 0)
        while at < len(text):
            tokens.append(_token(text, at))
            at = _after_blanks(text, tokens[-1].end)
    except Refused as refused:
        refusal = refused
    end = tokens[-1].end if tokens else 0
    return Lexed((*tokens, Token(Kind.END, "", end, end)), refusal)


def _after_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    assert found is not None
    return found.end()


def _token(text: str, at: int) -> Token:
    """The token that starts at `at`."""
    character = text[at]
    if character in "0123456789" or (character == "." and text[at + 1 : at + 2] in tuple("0123456789")):
        return _number(text, at)
    word = NAME.match(text, at)
    if word is not None:
        return _word(word.group(), at)
    for sign in _SIGNS:
        if text.startswith(sign, at):
            return _sign(sign, at)
    raise _stranger(text, at)


def _word(word: str, at: int) -> Token:
    if word.startswith("__"):
        raise Refused(
            "FSM212",
            at,
            at + len(word),
            f"the name `{word}` starts with two underscores",
            hint="names that start so are kept back; give it another",
        )
    if word in FOREIGN_WORDS:
        raise Refused("FSM210", at, at + len(word), f"`{word}` is no word of this language", hint=FOREIGN_WORDS[word])
    return Token(Kind.KEYWORD if word in KEYWORDS else Kind.NAME, word, at, at + len(word))


def _sign(sign: str, at: int) -> Token:
    if sign in FOREIGN_OPERATORS:
        raise Refused(
            "FSM209", at, at + len(sign), f"`{sign}` is no operator of this language", hint=FOREIGN_OPERATORS[sign]
        )
    plain = {"(": Kind.OPEN, ")": Kind.CLOSE, ",": Kind.COMMA, "=": Kind.ASSIGN}
    return Token(plain.get(sign, Kind.OPERATOR), sign, at, at + len(sign))


def _number(text: str, at: int) -> Token:
    """A number with its suffix; nothing that could belong to it may follow."""
    found = _NUMBER.match(text, at)
    assert found is not None
    digits = found.group()
    tail = _TAIL.match(text, found.end())
    assert tail is not None
    suffix, end = tail.group(), tail.end()
    if suffix not in FACTORS:
        raise Refused(
            "FSM207",
            at,
            end,
            f"`{digits}{suffix}` is no number",
            expected="digits with one of the suffixes ms s m h d % bp, or none",
            hint=_number_hint(digits, suffix),
        )
    if text[end : end + 1] == ".":
        raise Refused("FSM207", at, end + 1, f"`{digits}{suffix}.` is no number", hint=_point_hint(text, digits, end))
    value = scaled(digits, suffix)
    if value is None:
        raise Refused(
            "FSM208",
            at,
            end,
            f"`{_short(digits)}{suffix}` cannot be held in a double",
            expected="zero, or a size between 1e-323 and 1e308",
            hint="write a number of an ordinary size",
        )
    return Token(Kind.NUMBER, digits + suffix, at, end, value, suffix)


def _number_hint(digits: str, tail: str) -> str:
    """What was meant by a number with this tail."""
    if tail.startswith("%"):
        return f"`%` is no operator: `{digits}%` is a percentage; put an operator and blanks after it"
    if tail[0] == "_":
        return "write the digits without `_`"
    if digits == "0" and tail[0] in "xXoObB":
        return "numbers are decimal"
    if tail[0] in "eE":
        return f"digits belong after the `{tail[0]}`, as in `{digits}e-3`"
    meant = tail.lower() if tail.lower() in FACTORS else SUFFIX_MEANT.get(tail.lower())
    if meant is not None:
        return f"write `{digits}{meant}`"
    pieces = re.fullmatch(r"(ms|[smhd])([0-9]+)(ms|[smhd])", tail)
    if pieces is not None:
        return f"write `{digits}{pieces[1]} + {pieces[2]}{pieces[3]}`"
    return f"put an operator between them (`{digits} * {tail}`)" if NAME.fullmatch(tail) else "take it apart"


def _point_hint(text: str, digits: str, end: int) -> str:
    if text[end + 1 : end + 2] in tuple("0123456789"):
        return "a number has one decimal point"
    return f"write `{digits}`, or digits after the point"


def _short(digits: str) -> str:
    return digits if len(digits) <= 24 else f"{digits[:20]}…"


def _stranger(text: str, at: int) -> Refused:
    """Why no token starts at `at`."""
    character = text[at]
    if character == ".":
        end = _end(_ATTRIBUTE, text, at)
        hint = "what belongs to a leg is a function of it: `mark(L)`, `quantity(L)`"
        return Refused("FSM211", at, end, "an expression has no attributes", hint=hint)
    if character in "[]{}":
        hint = "earlier values and windows are functions: `change(x, every=1s)`, `mean(x, n=20, every=1s)`"
        message = f"an expression has no `{character}`: no indexes, lists or mappings"
        return Refused("FSM211", at, at + 1, message, hint=hint)
    if character in "'\"`":
        hint = "names, legs and enumerators are written without quotes"
        return Refused("FSM211", at, _end(_STRING, text, at), "an expression has no strings", hint=hint)
    if character == "$":
        end = _end(_DOLLAR, text, at)
        name = text[at:end].strip("${}")
        is_amount = name[:1] in tuple("0123456789") and bool(name)
        hint = f"write `{name}`" if is_name(name) or is_amount else "write the field's name alone"
        return Refused("FSM213", at, end, "`$` stands for a field of the row in plain text only", hint=hint)
    if " " < character <= "~":
        hints = {"#": "a comment starts after a blank, outside the quotes", ";": "one expression has one value"}
        message = f"`{character}` cannot stand in an expression"
        return Refused("FSM204", at, at + 1, message, hint=hints.get(character, f"delete it; {_NOT_HERE}"))
    finding = strange(character)
    return Refused(finding.code, at, at + 1, finding.message, hint=finding.hint)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return at + 1 if found is None else max(found.end(), at + 1)
