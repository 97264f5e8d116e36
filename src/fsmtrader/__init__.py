"""fsmtrader: trading strategies as checked state machines, written in YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fsmtrader.api import CheckResult as CheckResult
    from fsmtrader.api import Diagnostic as Diagnostic
    from fsmtrader.api import Machine as Machine
    from fsmtrader.api import Program as Program
    from fsmtrader.api import SpecError as SpecError
    from fsmtrader.api import compile as compile
    from fsmtrader.api import load as load

__version__ = "0.1.0"

_LAZY = ("CheckResult", "Diagnostic", "Machine", "Program", "SpecError", "compile", "load")


def __getattr__(name: str) -> object:
    """The public names, from `fsmtrader.api`, when they are first asked for (PEP 562): the import stays light."""
    if name not in _LAZY:
        raise AttributeError(f"module 'fsmtrader' has no attribute {name!r}")
    from fsmtrader import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
