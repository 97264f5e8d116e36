"""Everything that a spec can name, declared once."""

from __future__ import annotations

from fsmtrader.catalog.declaration import Declaration
from fsmtrader.catalog.functions import FUNCTIONS
from fsmtrader.catalog.hedging import HEDGING
from fsmtrader.catalog.indicators import INDICATORS
from fsmtrader.catalog.observables import OBSERVABLES
from fsmtrader.catalog.primitives import PRIMITIVES


def declarations() -> dict[str, Declaration]:
    """Every declaration by name."""
    return {entry.name: entry for entry in (*FUNCTIONS, *OBSERVABLES, *INDICATORS, *HEDGING, *PRIMITIVES)}


def callables() -> frozenset[str]:
    """The names that a step may call."""
    return frozenset(entry.name for entry in (*HEDGING, *PRIMITIVES))
