"""A run put together: venue, what is seen of it, core, driver and virtual time, from a program and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fsmtrader.data.stream import EventStream
from fsmtrader.diagnostics import RunError, UsageError
from fsmtrader.domain.instruments import Fees, Instrument, Latency
from fsmtrader.domain.market import Kind, MarketEvent
from fsmtrader.engine.core import Core
from fsmtrader.engine.quiet import Quiet
from fsmtrader.engine.seen import Seen
from fsmtrader.engine.simulation import Simulation
from fsmtrader.program.evaluate import evaluate, unasked
from fsmtrader.program.ir import Account, Program, Source
from fsmtrader.program.ir import Side as LegSide
from fsmtrader.program.parameters import overrides_from_text, parameter_values
from fsmtrader.research.costs import Capital, Fee, account_fees, maker_fee, starting_capital, taker_fee
from fsmtrader.research.hooks import Hooks
from fsmtrader.research.markets import Markets
from fsmtrader.research.queueing import venue_markets
from fsmtrader.research.run_parameters import checked_parameters
from fsmtrader.research.run_settings import Settings, operations_of
from fsmtrader.research.service import refusals
from fsmtrader.research.settings import mapping_of, number_of
from fsmtrader.venues.simulated import (
    Profile,
    Side,
    SimulatedVenue,
    VenueAccount,
    VenueLeg,
    binance_usdm,
)
from fsmtrader.venues.simulated.delays import Feed
from fsmtrader.venues.simulated.profiles import PROFILES

SECOND_US = 1_000_000
LEVERAGE = 20.0
NO_DELAYS = (
    "feed=recorded: no event of the data says how long it took, so all news have come at once; a recording with both "
    "clocks says it where the exchange's is chosen: --map time=COLUMN"
)
WOULD_SERVE = "\n`fsm test SPEC` shows what the spec decides, with the facts that its tests give."
SIDES = {LegSide.LONG: Side.LONG, LegSide.SHORT: Side.SHORT, None: Side.SIGNED}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run costs and begins with: overrides by slot, all parameter values, fees, capital, latency."""

    overrides: Mapping[int, float]
    x: list[float]
    fee: Fee
    maker: float
    capital: Capital
    latency: Latency
    fees: Mapping[str, Fees]
    """what each account pays"""


@dataclass(frozen=True, slots=True, eq=False)
class Assembly:
    """The parts of one run, ready to be stepped."""

    terms: Terms
    markets: Markets
    venue: SimulatedVenue
    seen: Seen
    core: Core
    simulation: Simulation
    feed: Feed | None = None

    def notes(self) -> tuple[str, ...]:
        """What was assumed of venue and feed, when the run has come to its end."""
        is_silent = self.feed is not None and self.terms.latency.has_recorded_feed and not self.feed.is_told
        return (*self.venue.notes, *((NO_DELAYS,) if is_silent else ()))


def terms_of(program: Program, settings: Settings) -> Terms:
    """Values, fees and capital; UsageError for what is missing or out of its bounds."""
    capital, overrides = starting_capital(program, overrides_from_text(program, settings.overrides))
    overrides = checked_parameters(program, overrides)
    x = parameter_values(program.parameters, len(program.slots), overrides)
    fee = taker_fee(program, x, settings.fee, settings.profile)
    latency = settings.latency or _latency(program)
    maker = maker_fee(program, x, fee.rate, settings.profile)
    fees = account_fees(program, x, settings.fee, settings.profile, Fees(maker, fee.rate))
    return Terms(overrides, x, fee, maker, capital, latency, fees)


def _latency(program: Program) -> Latency:
    """As `run: {latency: …}` says; none without it."""
    stated = dict(program.run).get("latency")
    by_name = mapping_of(stated)
    if not by_name:
        seconds = number_of(stated, 0.0)
        return Latency(0, round(seconds * SECOND_US), round(seconds * SECOND_US))
    feed, entry, response = (number_of(by_name.get(name), 0.0) for name in ("feed", "order", "response"))
    return Latency(round(feed * SECOND_US), round(entry * SECOND_US), round(response * SECOND_US))


