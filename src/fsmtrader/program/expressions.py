"""Expressions out of document nodes that the reader kept as they were (arguments, risk, run)."""

from __future__ import annotations

from fsmtrader.diagnostics import Findings
from fsmtrader.spec.document import Node, Scalar
from fsmtrader.spec.expression import parse
from fsmtrader.spec.spec import Expression


def expression_of(node: Node, findings: Findings) -> Expression | None:
    """The expression that a scalar holds; a finding for anything else."""
    if isinstance(node, Scalar):
        return Expression(node.text, node.span, parse(node, findings))
    findings.error(
        "FSM304",
        node.span,
        "a mapping or list stands where a value belongs",
        expected="an expression",
        hint="write one expression here",
    )
    return None
