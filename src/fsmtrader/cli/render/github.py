"""Findings as GitHub's workflow commands: each becomes a remark at its line in a pull request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fsmtrader.diagnostics import Diagnostic, Severity
from fsmtrader.diagnostics.visible import visible

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning"}


def render_github(diagnostics: Sequence[Diagnostic], sources: Mapping[str, str]) -> str:
    """One line a finding. The sources are not needed: the host shows the line itself."""
    del sources
    return "".join(_command(diagnostic) for diagnostic in diagnostics)


def _command(diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    place = {"file": span.file, "line": span.line, "endLine": span.end_line}
    if span.line == span.end_line:  # columns are only taken on one line
        place |= {"col": span.column, "endColumn": span.end_column}
    place["title"] = diagnostic.code
    properties = ",".join(f"{key}={_property(str(value))}" for key, value in place.items())
    message = "\n".join(
        part
        for part in (
            diagnostic.message,
            f"expected: {diagnostic.expected}" if diagnostic.expected else "",
            f"hint: {diagnostic.hint}" if diagnostic.hint else "",
        )
        if part
    )
    return f"::{_COMMANDS[diagnostic.severity]} {properties}::{_data(message)}\n"


def _data(text: str) -> str:
    shown = visible(text, keep="\r\n")
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
