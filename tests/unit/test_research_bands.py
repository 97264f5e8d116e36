"""Bands and thresholds are found in the guards, whatever their names are."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmtrader.api import compile
from fsmtrader.research.bands import bands_of, thresholds_of
from fsmtrader.research.markets import Markets

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["band_limited_hedging", "band_limited_hedging_literal"])
def test_the_band_spec_has_a_band_where_it_trades_and_one_where_it_leaves(name: str) -> None:
    program = compile(ROOT / "specs" / f"{name}.yml")
    assert [(band.name, band.leaves) for band in bands_of(program)] == [
        ("P_ref", ("ACTIVE",)),
        ("P_ref_exit", ("EXIT",)),
    ]
    assert [threshold.name for threshold in thresholds_of(program)] == ["risk_exposure"]


def test_the_seed_has_them_too() -> None:
    program = compile(ROOT / "tests" / "data" / "seed_000.yml")
    assert {band.name for band in bands_of(program)} == {"P_ref", "P_ref_exit"}


def test_a_comparison_with_zero_is_no_threshold() -> None:
    text = """
fsm: 1
accounts: {main: {exchange: binanceusdm}}
legs: {X: {account: main, symbol: BTC/USDT:USDT}}
parameters: {most: {value: 100, unit: quote}}
states:
  A:
    on:
      price_update:
        - {if: qX * mark(X) > 0, transition_to: B}
        - {if: qX * mark(X) > 2 * most, transition_to: B}
  B: {final: true}
events: {price_update: price(X)}
"""
    assert len(thresholds_of(compile(text))) == 1


def test_accounts_on_one_exchange_share_a_market() -> None:
    program = compile(ROOT / "specs" / "band_limited_hedging.yml")
    markets = Markets(program)
    assert [(place.name, place.legs) for place in markets.places] == [("binanceusdm.BTC/USDT:USDT", ("L", "S"))]
    assert markets.of_leg == {"L": 0, "S": 0}


def test_a_band_knows_whose_price_it_is_about() -> None:
    program = compile(ROOT / "specs" / "band_limited_hedging.yml")
    assert [band.leg for band in bands_of(program)] == ["L", "L"], "through the named value P_t"
