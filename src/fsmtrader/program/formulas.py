"""The formulas that primitives bring with them: functions of the numeric heart that give several numbers at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from fsmtrader.numeric import hedging

FORMULAS: Mapping[str, Callable[..., tuple[float, ...]]] = MappingProxyType(
    {
        function.__name__: function
        for function in (hedging.realized, hedging.transferred, hedging.rebuilt, hedging.reduce_both)
    }
)
"""By name; each is compiled by numba too (`numeric.registry`) and no input makes it raise."""
OPENING: frozenset[str] = frozenset({"rebuilt"})
"""Those whose quantities are larger than what is held."""
