"""What the emitter has to know besides the Program: which market is whose, and what the data are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fsmtrader.domain.market import Kind


@dataclass(frozen=True, slots=True)
class Layout:
    """Plain values, by index. They shape the emitted module; numbers of a run do not.

    market_of_leg: the market of each leg. sources: the raw events (indices into `Program.sources`) that an event of a
    kind is in a market. heard: the timers, by index of their source, that are not left out (C000-29). marked: markets
    whose mark events count as the mark. position_of_leg: legs with the same number share a net position.
    """

    markets: int
    market_of_leg: tuple[int, ...]
    position_of_leg: tuple[int, ...]
    sources: Mapping[tuple[Kind, int], tuple[int, ...]]
    kinds: tuple[frozenset[Kind], ...]
    heard: frozenset[int]
    marked: frozenset[int]
    hedged: tuple[bool, ...]
    """by leg: whether its account holds long and short side by side"""
    sampled: tuple[int, ...] = ()
    """slots that stand in the samples of the equity"""
    shared: tuple[int, ...] = ()
    """indicators whose values are worked out ahead, once for many sets of parameters (`shared`)"""
    leaps: bool = False
    """whether blocks of events of which nothing comes are passed over (`emit_calm.can_leap`)"""

    def key(self) -> str:
        """The layout as text, for a digest."""
        sources = sorted((int(kind), market, found) for (kind, market), found in self.sources.items())
        kinds = [sorted(map(int, found)) for found in self.kinds]
        return repr(
            (self.markets, self.market_of_leg, self.position_of_leg, sources, kinds, sorted(self.heard),
             sorted(self.marked), self.hedged, self.sampled, self.shared, self.leaps)
        )  # fmt: skip
