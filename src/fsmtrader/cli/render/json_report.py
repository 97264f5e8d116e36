"""Findings as JSON. The shape is stable: fields may be added, `version` counts up when one changes its meaning."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fsmtrader.diagnostics import Diagnostic, Severity, Span

VERSION = 1


def render_json(diagnostics: Sequence[Diagnostic], sources: Mapping[str, str]) -> str:
    """`{version, findings, counts}`; lines and columns count from 1 in characters, the end column is exclusive."""
    report = {
        "version": VERSION,
        "findings": [finding(diagnostic) for diagnostic in diagnostics],
        "counts": {
            "errors": sum(d.severity is Severity.ERROR for d in diagnostics),
            "warnings": sum(d.severity is Severity.WARNING for d in diagnostics),
            "files": len(set(sources) | {d.span.file for d in diagnostics}),
        },
    }
    return json.dumps(report, indent=2) + "\n"


def finding(diagnostic: Diagnostic) -> dict[str, Any]:
    """One finding as plain data."""
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "expected": diagnostic.expected,
        "hint": diagnostic.hint,
        **_place(diagnostic.span),
        "related": [{"message": note, **_place(span)} for span, note in diagnostic.related],
    }


def _place(span: Span) -> dict[str, Any]:
    return {
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
