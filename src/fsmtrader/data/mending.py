"""What an import does to times that a run would refuse: missing ones are filled in, and none goes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fsmtrader.data.times import MISSING

if TYPE_CHECKING:
    from fsmtrader.data.events import Times


@dataclass(slots=True)
class Mending:
    """How times are mended, and how often they were. `offset_us`: the recorder's time less the exchange's, usually."""

    offset_us: int = 0
    filled: int = 0
    """rows without the exchange's time: theirs is the recorder's, less the usual distance"""
    moved: int = 0
    """rows that were earlier than one before them: they are told at the time of that one"""
    repeated: int = 0
    """trades whose number had come before: they are left out"""
    last_us: int = MISSING
    """the time that was told last"""

    def mended(self, time_us: Times, local_us: Times | None, before_us: int) -> Times:
        """Times as they are told; what cannot be filled in stays `MISSING` for the checks."""
        import numpy as np

        lacking = time_us == MISSING
        if local_us is not None and lacking.any():
            known = lacking & (local_us != MISSING)
            time_us = np.where(known, local_us - self.offset_us, time_us)
            self.filled += int(known.sum())
            lacking = time_us == MISSING
        if lacking.any():
            return time_us
        told: Times = np.maximum.accumulate(np.concatenate([[max(before_us, self.last_us)], time_us]))[1:]
        self.last_us = int(told[-1])
        self.moved += int((told > time_us).sum())
        return told
