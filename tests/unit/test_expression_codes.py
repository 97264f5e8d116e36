"""Every code of the group: its bad guard gives this finding and no other, its good one gives none."""

from __future__ import annotations

import pytest

from fsmtrader.diagnostics import Findings
from fsmtrader.diagnostics.codes import Code
from fsmtrader.diagnostics.codes_expressions import CODES
from fsmtrader.spec.document import Mapping, Node, Scalar
from fsmtrader.spec.expression import parse
from fsmtrader.spec.loader import load_document
from fsmtrader.spec.source import Source


def _guard(document: str, findings: Findings) -> Scalar:
    loaded = load_document(Source("example.yml", document.encode()), findings)
    assert loaded is not None
    node: Node | None = loaded.root
    for key in ("states", "WAITING", "on", "tick", "if"):
        assert isinstance(node, Mapping)
        node = node.get(key)
    assert isinstance(node, Scalar)
    return node


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.code)
def test_examples_of_code(code: Code) -> None:
    findings = Findings()
    guard = _guard(code.bad, findings)
    assert parse(guard, findings) is None
    assert [item.code for item in findings.items] == [code.code]
    span = findings.items[0].span
    assert guard.span.line <= span.line <= guard.span.end_line
    assert span.end_column <= len(code.bad.splitlines()[span.line - 1]) + 1

    findings = Findings()
    assert parse(_guard(code.good, findings), findings) is not None
    assert findings.items == []


def test_codes_are_in_order_without_gaps() -> None:
    assert [code.code for code in CODES] == [f"FSM{201 + i}" for i in range(len(CODES))]
