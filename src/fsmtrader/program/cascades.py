"""Findings that only repeat an earlier one: what an unreadable section would have declared is unknown."""

from __future__ import annotations

import re

from fsmtrader.diagnostics import Diagnostic, Findings
from fsmtrader.spec.document import Document, Entry, Mapping

_NAMES = frozenset({"FSM301", "FSM504"})
_CODES = {
    "accounts": frozenset({"FSM306"}),
    "legs": _NAMES | {"FSM306", "FSM307", "FSM503"},
    "parameters": _NAMES,
    "observe": _NAMES,
    "variables": _NAMES,
    "events": frozenset({"FSM307"}),
    "actions": frozenset({"FSM505"}),
    "states": frozenset({"FSM501"}),
    "regions": frozenset({"FSM301", "FSM501"}),
}
"""What is found where a name of a section is used that is not there."""
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def drop_cascades(document: Document, findings: Findings) -> None:
    """Take out what a section of a wrong kind (FSM104), or a name that is none (FSM106), has brought about."""
    codes: set[str] = set()
    pieces: set[str] = set()
    for entry in document.root:
        if entry.key.text in _CODES:
            if _is_refused(entry, findings):
                codes |= _CODES[entry.key.text]
            pieces |= _pieces(entry, findings)
    if codes or pieces:
        texts = {file: text.splitlines() for file, text in document.sources}
        findings.items[:] = [
            item
            for item in findings.items
            if item.code not in codes and not (item.code in _NAMES and _marked(item, texts) in pieces)
        ]


def _is_refused(entry: Entry, findings: Findings) -> bool:
    """Whether the section as a whole is of a wrong kind."""
    return any(item.code == "FSM104" and item.span in (entry.value.span, entry.key.span) for item in findings.items)


def _pieces(entry: Entry, findings: Findings) -> set[str]:
    """The words of names that are none: of `take-profit` an expression reads `take` and `profit`."""
    refused = {item.span for item in findings.items if item.code == "FSM106"}
    inside = entry.value if isinstance(entry.value, Mapping) else ()
    return {word for member in inside if member.key.span in refused for word in _WORD.findall(member.key.text)}


def _marked(item: Diagnostic, texts: dict[str, list[str]]) -> str:
    """The text that a finding on one line is about."""
    span = item.span
    lines = texts.get(span.file, [])
    return lines[span.line - 1][span.column - 1 : span.end_column - 1] if span.line <= len(lines) else ""
