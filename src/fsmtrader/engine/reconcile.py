"""The strategy's own ledger against the venue's positions (X-09): more than a lot apart is an alert, never silence.

Legs that share a position at the venue (the two sides of a symbol on a one-way account, say) are compared as one sum.
While an order of such a position is out nothing is said: its fills may be on their way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fsmtrader.engine.core import Core
from fsmtrader.engine.events import AlertRaised
from fsmtrader.program.ir import Leg, Side

WHISKER = 1e-9
Key = tuple[str, str, str]
"""account, symbol, and the side where the account keeps both"""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the two do not agree: signed quantities, in base currency."""

    account: str
    symbol: str
    side: str
    ledger: float
    venue: float

    @property
    def text(self) -> str:
        side = f" {self.side}" if self.side else ""
        where = f"{self.symbol}{side} on {self.account}"
        return f"the ledger holds {self.ledger:.10g} of {where}, the venue {self.venue:.10g}"


def compare(
    core: Core,
    position: Callable[[str], float],
    is_hedged: Callable[[str], bool],
    lots: Mapping[str, float],
) -> tuple[Difference, ...]:
    """Every difference of more than a lot. `position` is the venue's signed quantity behind a leg; `is_hedged` says
    whether its account keeps long and short apart; `lots` are quantity steps by leg."""
    ours: dict[Key, float] = {}
    theirs: dict[Key, float] = {}
    tolerance: dict[Key, float] = {}
    for index, leg in enumerate(core.program.legs):
        key = _key(leg, is_hedged(leg.name))
        signed = -1.0 if leg.side is Side.SHORT else 1.0
        ours[key] = ours.get(key, 0.0) + signed * core.state.books.quantity(index)
        theirs[key] = position(leg.name)
        tolerance[key] = max(lots.get(leg.name, 0.0), tolerance.get(key, 0.0))
    out = [core.program.legs[order.leg] for order in core.exposure.live.values()]
    busy = {_key(leg, is_hedged(leg.name)) for leg in out}
    return tuple(
        Difference(*key, ours[key], theirs[key])
        for key in ours
        if key not in busy and not _agree(ours[key], theirs[key], tolerance[key])
    )


def mismatch(now_us: int, difference: Difference) -> AlertRaised:
    """The alert that says so."""
    return AlertRaised(now_us, "ledger_mismatch", f"{difference.account}.{difference.symbol}", difference.text)


def _key(leg: Leg, hedged: bool) -> Key:
    return leg.account, leg.symbol, leg.side.value if hedged and leg.side is not None else ""


def _agree(ours: float, theirs: float, lot: float) -> bool:
    return abs(ours - theirs) <= lot * (1.0 + WHISKER) + WHISKER * max(abs(ours), abs(theirs))
