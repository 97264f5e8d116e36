"""The venues that can be simulated: Binance USD-M as facts, and `exact` for examples on paper."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fsmtrader.catalog.declaration import Capability
from fsmtrader.catalog.venues import VENUES
from fsmtrader.domain.instruments import Fees, Latency
from fsmtrader.domain.market import Kind, MarketEvent
from fsmtrader.domain.orders import Effect, Filled, OrderIntent, Rejected, Style
from fsmtrader.venues.simulated import (
    Profile,
    Side,
    SimulatedVenue,
    VenueAccount,
    VenueLeg,
    VenueMarket,
    binance_usdm,
    exact,
)
from fsmtrader.venues.simulated.profiles import PROFILES, aster, grvt, hyperliquid, lighter, lighter_premium

NAN = float("nan")
Made = Callable[[], Profile]


def venue(profile: Profile, symbol: str, price: float, hedge: bool = True, capital: float = 10_000.0) -> SimulatedVenue:
    sides = [VenueLeg("L", "main", 0, Side.LONG), VenueLeg("S", "main", 0, Side.SHORT), VenueLeg("N", "main", 0)]
    made = SimulatedVenue([VenueMarket(symbol)], [VenueAccount("main", profile, capital, hedge)], sides)
    made.news(MarketEvent(0, Kind.BAR, 0, price, price, price, price, 1.0))
    return made


def order(name: str, leg: str, change: float, price: float = NAN) -> OrderIntent:
    effect = Effect.OPEN if change > 0 else Effect.CLOSE
    return OrderIntent(name, leg, change, effect, False, Style.MARKET if price != price else Style.LIMIT, price)


def test_binance_has_the_published_filters_fees_and_fundings() -> None:
    profile = binance_usdm()
    btc, eth = profile.instruments["BTC/USDT:USDT"], profile.instruments["ETH/USDT:USDT"]
    assert (btc.tick, btc.lot, btc.least_quantity, btc.least_notional) == (0.1, 0.001, 0.001, 100.0)
    assert (eth.tick, eth.lot, eth.least_quantity, eth.least_notional) == (0.01, 0.001, 0.001, 20.0)
    assert profile.fees == Fees(0.0002, 0.0005) and profile.funding_us == 8 * 3_600_000_000


@pytest.mark.parametrize(
    ("symbol", "limit", "rate", "deduction", "leverage"),
    [
        ("BTC/USDT:USDT", 50_000, 0.004, 0, 125),
        ("BTC/USDT:USDT", 12_000_000, 0.01, 11_450, 50),
        ("BTC/USDT:USDT", 1_800_000_000, 0.5, 421_481_450, 1),
        ("ETH/USDT:USDT", 65_000_000, 0.025, 381_450, 20),
        ("ETH/USDT:USDT", 1_200_000_000, 0.5, 280_506_450, 1),
        ("BNB/USDT:USDT", 1_500_000, 0.02, 2_210, 25),
        ("BNB/USDT:USDT", 150_000_000, 0.5, 25_022_210, 1),
        ("SOL/USDT:USDT", 400_000_000, 0.5, 66_728_380, 1),
        ("XRP/USDT:USDT", 80_000_000, 0.5, 13_345_685, 1),
        ("BTC/USDC:USDC", 1_000_000_000, 0.5, 288_402_550, 1),
        ("ETH/USDC:USDC", 800_000_000, 0.5, 182_804_300, 1),
        ("BNB/USDC:USDC", 50_000_000, 0.5, 9_933_045, 1),
        ("SOL/USDC:USDC", 100_000_000, 0.5, 15_684_590, 1),
        ("XRP/USDC:USDC", 50_000_000, 0.5, 10_223_045, 1),
    ],
)
def test_V12_binance_has_the_published_tiers(
    symbol: str, limit: float, rate: float, deduction: float, leverage: float
) -> None:
    (tier,) = [tier for tier in binance_usdm().instruments[symbol].tiers if tier.most_notional == limit]
    assert (tier.rate, tier.deduction, tier.most_leverage) == (rate, deduction, leverage)


def test_V24_binance_refuses_what_its_filters_do_not_allow() -> None:
    v = venue(binance_usdm(), "ETH/USDT:USDT", 3_000.0)
    assert v.take(order("a", "L", 0.006), 0) == (Rejected("a", "min_notional", "-4164"),)
    assert isinstance(v.take(order("b", "L", 0.007), 0)[0], Filled)
    assert v.take(order("c", "L", 0.0105), 0) == (Rejected("c", "lot", "-4023"),)
    assert v.take(order("d", "L", 0.01, 2_999.999), 0) == (Rejected("d", "tick", "-4014"),)
    assert isinstance(v.take(order("e", "L", -0.001), 0)[0], Filled)


def test_a_symbol_without_its_settlement_is_the_one_in_its_quote() -> None:
    v = venue(binance_usdm(), "ETH/USDT", 3_000.0)
    found = v.instrument("L")
    assert found is not None and found.symbol == "ETH/USDT:USDT" and v.notes == ()


def test_a_venue_of_one_currency_has_its_own_contract_of_a_coin() -> None:
    v = venue(hyperliquid(), "BTC/USDT:USDT", 110_000.0, hedge=False)
    found = v.instrument("N")
    assert found is not None and (found.symbol, found.tick) == ("BTC/USDC:USDC", 1.0)
    assert v.notes == ("BTC/USDT:USDT is taken as hyperliquid's BTC/USDC:USDC, with its filters and margins",)
    assert venue(hyperliquid(), "BTC/USDC", 110_000.0, hedge=False).notes == ()
    binance = venue(binance_usdm(), "ADA/USDC:USDC", 1.0)
    assert binance.instrument("L") is not None and "are not known" in binance.notes[0], "there are contracts in both"


def test_the_filters_of_an_unknown_contract_come_from_its_price_with_a_note() -> None:
    v = venue(binance_usdm(), "NEW/USDT:USDT", 3_000.0)
    found = v.instrument("L")
    assert found is not None and (found.tick, found.lot, found.least_notional) == (0.1, 0.001, 5.0)
    assert len(v.notes) == 1 and "NEW/USDT:USDT" in v.notes[0]
    v.news(MarketEvent(1, Kind.BAR, 0, 5.0, 5.0, 5.0, 5.0, 1.0))
    assert v.instrument("L") is found and len(v.notes) == 1


@pytest.mark.parametrize(
    ("made", "hours", "said"),
    [(binance_usdm, 8, 0), (grvt, 8, 0), (lighter, 1, 0), (lighter, 8, 1), (binance_usdm, 4, 1), (exact, 3, 0)],
)
def test_V10_fundings_that_come_otherwise_than_at_the_venue_are_noted_once(made: Made, hours: int, said: int) -> None:
    v = venue(made(), "ETH/USDC:USDC" if made is lighter else "ETH/USDT:USDT", 2_000.0, hedge=False)
    for count in range(1, 6):
        v.news(MarketEvent(count * hours * 3_600_000_000 + count, Kind.FUNDING, 0, 0.0001))
    notes = [note for note in v.notes if "the data tell fundings of" in note]
    assert len(notes) == said
    assert all(f" {hours} h apart; at {made().name} they are paid every" in note for note in notes)


def test_old_prices_need_no_other_tick() -> None:
    v = venue(binance_usdm(), "ETH/USDT:USDT", 126.543)
    (fill,) = v.take(order("a", "L", 1), 0)
    assert isinstance(fill, Filled) and fill.price == 126.543


def test_grvt_has_the_filters_fees_and_fundings_that_it_tells() -> None:
    """AAVE, January 2026; a fill of January 2026: 0.081957 of 0.002 at 91,064.1."""
    profile = grvt()
    aave = profile.instruments["AAVE/USDT:USDT"]
    assert (aave.tick, aave.lot, aave.least_quantity, aave.most_quantity, aave.least_notional) == (
        0.01,
        0.1,
        0.1,
        7729.0,
        5.0,
    )
    assert 0.002 * 91_064.1 * profile.fees.taker == pytest.approx(0.081957, abs=1e-6)
    assert profile.funding_of("AAVE/USDT:USDT") == 8 * 3_600_000_000
    assert (profile.rules.held_us(False), profile.rules.held_us(True), profile.rules.cancel_lasts_us) == (
        25_000,
        0,
        100_000,
    )


def test_lighter_has_the_filters_margins_and_fees_that_it_tells() -> None:
    """ETH, May 2026: margins of 500, 200, 120 and 80 ten-thousandths."""
    profile = lighter()
    eth = profile.instruments["ETH/USDC:USDC"]
    assert (eth.tick, eth.lot, eth.least_quantity, eth.least_notional) == (0.01, 0.0001, 0.005, 10.0)
    assert (eth.tiers[0].rate, eth.tiers[0].most_leverage, eth.closeout) == (0.012, 50.0, 0.008)
    assert profile.fees == Fees(0.0, 0.0) and profile.funding_of("ETH/USDC:USDC") == 3_600_000_000
    premium = lighter_premium()
    assert premium.fees == Fees(0.00004, 0.00028)
    assert (premium.rules.held_us(False), premium.rules.held_us(True), premium.rules.cancel_held_us) == (200_000, 0, 0)


def test_V04_what_a_spec_is_checked_against_is_what_the_venue_does() -> None:
    for name, made in PROFILES.items():
        if name in VENUES:
            rules = made(Fees(0.0, 0.0), Latency()).rules
            assert rules.supports_fok == (Capability.FOK in VENUES[name])
            assert rules.supports_hedge == (Capability.HEDGE_MODE in VENUES[name])


def test_hyperliquid_and_aster_say_what_is_assumed_of_them() -> None:
    for made, name in ((hyperliquid, "hyperliquid"), (aster, "aster")):
        assert made().note.startswith(f"{name}: simulated with") and "binanceusdm" in made().note
    assert hyperliquid().instruments["BTC/USDC:USDC"].tick == 1.0
    assert aster().instruments["BNB/USDT:USDT"].tick == 0.1


def test_exact_takes_any_size_and_price_and_needs_no_margin() -> None:
    v = venue(exact(Fees(0.0, 0.0005)), "ETH/USDT", 101.0, capital=1.0)
    (fill,) = v.take(order("a", "L", 0.002475247525), 0)
    assert isinstance(fill, Filled) and (fill.quantity, fill.price) == (0.002475247525, 101.0)
    assert fill.fee == pytest.approx(0.002475247525 * 101 * 0.0005, rel=1e-15)
    assert isinstance(v.take(order("b", "S", 1e6), 0)[0], Filled)
    assert v.news(MarketEvent(1, Kind.BAR, 0, 1e6, 1e6, 1e6, 1e6, 1.0)) == () and v.notes == ()


def test_exact_is_one_way_as_well() -> None:
    v = venue(exact(), "ETH/USDT", 100.0, hedge=False)
    v.take(order("a", "N", 2.0), 0)
    v.take(order("b", "N", -3.0), 0)
    assert v.position("N") == (-1.0, 100.0)
