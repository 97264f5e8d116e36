"""The strategy's own books, in the program's slots: quantity and average of each leg, what was realised, and cash.

They hold what the strategy did, apart from what a venue reports (X-09). In a phase whose targets were netted the books
follow the planned steps, not the one order that was sent: closing one coin and opening two again at 101 leaves an
average of 101, although only one was bought (C000-17).
"""

from __future__ import annotations

from dataclasses import dataclass

from fsmtrader.engine.ports import Slots
from fsmtrader.numeric.ledger import book_fill, settled, unrealized
from fsmtrader.program.ir import Program, Side

WHISKER = 1e-12


@dataclass(frozen=True, slots=True)
class LegMark:
    """Where a leg stood, to book from again."""

    quantity: float
    average: float
    realised: float
    fills: int


class Books:
    """Writes the quantity and average slots of `x`; nobody else does."""

    def __init__(self, program: Program, x: Slots) -> None:
        self._x = x
        self._legs = program.legs
        self._short = [leg.side is Side.SHORT for leg in program.legs]
        self.realised = [0.0] * len(program.legs)
        self.fees = [0.0] * len(program.legs)
        self.funding = [0.0] * len(program.legs)
        """received; negative: paid"""
        self.turnover = [0.0] * len(program.legs)
        self.fills = [0] * len(program.legs)
        self._largest = [0.0] * len(program.legs)
        names = [account.name for account in program.accounts] + [leg.account for leg in program.legs]
        self.cash = dict.fromkeys(names, 0.0)
        for leg in program.legs:
            x[leg.quantity] = 0.0
            x[leg.average] = float("nan")

    def quantity(self, leg: int) -> float:
        return self._x[self._legs[leg].quantity]

    def average(self, leg: int) -> float:
        return self._x[self._legs[leg].average]

    def mark(self, leg: int) -> LegMark:
        """The leg as it stands."""
        entry = self._legs[leg]
        return LegMark(self._x[entry.quantity], self._x[entry.average], self.realised[leg], self.fills[leg])

    def fill(self, leg: int, change: float, price: float, fee: float) -> float:
        """Book one fill as it came in; gives what it realised."""
        realised = self._book(leg, change, price)
        self.fees[leg] += fee
        self.turnover[leg] += abs(change) * price
        self.fills[leg] += 1
        self.cash[self._legs[leg].account] -= fee
        return realised

    def fund(self, name: str, amount: float) -> None:
        """Book the funding that a leg has received."""
        index = next(i for i, leg in enumerate(self._legs) if leg.name == name)
        self.funding[index] += amount
        self.cash[self._legs[index].account] += amount

    def rebook(self, leg: int, since: LegMark, steps: tuple[float, ...], filled: float, price: float) -> float:
        """Book the planned steps in place of the order that carried their net; gives the difference in realised.

        `filled` is what the order moved; rounding that the plan did not know of is booked as a last step.
        """
        before = self.realised[leg]
        entry = self._legs[leg]
        self._x[entry.quantity], self._x[entry.average] = since.quantity, since.average
        self.cash[entry.account] -= before - since.realised
        self.realised[leg] = since.realised
        rest = filled - sum(steps)
        for change in steps:
            self._book(leg, change, price)
        if abs(rest) > WHISKER * max(1.0, abs(filled)):
            self._book(leg, rest, price)
        self._stand_at(leg, since.quantity + filled)
        return self.realised[leg] - before

    def _stand_at(self, leg: int, quantity: float) -> None:
        """The quantity is what was filled, to the last bit, as the venue counts it; steps may lose a bit or two."""
        entry = self._legs[leg]
        exact = settled(quantity, self._largest[leg])
        self._x[entry.quantity] = exact
        if exact == 0.0:
            self._x[entry.average] = float("nan")

    def hold(self, leg: int, quantity: float) -> None:
        """Take over a quantity that is stated from outside (a test's fact, an adopted position)."""
        self._x[self._legs[leg].quantity] = quantity

    def unrealised(self, leg: int, price: float) -> float:
        entry = self._legs[leg]
        return unrealized(self._x[entry.quantity], self._x[entry.average], price, self._short[leg])

    def _book(self, leg: int, change: float, price: float) -> float:
        entry = self._legs[leg]
        quantity, average, realised = book_fill(
            self._x[entry.quantity], self._x[entry.average], change, price, self._short[leg]
        )
        self._largest[leg] = max(self._largest[leg], abs(quantity))
        if quantity != 0.0 and settled(quantity, self._largest[leg]) == 0.0:
            quantity, average = 0.0, float("nan")
        self._x[entry.quantity], self._x[entry.average] = quantity, average
        self.realised[leg] += realised
        self.cash[entry.account] += realised
        return realised
