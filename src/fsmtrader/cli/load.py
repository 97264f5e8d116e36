"""One spec from a path, checked: what the commands that show a Program begin with."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from fsmtrader.diagnostics import SpecError
from fsmtrader.program.compiler import CheckResult, check, check_merged
from fsmtrader.program.ir import Program
from fsmtrader.spec.source import read_sources


def program_of(path: str) -> Program:
    """The Program of one spec; SpecError with every finding when it has errors."""
    (result,) = results_of((path,), merge=True)
    return result.require()


def results_of(paths: Sequence[str], *, merge: bool = False) -> tuple[CheckResult, ...]:
    """Each spec checked (with `merge`: all as one); SpecError when a path cannot be read."""
    read, problems = read_sources(paths, stdin=sys.stdin.buffer)
    if problems:
        raise SpecError(problems, {})
    return (check_merged(read),) if merge else tuple(check(source) for source in read)
