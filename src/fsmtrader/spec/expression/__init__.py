"""Expressions: a small total language, from text to a tree with every node's place.

`parse` is total: any text gives a tree or exactly one finding, within the limits of `limits.py`.
"""

from __future__ import annotations

from fsmtrader.diagnostics import Diagnostic, Findings, Span
from fsmtrader.spec.document import Scalar, ScalarKind
from fsmtrader.spec.expression.lexer import BLANKS, KEYWORDS, Refused, is_name, tokenize
from fsmtrader.spec.expression.limits import check_length, check_tokens
from fsmtrader.spec.expression.parser import parse_tokens
from fsmtrader.spec.expression.print import render
from fsmtrader.spec.expression.tree import Tree
from fsmtrader.spec.expression.visit import calls, children, names, same, walk

__all__ = [
    "KEYWORDS",
    "calls",
    "children",
    "is_name",
    "names",
    "parse",
    "parse_text",
    "render",
    "same",
    "walk",
]


def parse(scalar: Scalar, findings: Findings) -> Tree | None:
    """The tree of a scalar's text; None when it is refused, with one finding at the exact place."""
    if scalar.kind is ScalarKind.NULL or not scalar.text.strip(BLANKS):
        hint = "write one, or delete the key"
        findings.error("FSM201", scalar.span, "the expression is empty", expected="an expression", hint=hint)
        return None
    try:
        check_length(scalar.text)
        lexed = tokenize(scalar.text)
        check_tokens(lexed.tokens)
        return parse_tokens(scalar, lexed)
    except Refused as refused:
        span = scalar.part(refused.start, refused.end)
        findings.error(refused.code, span, refused.message, expected=refused.expected, hint=refused.hint)
        return None


def parse_text(text: str, file: str = "<text>") -> tuple[Tree | None, tuple[Diagnostic, ...]]:
    """The tree of plain text and its findings, for tests and tools that have no document."""
    findings = Findings()
    tree = parse(_scalar_from_text(text, file), findings)
    return tree, findings.in_order()


def _scalar_from_text(text: str, file: str) -> Scalar:
    offsets = [(1, 1)]
    for character in text:
        line, column = offsets[-1]
        offsets.append((line + 1, 1) if character == "\n" else (line, column + 1))
    end_line, end_column = offsets[-1]
    return Scalar(text, ScalarKind.TEXT, False, Span(file, 1, 1, end_line, end_column), tuple(offsets))
