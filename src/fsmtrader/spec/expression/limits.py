"""How much one expression may hold. Length and brackets are looked at before anything is parsed, without recursion.

The depth is bounded for the whole tree, so that whoever walks it may recurse.
"""

from __future__ import annotations

from collections.abc import Sequence

from fsmtrader.spec.expression.lexer import Kind, Refused, Token

MAX_CHARACTERS = 2000
MAX_TOKENS = 400
MAX_DEPTH = 40

_NAME_PARTS = "give parts of it names under `observe`, and use the names"


def check_length(text: str) -> None:
    """Refuse text that is too long, at the first character too many."""
    if len(text) > MAX_CHARACTERS:
        raise Refused(
            "FSM202",
            MAX_CHARACTERS,
            len(text),
            f"the expression has {len(text)} characters",
            expected=f"at most {MAX_CHARACTERS}",
            hint=_NAME_PARTS,
        )


def check_tokens(tokens: Sequence[Token]) -> None:
    """Refuse too many tokens, and brackets too deep in one another."""
    if len(tokens) - 1 > MAX_TOKENS:
        extra = tokens[MAX_TOKENS]
        raise Refused(
            "FSM202",
            extra.start,
            extra.end,
            f"the expression has {len(tokens) - 1} numbers, names and signs",
            expected=f"at most {MAX_TOKENS}",
            hint=_NAME_PARTS,
        )
    depth = 0
    for token in tokens:
        depth += (token.kind is Kind.OPEN) - (token.kind is Kind.CLOSE)
        check_depth(depth, token)


def check_depth(depth: int, token: Token) -> None:
    """Refuse, at `token`, what stands deeper than `MAX_DEPTH`."""
    if depth > MAX_DEPTH:
        raise Refused(
            "FSM203",
            token.start,
            token.end,
            f"more than {MAX_DEPTH} operations or brackets stand in one another",
            hint=_NAME_PARTS,
        )
