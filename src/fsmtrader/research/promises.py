"""What a run says of the catalog's promises that are about the whole of it: the cost of exits, the growth of exposure.

The others are kept elsewhere: conditions and `maker_only` at each decision (engine), those about the text when it is
checked (`program/passes/vows.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from fsmtrader.engine.core import Core
from fsmtrader.engine.events import ActionEnded, Booked, Note, Transition
from fsmtrader.program.ir import Leg, Side, is_leaving
from fsmtrader.research.moments import instant

COST, GROWTH, STOP = "exit_cost_is_bounded", "risk_exposure_growth_is_linear", "exit_not_price_stop"
STATIC = "a property of the text, found when it was checked"
ROUNDING = 1e-9
"""share of an amount by which sums of doubles may differ"""
ROUNDS = 2.0
"""roundings in a leg's rebalance: its own, and what was carried from the one before (C000-18)"""


@dataclass(frozen=True, slots=True)
class Promise:
    """An invariant: `verdict` is kept, broken, or not judged."""

    name: str
    verdict: str
    broken: int
    first: str


@dataclass(slots=True)
class Exit:
    """An exit: what was held when it began, what it has cost, the highest price of its fills.

    `before`: orders that were out when it began. What they open is held then, too, and their fees are not the exit's.
    """

    held: float
    before: frozenset[str]
    fees: float = 0.0
    highest: float = 0.0

    def bound(self, fee: float) -> float:
        """f * Q0 * P_max, the tight bound (R000-41, C000-21)."""
        return fee * self.held * self.highest


@dataclass(frozen=True, slots=True)
class _Pair:
    """Quantities and averages of a long and a short leg."""

    long: float
    long_price: float
    short: float
    short_price: float

    @property
    def net(self) -> float:
        return self.long - self.short

    @property
    def gross(self) -> float:
        return self.long + self.short

    def won(self, price: float) -> float:
        """Profit of the winning leg at a price; zero if neither has won."""
        sides = (
            self.long * (price - self.long_price) if self.long else 0.0,
            self.short * (self.short_price - price) if self.short else 0.0,
        )
        return max(0.0, *sides)


class Promises:
    """Watches one core. `fee`: what a market order costs, as a share of its value."""

    def __init__(self, core: Core, fee: float) -> None:
        self._core = core
        self._fee = fee
        self._leaving = {
            region.name: frozenset(leaf.name for leaf in region.leaves if is_leaving(leaf))
            for region in core.program.regions
        }
        self._exits: list[Exit] = []
        self._exit: Exit | None = None
        self._growth = _Growth(core)
        self._opened: list[str] = []

    def heard(self, notes: tuple[Note, ...]) -> None:
        """Something was noted, and the books are as they are after it."""
        for note in notes:
            if isinstance(note, Transition):
                self._moved(note)
            elif isinstance(note, Booked):
                self._filled(note)
        self._growth.heard(notes)

    def verdict(self, name: str) -> Promise:
        """What came of a promise that has no condition of its own."""
        if name == "maker_only":
            return Promise(name, "kept", 0, "")
        if name == "no_direction_prediction":
            return Promise(name, "kept", 0, STATIC)
        if name == STOP:
            return _of_breaks(name, self._opened, STATIC)
        if name == COST:
            return self._cost()
        if name == GROWTH:
            return self._growth.verdict()
        return Promise(name, "not judged", 0, "it is about legs L and S and states ACTIVE and EXIT, which are not here")

    def _moved(self, move: Transition) -> None:
        leaving = self._leaving[move.region]
        if move.target in leaving and move.source not in leaving:
            books = self._core.state.books
            held = sum(abs(books.quantity(index)) for index in range(len(self._core.program.legs)))
            self._exit = Exit(held, frozenset(self._core.phases.flights))
            self._exits.append(self._exit)
        elif move.source in leaving and move.target not in leaving:
            self._exit = None

    def _filled(self, fill: Booked) -> None:
        current = self._exit
        if current is None:
            return
        grown = self._grown(fill)
        if fill.client_id in current.before:
            current.held += max(0.0, grown)
            return
        current.fees += fill.fee
        current.highest = max(current.highest, fill.price)
        if grown > 0.0:
            text = f"{grown:.9g} of {fill.leg} were opened while leaving ({instant(fill.now_us)})"
            self._opened.append(text)

    def _grown(self, fill: Booked) -> float:
        """By how much the size of the leg has grown. (The books already have the fill.)"""
        index = next(i for i, leg in enumerate(self._core.program.legs) if leg.name == fill.leg)
        if self._core.program.legs[index].side is not None:
            return fill.change
        held = self._core.state.books.quantity(index)
        return abs(held) - abs(held - fill.change)

    def _cost(self) -> Promise:
        """Each exit against its own bound; said is the one that came nearest to it."""
        if not self._exits:
            return Promise(COST, "kept", 0, "there was no exit")
        bounds = [(entry.fees, entry.bound(self._fee)) for entry in self._exits]
        fees, bound = max(bounds, key=lambda pair: pair[0] / pair[1] if pair[1] > 0.0 else pair[0])
        broken = sum(fees > bound * (1.0 + ROUNDING) for fees, bound in bounds)
        text = f"fees {fees:.6g} of at most {bound:.6g}"
        if len(bounds) > 1:
            text += f", the dearest of {len(bounds)} exits"
        return Promise(COST, "broken" if broken else "kept", broken, text)


