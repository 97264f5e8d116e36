"""What the document's long-run estimate comes to in a run (R000-43, document 000 §5).

Each rebalance earns E[dR] = c1 * MES - c2 * f, and in a time T there are sigma**2 * T / MES**2 of them, so

    E[R_T] = sigma**2 * T * (c1 / MES - c2 * f / MES**2),    greatest for MES* = 2 * (c2 / c1) * f.

c1 is what a rebalance captured before its cost over MES, c2 what it cost (fees and slippage) over f: means over the
rebalances of the run, in quote currency. sigma**2 * T is the realised variance while the band was watched. The estimate
holds for a price without drift, and is above zero only for MES > (c2 / c1) * f (C000-27): it is shown, not promised.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fsmtrader.engine.core import Core
from fsmtrader.engine.events import ActionEnded, Booked, Note, Transition
from fsmtrader.research.tracks import Tracks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BAND, FEE = "MES", "f"
"""the document's names of the two parameters"""
LEAST = 2
"""rebalances below which nothing is fitted"""


@dataclass(frozen=True, slots=True)
class Fit:
    """`error` is the standard error of c1. `expected` is E[R_T] of the run's own sigma**2 * T; `best` is MES*."""

    rebalances: int
    variance: float
    c1: float
    error: float
    c2: float
    gain: float
    """E[dR], what one rebalance brings"""
    expected_rebalances: float
    expected: float
    best: float | None
    """none where nothing was captured"""


class Rebalances:
    """Watches what each rebalance of one core has captured and cost."""

    def __init__(self, core: Core, tracks: Tracks) -> None:
        self._core = core
        self._tracks = tracks
        slots = {entry.name: entry.slot for entry in core.program.parameters}
        self._slots = (slots[BAND], slots[FEE]) if BAND in slots and FEE in slots else None
        self._leaf = self._first_leaf()
        self._captured: list[float] = []
        self._last = (0.0, 0.0)
        self._cost = 0.0

    def heard(self, notes: tuple[Note, ...]) -> None:
        """An action that is done where the band is watched is a rebalance; what is opened or wound down elsewhere is
        none of its own."""
        if self._slots is None or not self._tracks.bands:
            return
        band = self._tracks.bands[0]
        place = self._core.regions.places[band.region]
        is_done = is_elsewhere = False
        for note in notes:
            if isinstance(note, Transition) and note.region == place.region.name:
                self._leaf = note.target
            elif isinstance(note, ActionEnded) and note.outcome == "done":
                is_done |= self._leaf in band.leaves
            elif isinstance(note, Booked):
                is_elsewhere |= self._leaf not in band.leaves or place.flight is None
        if is_done:
            captured, friction = self._now()
            self._captured.append(captured - self._last[0])
            self._cost += friction - self._last[1]
            self._last = captured, friction
        elif is_elsewhere:
            self._last = self._now()

    def fit(self, price: Floats, is_watched: NDArray[np.bool_]) -> Fit | None:
        """The fit over the run's own prices; `is_watched`: where the band was. None without enough to go by."""
        if self._slots is None or len(self._captured) < LEAST:
            return None
        band, fee = (self._core.x[slot] for slot in self._slots)
        if not band > 0.0 or not fee > 0.0:
            return None
        return fitted(self._captured, self._cost, band, fee, variance_of(price, is_watched))

    def _first_leaf(self) -> str:
        """Where the region of the band begins."""
        if not self._tracks.bands:
            return ""
        region = self._core.program.regions[self._tracks.bands[0].region]
        return region.leaves[region.initial].name

    def _now(self) -> tuple[float, float]:
        return self._tracks.captured, self._tracks.friction


def fitted(captured: list[float], cost: float, band: float, fee: float, variance: float) -> Fit:
    """From what each rebalance captured, and what all of them cost."""
    count = len(captured)
    mean = math.fsum(captured) / count
    spread = math.fsum((value - mean) ** 2 for value in captured) / (count - 1)
    c1, c2 = mean / band, cost / count / fee
    return Fit(
        rebalances=count,
        variance=variance,
        c1=c1,
        error=math.sqrt(spread / count) / band,
        c2=c2,
        gain=c1 * band - c2 * fee,
        expected_rebalances=variance / band**2,
        expected=variance * (c1 / band - c2 * fee / band**2),
        best=2.0 * c2 / c1 * fee if c1 > 0.0 else None,
    )


def variance_of(price: Floats, is_watched: NDArray[np.bool_]) -> float:
    """Sum of squared log returns from one row to the next where the band was watched at both."""
    import numpy as np

    if len(price) < 2:
        return 0.0
    steps = np.diff(np.log(price))
    both = is_watched[1:] & is_watched[:-1] & np.isfinite(steps)
    return float(np.sum(steps[both] ** 2))
