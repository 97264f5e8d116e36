"""An account: a wallet, positions, and what it needs to keep them. All arithmetic is the numeric heart's."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from fsmtrader.domain.instruments import Instrument
from fsmtrader.numeric.ledger import book_fill, fee, settled, unrealized
from fsmtrader.numeric.margin import initial, liquidation_price, maintenance, tier_of
from fsmtrader.numeric.positions import bought, opened_in_bar
from fsmtrader.venues.simulated.terms import Side, VenueAccount

EPSILON = 1e-9
"""margin that is missing by less, as a share of what is there, is not missing"""


@dataclass(slots=True)
class Terms:
    """A market on an account's terms. `instrument` None: nobody knows it yet; it is derived from its first price."""

    symbol: str
    instrument: Instrument | None
    limits: tuple[float, ...] = ()
    rates: tuple[float, ...] = ()
    deductions: tuple[float, ...] = ()
    leverages: tuple[float, ...] = ()

    def set(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.limits = tuple(tier.most_notional for tier in instrument.tiers)
        self.rates = tuple(tier.rate for tier in instrument.tiers)
        self.deductions = tuple(tier.deduction for tier in instrument.tiers)
        self.leverages = tuple(tier.most_leverage for tier in instrument.tiers)


@dataclass(slots=True, eq=False)
class Position:
    """One position: signed quantity and average price. `opened` is what the bar at hand has added (V-16)."""

    market: int
    side: Side
    terms: Terms
    quantity: float = 0.0
    average: float = math.nan
    opened: float = 0.0
    largest: float = 0.0
    """that was ever held: the scale of what is nothing"""


@dataclass(slots=True, eq=False)
class Leg:
    """A leg with the position that it is in; several may share a net one. `quantity` is its own part, signed."""

    name: str
    account: Account
    position: Position
    is_short: bool
    is_hedged: bool
    quantity: float = 0.0
    largest: float = 0.0

    def own_change(self, signed: float) -> float:
        """A bought quantity in the leg's own terms."""
        return bought(signed, self.is_short)


@dataclass(slots=True, eq=False)
class Account:
    """`wallet` is cash: capital + realised - fees + funding (V-09)."""

    terms: VenueAccount
    wallet: float
    realised: float = 0.0
    fees: float = 0.0
    funding: float = 0.0
    positions: dict[tuple[int, Side], Position] = field(default_factory=dict)
    legs: list[Leg] = field(default_factory=list)
    bands: dict[int, tuple[float, float]] = field(default_factory=dict)
    """by market: where its mark may be without a look at the margin"""

    def position(self, market: int, side: Side, terms: Terms) -> Position:
        """The position of a market and side, made when it is first asked for."""
        key = (market, side if self.terms.hedge else Side.SIGNED)
        return self.positions.setdefault(key, Position(market, key[1], terms))

    def fee(self, quantity: float, price: float, maker: bool) -> float:
        """What a fill costs; negative: a rebate."""
        rates = self.terms.profile.fees
        return fee(quantity, price, rates.maker if maker else rates.taker)

    def book(self, leg: Leg, signed: float, price: float, cost: float) -> None:
        """Book one fill: position, realised profit and fee."""
        position = leg.position
        position.opened = opened_in_bar(position.quantity, position.opened, signed)
        quantity, average, realised = book_fill(position.quantity, position.average, signed, price)
        position.largest = max(position.largest, abs(quantity))
        if quantity != 0.0 and settled(quantity, position.largest) == 0.0:
            quantity, average = 0.0, math.nan
        position.quantity, position.average = quantity, average
        own, _, _ = book_fill(leg.quantity, price, signed, price)
        leg.largest = max(leg.largest, abs(own))
        leg.quantity = settled(own, leg.largest)
        self.pay(realised, cost)

    def pay(self, realised: float, cost: float, funding: float = 0.0) -> None:
        """Move cash (V-09)."""
        self.realised += realised
        self.fees += cost
        self.funding += funding
        self.wallet += realised - cost + funding

    def held(self) -> list[Position]:
        """The positions that are not flat."""
        return [position for position in self.positions.values() if position.quantity != 0.0]

    def equity(self, marks: list[float]) -> float:
        """Wallet and what positions are worth at `marks`, by market (V-11)."""
        return self.wallet + sum(
            unrealized(position.quantity, position.average, marks[position.market]) for position in self.held()
        )

    def maintenance(self, marks: list[float]) -> float:
        """What equity must not fall below (V-12)."""
        return sum(self.maintenance_of(position, marks[position.market]) for position in self.held())

    def maintenance_of(self, position: Position, mark: float) -> float:
        """The part of one position."""
        terms = position.terms
        return maintenance(abs(position.quantity) * mark, terms.limits, terms.rates, terms.deductions)

    def closeout(self, marks: list[float]) -> float:
        """What equity must not fall below where the venue takes the account over then; 0 where it does not."""
        need = 0.0
        for position in self.held():
            instrument = position.terms.instrument
            need += 0.0 if instrument is None else abs(position.quantity) * marks[position.market] * instrument.closeout
        return need

    def margin_of(self, terms: Terms, notional: float) -> float:
        """The margin that opening a notional takes."""
        tier = tier_of(notional, terms.limits)
        most = terms.leverages[tier] if tier >= 0 else math.inf
        return initial(notional, self.terms.leverage, most)

    def liquidation_price(self, market: int, marks: list[float]) -> float:
        """The price of a market at which the account is liquidated, others staying as they are; NaN: there is none."""
        others = 0.0
        sides = {side: (0.0, 0.0, 0.0, 0.0) for side in Side}
        for position in self.held():
            terms, mark = position.terms, marks[position.market]
            notional = abs(position.quantity) * mark
            if position.market != market:
                others += unrealized(position.quantity, position.average, mark)
                others -= maintenance(notional, terms.limits, terms.rates, terms.deductions)
                continue
            tier = tier_of(notional, terms.limits)
            rate, deduction = (terms.rates[tier], terms.deductions[tier]) if tier >= 0 else (0.0, 0.0)
            held = position.quantity if position.side is Side.SIGNED else abs(position.quantity)
            sides[position.side] = (held, position.average, rate, deduction)
        return liquidation_price(self.wallet, others, *sides[Side.SIGNED], *sides[Side.LONG], *sides[Side.SHORT])