def assemble(
    program: Program, settings: Settings, stream: EventStream, terms: Terms, hooks: Hooks, *, is_scouted: bool = False
) -> Assembly:
    """Put a run together; RunError when the data cannot serve the program. `is_scouted`: a scout looks ahead in it."""
    why_not = refusals(program, stream)
    if why_not:
        raise RunError("the data cannot serve this spec: " + "; ".join(why_not) + WOULD_SERVE)
    markets = Markets(program)
    venue = _venue(program, settings, terms, markets, stream)
    instruments: dict[str, Instrument] = {}
    marked = frozenset(index for index in range(len(markets)) if Kind.MARK in stream.kinds(index))
    seen = Seen(
        program,
        markets.of_leg,
        instruments,
        terms.capital.accounts,
        half_spread=settings.spread / 2,
        marked=marked,
        margin_ratio=lambda account: _ratio(venue.maintenance(account), venue.equity(account)),
        liquidation_distance=lambda leg: _distance(venue.mark(leg), venue.liquidation_price(leg)),
    )
    core = Core(
        program,
        terms.overrides,
        seen,
        witness=hooks.witness,
        heard=lambda source: is_heard(program, source, terms.x, stream, markets),
        ages=seen,
        shares=is_scouted,
    )
    seen.watch(lambda: core.state.now_us)
    hooks.attach(core)
    feed = Feed(terms.latency, len(markets)) if terms.latency.has_feed else None
    simulation = Simulation(
        hooks.driver(core, venue),
        venue,
        _Eyes(seen, venue, instruments, [leg.name for leg in program.legs]),
        markets.of_event,
        feed,
        operations_of(settings, stream.prices_us[0]),
        Quiet(core, seen.bound),
    )
    return Assembly(terms, markets, venue, seen, core, simulation, feed)


class _Eyes:
    """Takes in what has reached us, and learns the filters of a contract as soon as the venue knows them."""

    def __init__(self, seen: Seen, venue: SimulatedVenue, instruments: dict[str, Instrument], legs: list[str]) -> None:
        self._note = seen.note
        self._venue = venue
        self._instruments = instruments
        self._unknown = legs

    def __call__(self, event: MarketEvent) -> None:
        self._note(event)
        if self._unknown:
            self._learn()

    def _learn(self) -> None:
        for leg in list(self._unknown):
            instrument = self._venue.instrument(leg)
            if instrument is not None:
                self._instruments[leg] = instrument
                self._unknown.remove(leg)


def _venue(program: Program, settings: Settings, terms: Terms, markets: Markets, stream: EventStream) -> SimulatedVenue:
    accounts = venue_accounts(program, settings, terms)
    legs = [VenueLeg(leg.name, leg.account, markets.of_leg[leg.name], SIDES[leg.side]) for leg in program.legs]
    return SimulatedVenue(venue_markets(program, settings, markets, stream), accounts, legs)


def venue_accounts(program: Program, settings: Settings, terms: Terms) -> list[VenueAccount]:
    """The accounts of a run as the venue knows them."""
    return [_account(account, settings, terms) for account in program.accounts]


def _account(account: Account, settings: Settings, terms: Terms) -> VenueAccount:
    hedge = account.setting("position_mode") == "hedge"
    leverage = number_of(account.setting("leverage"), LEVERAGE)
    profile = profile_of(profile_name(account, settings), terms.fees[account.name], terms.latency)
    if hedge and not profile.rules.supports_hedge:
        raise UsageError(
            f"{profile.name} has no hedge mode, which the account {account.name} is in: choose another profile"
        )
    return VenueAccount(account.name, profile, terms.capital.accounts.get(account.name, 0.0), hedge, leverage)


def profile_name(account: Account, settings: Settings) -> str:
    """The venue that an account is simulated at: the run's, else the account's `profile`, else its exchange."""
    stated = str(account.setting("profile") or "")
    if stated and stated not in PROFILES:
        known = ", ".join(PROFILES)
        raise UsageError(f"the account {account.name}: there is no profile {stated}; there are {known}")
    return settings.profile or stated or str(account.setting("exchange") or "")


def profile_of(name: str, fees: Fees, latency: Latency) -> Profile:
    """The rules of a venue; without a name none but fees. Others are simulated with Binance's (a note says so)."""
    return PROFILES.get(name or "exact", binance_usdm)(fees, latency)


def is_heard(program: Program, source: Source, x: list[float], stream: EventStream, markets: Markets) -> bool:
    """A timer finer than bars is left out where its events come with every bar anyway (C000-29)."""
    if source.interval is None:
        return True
    grains = [stream.interval_us(index) for index in range(len(markets)) if stream.kinds(index) & {Kind.BAR}]
    finer = any(stream.kinds(index) & {Kind.BOOK, Kind.TRADE, Kind.DEPTH} for index in range(len(markets)))
    seconds = evaluate(source.interval.tree, x, program.observables, unasked)
    if finer or not grains or not seconds * SECOND_US < min(grains):
        return True
    index = program.sources.index(source)
    bars = {s for market in range(len(markets)) for s in markets.sources(Kind.BAR, market)}
    named = [event for event in program.events if index in event.sources]
    raw = any(source.name in region.triggers for region in program.regions)
    return raw or any(bars.isdisjoint(event.sources) for event in named)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0.0 else float("inf") if part > 0.0 else float("nan")


def _distance(mark: float, liquidation: float) -> float:
    return abs(mark - liquidation) / mark if mark > 0.0 else float("nan")
