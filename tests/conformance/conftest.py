"""How a venue is reached by the suite, and at which exchange it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.conformance.beside_the_loop import BesideTheLoop
from tests.conformance.venue_under_test import EXCHANGES, Factory, Setup, UnderTest, Venue

from fsmtrader.venues.simulated import FaultyVenue, Side, SimulatedVenue, VenueAccount, VenueLeg, VenueMarket
from fsmtrader.venues.simulated.profiles import PROFILES, USUAL_FEES


def simulated(setup: Setup) -> Venue:
    """The simulated venue, asked directly."""
    fees = USUAL_FEES[setup.exchange] if setup.fees is None else setup.fees
    profile = PROFILES[setup.exchange](fees, setup.latency)
    accounts = [VenueAccount(name, profile, setup.capital, setup.hedge, setup.leverage) for name in ("main", "other")]
    legs = [VenueLeg("L", "main", 0, Side.LONG), VenueLeg("S", "main", 0, Side.SHORT)]
    legs += [VenueLeg("N", "main", 0), VenueLeg("O", "other", 0, Side.LONG if setup.hedge else Side.SIGNED)]
    venue: Any = SimulatedVenue([VenueMarket(setup.symbol)], accounts, legs)
    if setup.faults is None:
        return venue  # type: ignore[no-any-return]
    return Behind(FaultyVenue(venue, setup.faults, setup.seed), venue)


class Behind:
    """A venue with a bad line; positions and cash are those of the venue itself."""

    def __init__(self, line: Any, venue: Any) -> None:
        self.take, self.cancel, self.news = line.take, line.cancel, line.news
        self.next_us, self.advance = line.next_us, line.advance
        self.position, self.cash = venue.position, venue.cash


def beside_the_loop(setup: Setup) -> Venue:
    """The same with the compiled engine's loop beside it."""
    venue: Any = BesideTheLoop(simulated(replace(setup, faults=None)))
    return simulated(setup) if setup.faults is not None else venue  # type: ignore[no-any-return]


THROUGH: Mapping[str, Factory] = {"port": simulated, "beside the loop": beside_the_loop}
"""ways to reach a venue: the suite is run through each; an adapter, or a whole run, is one more"""

Made = Callable[..., UnderTest]


@pytest.fixture(params=tuple(THROUGH))
def through(request: pytest.FixtureRequest) -> Factory:
    """A way to reach a venue."""
    return THROUGH[request.param]


@pytest.fixture(params=EXCHANGES)
def exchange(request: pytest.FixtureRequest) -> str:
    """A column of the table."""
    return str(request.param)


@pytest.fixture
def venue(through: Factory, exchange: str) -> Made:
    """Makes a venue of the column at hand: `venue(hedge=True, ...)`."""

    def made(**more: Any) -> UnderTest:
        return UnderTest(through, Setup(**{"exchange": exchange, **more}))

    return made
