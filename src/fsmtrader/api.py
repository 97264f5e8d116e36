"""The Python interface: what `import fsmtrader` offers, loaded when it is first used.

import fsmtrader

program = fsmtrader.compile("specs/band_limited_hedging.yml")
machine = fsmtrader.Machine(program)
machine.set(P_t=100)
machine.raise_event("monitor")
machine.mode
"""

from __future__ import annotations

import os

from fsmtrader.diagnostics import Diagnostic, SpecError, UsageError
from fsmtrader.program.compiler import CheckResult, check
from fsmtrader.program.ir import Program
from fsmtrader.research.machine_api import Machine
from fsmtrader.spec.reading import read_specs
from fsmtrader.spec.source import Source

__all__ = ["CheckResult", "Diagnostic", "Machine", "Program", "SpecError", "compile", "load"]

TEXT = "<text>"
"""the file that findings about a text name"""


def load(source: str | os.PathLike[str]) -> CheckResult:
    """Check a spec: a path, or its text (anything with a line break in it, or that begins with a brace)."""
    if isinstance(source, str) and ("\n" in source or source.lstrip().startswith("{")):
        return check(Source(TEXT, source.encode("utf-8", "surrogatepass")))
    read, problems = read_specs((os.fspath(source),))
    if len(read) > 1:
        raise UsageError(f"{os.fspath(source)} is a folder of {len(read)} specs: name one")
    return check(read[0]) if read and not problems else CheckResult(None, problems, {})


def compile(source: str | os.PathLike[str]) -> Program:
    """The Program of a spec, by path or text; SpecError with every finding when it has errors."""
    return load(source).require()
