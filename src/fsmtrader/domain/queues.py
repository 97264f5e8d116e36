"""How far an order that rests moves up when others leave its level: nobody tells whether they stood before it."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Leaving(enum.IntEnum):
    """Who is supposed to have left a level that became smaller without a trade."""

    RISK_AVERSE = 0
    """those behind, as long as there can be any"""
    POWER = 1
    """by chance, by the power n of what stands before and behind"""
    LOG = 2
    """by chance, by the logarithm of what stands before and behind"""


@dataclass(frozen=True, slots=True)
class QueueModel:
    """A model of a queue (V-14). `power` is the n of `POWER`."""

    leaving: Leaving = Leaving.RISK_AVERSE
    power: float = 1.0

    def __str__(self) -> str:
        """As it is given to a run: `risk-averse`, `power:2`, `log`."""
        if self.leaving is Leaving.POWER:
            return f"power:{self.power:g}"
        return "log" if self.leaving is Leaving.LOG else "risk-averse"


RISK_AVERSE = QueueModel()