class _Growth:
    """R000-46, rebalance by rebalance: n of them in one direction then move the net by at most n such shares."""

    def __init__(self, core: Core) -> None:
        self._core = core
        legs = core.program.legs
        sides = {side: [i for i, leg in enumerate(legs) if leg.side is side] for side in (Side.LONG, Side.SHORT)}
        self._is_pair = len(legs) == 2 and all(len(found) == 1 for found in sides.values())
        if self._is_pair:
            self._long, self._short = sides[Side.LONG][0], sides[Side.SHORT][0]
            self._rest = self._pair()
        self._beta = _parameter(core, "beta", 1.0)
        self._alpha = _parameter(core, "alpha", 0.0)
        self._whole = 0.0
        """what both legs had together before the first rebalance"""
        self._prices: list[float] = []
        self._count = 0
        self._broken: list[str] = []

    def heard(self, notes: tuple[Note, ...]) -> None:
        if not self._is_pair:
            return
        for note in notes:
            if isinstance(note, Booked):
                self._prices.append(note.price)
            elif isinstance(note, ActionEnded):
                self._judge(note)
                self._rest = self._pair()
                self._prices.clear()
        if all(place.flight is None for place in self._core.regions.places):
            self._rest = self._pair()
            self._prices.clear()

    def verdict(self) -> Promise:
        if not self._is_pair:
            return Promise(GROWTH, "not judged", 0, "it is about one long leg and one short leg")
        return _of_breaks(GROWTH, self._broken, f"{self._count} action{'' if self._count == 1 else 's'} that traded")

    def _judge(self, ended: ActionEnded) -> None:
        """An action that has filled something: by how much the net has moved, and both legs together have grown.

        One that was not done may have opened its share of one leg without closing as much of the other. That is what
        the venue left unfilled, no growth that was planned; the next one restores it.
        """
        if not self._prices:
            return
        before, after = self._rest, self._pair()
        if self._count == 0:
            self._whole = before.gross
        self._count += 1
        size = max(before.gross, after.gross, self._whole)
        rounding = ROUNDING * size + ROUNDS * sum(map(self._grain, self._core.program.legs))
        most = self._beta * max(before.long, before.short)
        if abs(after.net) > abs(before.net) + most + rounding:
            self._broke(ended, f"moved the net position from {before.net:.9g} to {after.net:.9g}, {most:.9g} at most")
        share = (1.0 - self._alpha) * self._beta
        bought = max((share * before.won(price) / price for price in self._prices), default=0.0)
        unfilled = most if ended.outcome != "done" else 0.0
        if after.gross > max(before.gross + bought, self._whole) + unfilled + rounding:
            self._broke(ended, f"brought both legs from {before.gross:.9g} to {after.gross:.9g}")

    def _grain(self, leg: Leg) -> float:
        """What the venue may leave of an order: less than a lot, or all of one that is below its least."""
        market = self._core.state.market
        return max(market.lot(leg.name), market.least(leg.name))

    def _broke(self, ended: ActionEnded, what: str) -> None:
        self._broken.append(f"{ended.action} {what} ({instant(ended.now_us)})")

    def _pair(self) -> _Pair:
        books = self._core.state.books
        long, short = self._long, self._short
        return _Pair(books.quantity(long), books.average(long), books.quantity(short), books.average(short))


def _of_breaks(name: str, broken: list[str], kept: str) -> Promise:
    if broken:
        return Promise(name, "broken", len(broken), broken[0])
    return Promise(name, "kept", 0, kept)


def _parameter(core: Core, name: str, other: float) -> float:
    slots = [entry.slot for entry in core.program.parameters if entry.name == name]
    return core.x[slots[0]] if slots else other
