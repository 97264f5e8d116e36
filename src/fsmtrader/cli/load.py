"""One spec from a path, checked: what the commands that show a Program begin with."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from fsmtrader.diagnostics import SpecError, UsageError
from fsmtrader.diagnostics.visible import visible
from fsmtrader.program.compiler import CheckResult, check
from fsmtrader.program.ir import Program
from fsmtrader.spec.reading import read_specs


def program_of(path: str) -> Program:
    """The Program of one spec; SpecError with every finding when it has errors."""
    results = results_of((path,))
    if len(results) != 1:
        raise UsageError(f"{visible(path)} is a folder of {len(results)} specs: name one")
    return results[0].require()


def results_of(paths: Sequence[str]) -> tuple[CheckResult, ...]:
    """Each spec checked; SpecError when a path cannot be read."""
    read, problems = read_specs(paths, stdin=sys.stdin.buffer)
    if problems:
        raise SpecError(problems, {})
    return tuple(check(source) for source in read)
