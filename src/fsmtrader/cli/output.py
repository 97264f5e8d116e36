"""What the commands share: how findings leave the program, whether in colour, and what they mean for the exit code."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence

import click

from fsmtrader.cli.render import Format, render_github, render_json, render_junit, render_sarif, render_text
from fsmtrader.diagnostics import Diagnostic, Severity, UsageError


class OutputClosed(Exception):
    """Whoever read standard output went away. (click would end the program itself on a BrokenPipeError.)"""


class OutputFailed(Exception):
    """Standard output cannot take the text: a full disk, for example. Says the system's reason."""


def show_findings(
    diagnostics: Sequence[Diagnostic],
    sources: Mapping[str, str],
    form: Format,
    *,
    strict: bool = False,
    summary: str = "",
) -> None:
    """Print findings on standard output; `summary` closes the text form."""
    match form:
        case Format.TEXT:
            text = render_text(diagnostics, sources, color=wants_color(), width=terminal_width())
            if summary:
                text += ("\n" if text else "") + summary + "\n"
        case Format.JSON:
            text = render_json(diagnostics, sources)
        case Format.SARIF:
            text = render_sarif(diagnostics, sources)
        case Format.GITHUB:
            text = render_github(diagnostics, sources)
        case Format.JUNIT:
            text = render_junit(diagnostics, sources, strict=strict)
    write(text)


def write(text: str) -> None:
    """Print a finished text as it is."""
    try:
        click.echo(text, nl=False, color=True)
    except BrokenPipeError as closed:
        raise OutputClosed from closed
    except OSError as problem:
        raise OutputFailed((problem.strerror or str(problem)).lower()) from problem


def write_file(path: str, text: str) -> None:
    """Write a finished text to a file that the user named."""
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except OSError as problem:
        raise UsageError(f"cannot write {path!r}: {(problem.strerror or str(problem)).lower()}") from problem


def exit_code(diagnostics: Sequence[Diagnostic], *, strict: bool) -> int:
    """1 when there are errors (with `strict`: any finding), else 0."""
    return int(any(strict or diagnostic.severity is Severity.ERROR for diagnostic in diagnostics))


def summary_of(diagnostics: Sequence[Diagnostic], files: int) -> str:
    """The closing line: how many errors and warnings in how many files."""
    errors = sum(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)
    warnings = len(diagnostics) - errors
    where = f"in {counted(files, 'file')}"
    if not diagnostics:
        return f"no errors {where}"
    parts = [counted(errors, "error")] if errors or not warnings else []
    parts += [counted(warnings, "warning")] if warnings else []
    return f"{', '.join(parts)} {where}"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def wants_color() -> bool:
    """Colour on a terminal; `NO_COLOR` and `FORCE_COLOR` (not empty) decide first, in this order."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def terminal_width() -> int:
    """The terminal's columns; 100 when there is none, so that output in files does not depend on a window."""
    if not sys.stdout.isatty():
        return 100
    return shutil.get_terminal_size().columns
