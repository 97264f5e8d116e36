"""How a run's markets are matched: who leaves a level before a resting order (V-14), what a touch fills (V-15)."""

from __future__ import annotations

import math

from fsmtrader.data.stream import EventStream
from fsmtrader.diagnostics import UsageError
from fsmtrader.domain.market import Kind
from fsmtrader.domain.queues import RISK_AVERSE, Leaving, QueueModel
from fsmtrader.program.ir import Program
from fsmtrader.research.markets import Markets
from fsmtrader.research.run_settings import Settings
from fsmtrader.research.settings import mapping_of, number_of, plain_mapping
from fsmtrader.venues.simulated import VenueMarket

MOST_POWER = 100.0


def queue_of(text: str) -> QueueModel:
    """As it is written on a command line: `risk-averse`, `power:2` or `log`; UsageError for what is none of them."""
    name, has_power, power = text.strip().replace("-", "_").partition(":")
    try:
        leaving = Leaving[name.upper()]
    except KeyError:
        raise _wrong(text) from None
    if bool(has_power) != (leaving is Leaving.POWER):
        raise _wrong(text)
    if leaving is not Leaving.POWER:
        return QueueModel(leaving)
    number = number_of(power, math.nan)
    if not 0.0 < number <= MOST_POWER:
        raise _wrong(text)
    return QueueModel(leaving, number)


def _wrong(text: str) -> UsageError:
    return UsageError(f"--queue takes risk-averse, log or power:N, e.g. power:2, not {text!r}")


def queue_for(program: Program, settings: Settings) -> QueueModel:
    """`--queue`, else `run: {market: {queue: …}}`, else the careful one."""
    if settings.queue:
        return queue_of(settings.queue)
    stated = plain_mapping(program.run, "market").get("queue")
    if stated is None:
        return RISK_AVERSE
    power = mapping_of(stated).get("power")
    if power is None:
        return QueueModel(Leaving[str(stated).upper()])
    return QueueModel(Leaving.POWER, number_of(power, 1.0))


def venue_markets(program: Program, settings: Settings, markets: Markets, stream: EventStream) -> list[VenueMarket]:
    """The markets of a run as the venue knows them."""
    queue = queue_for(program, settings)
    touched = number_of(plain_mapping(program.run, "market").get("touched"), 1.0)
    return [
        VenueMarket(
            place.symbol,
            settings.spread / 2,
            queue=queue,
            touched=1.0 if Kind.TRADE in stream.kinds(index) else touched,
            seed=settings.seed,
        )
        for index, place in enumerate(markets.places)
    ]
