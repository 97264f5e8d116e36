"""Findings about a user's text, and the tree of errors.

A *finding* is a value: what is wrong, where, what was expected and how to mend it. Findings are collected, never
raised one by one. The errors below are raised only when a caller asked for something that the findings forbid.

    FsmError
    ├── SpecError        the text has errors; carries every finding
    ├── UsageError       the caller's own arguments are wrong (exit code 2)
    ├── DataError        market data that cannot be used
    └── RunError         a run that cannot go on
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


class Severity(enum.Enum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A piece of text: lines and columns count from 1 in characters; the end column is the first one after it."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of `other`."""
        return Span(self.file, self.line, self.column, other.end_line, other.end_column)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `message` says what was found, `expected` what belongs there, `hint` how to mend it."""

    code: str
    severity: Severity
    message: str
    span: Span
    expected: str = ""
    hint: str = ""
    related: tuple[tuple[Span, str], ...] = ()


@dataclass(slots=True)
class Findings:
    """Where one reading or compilation gathers its findings (the only object in the front end that grows)."""

    items: list[Diagnostic] = field(default_factory=list)

    def error(
        self,
        code: str,
        span: Span,
        message: str,
        *,
        expected: str = "",
        hint: str = "",
        related: Iterable[tuple[Span, str]] = (),
    ) -> None:
        self.items.append(Diagnostic(code, Severity.ERROR, message, span, expected, hint, tuple(related)))

    def warn(
        self,
        code: str,
        span: Span,
        message: str,
        *,
        expected: str = "",
        hint: str = "",
        related: Iterable[tuple[Span, str]] = (),
    ) -> None:
        self.items.append(Diagnostic(code, Severity.WARNING, message, span, expected, hint, tuple(related)))

    @property
    def has_errors(self) -> bool:
        return any(item.severity is Severity.ERROR for item in self.items)

    def in_order(self) -> tuple[Diagnostic, ...]:
        """Every finding once, by file and place."""
        return tuple(sorted(dict.fromkeys(self.items), key=lambda d: (d.span, d.code)))


class FsmError(Exception):
    """The root of what this package raises on purpose."""


class SpecError(FsmError):
    """The text has errors. `diagnostics` holds every finding, `sources` the text they point into by file name."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...], sources: Mapping[str, str]) -> None:
        self.diagnostics = diagnostics
        self.sources = sources
        errors = [d for d in diagnostics if d.severity is Severity.ERROR]
        first = f"{errors[0].span}: {errors[0].code} {errors[0].message}" if errors else "no error"
        super().__init__(f"{len(errors)} error(s); the first: {first}")


class UsageError(FsmError):
    """The caller's own arguments are wrong."""


class DataError(FsmError):
    """Market data that cannot be used: says the file, the row and why."""


class RunError(FsmError):
    """A run that cannot go on."""


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word nearest to `word`, or None when nothing is near enough to be meant."""
    import difflib

    candidates = sorted(set(known))
    folded = {name.lower(): name for name in candidates}
    if word.lower() in folded:
        return folded[word.lower()]
    found = difflib.get_close_matches(word, candidates, n=1, cutoff=0.6)
    return found[0] if found else None
