"""The simulated venue: one matching core for books, trades and bars, with accounts, margin, funding and latency."""

from fsmtrader.venues.simulated.faults import Faults, FaultyVenue
from fsmtrader.venues.simulated.profiles import binance_usdm, exact
from fsmtrader.venues.simulated.terms import Profile, Side, VenueAccount, VenueLeg, VenueMarket
from fsmtrader.venues.simulated.venue import SimulatedVenue

__all__ = [
    "Faults",
    "FaultyVenue",
    "Profile",
    "Side",
    "SimulatedVenue",
    "VenueAccount",
    "VenueLeg",
    "VenueMarket",
    "binance_usdm",
    "exact",
]
