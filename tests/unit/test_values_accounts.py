"""Legs and accounts that could not be what they say: each is a finding at its place."""

from __future__ import annotations

import pytest

from fsmtrader.diagnostics import Diagnostic
from fsmtrader.program.compiler import check
from fsmtrader.spec.source import Source

MACHINE = "states:\n  A: {on: {price_update: {if: mark(L) > 100, transition_to: B}}}\n  B: {final: true}\n"
ONE = "accounts: {main: {exchange: binanceusdm}}\n"
TWO = "accounts: {main: {exchange: binanceusdm}, other: {exchange: bybit}}\n"


def found(accounts: str, leg: str) -> list[Diagnostic]:
    text = f"fsm: 1\n{accounts}legs: {{L: {{{leg}}}}}\n{MACHINE}"
    return list(check(Source("spec.yml", text.encode())).diagnostics)


def test_the_only_account_is_the_one_that_is_meant() -> None:
    text = f"fsm: 1\n{ONE}legs: {{L: {{symbol: BTC/USDT:USDT}}}}\n{MACHINE}"
    result = check(Source("spec.yml", text.encode()))
    assert result.diagnostics == ()
    assert [leg.account for leg in result.require().legs] == ["main"]


@pytest.mark.parametrize(
    ("accounts", "hint"),
    [
        ("", "declare `accounts: {main: {exchange: …}}` and write `L: {account: main, …}`"),
        (TWO, "write `L: {account: main, …}`"),
    ],
    ids=["none", "two"],
)
def test_with_none_or_several_the_leg_must_say_which(accounts: str, hint: str) -> None:
    [finding] = found(accounts, "symbol: BTC/USDT:USDT")
    assert (finding.code, finding.hint) == ("FSM606", hint)
    assert (finding.span.line, finding.span.column) == (3 if accounts else 2, 8)


@pytest.mark.parametrize(
    "symbol",
    [
        "BTC/USDT",
        "BTC/USDT:USDT",
        "BTC/USD:BTC-240628",
        "BTC/USDT:USDT-240628-50000-C",
        "1000PEPE/USDC:USDC",
        "USDC.e/ETH",
    ],
)
def test_symbols_as_ccxt_names_them(symbol: str) -> None:
    assert found(ONE, f"symbol: '{symbol}'") == []


@pytest.mark.parametrize(
    "symbol", ["???", "BTCUSDT", "BTC-USDT", "BTC/", "/USDT", "BTC/USDT:", "BTC/USDT:USDT-soon", "BTC / USDT"]
)
def test_symbols_that_no_venue_has(symbol: str) -> None:
    [finding] = found(ONE, f"symbol: '{symbol}'")
    assert finding.code == "FSM607"
    assert "BTC/USDT:USDT" in finding.hint


def test_an_account_without_a_venue_is_a_warning() -> None:
    [finding] = found("accounts: {main: {}}\n", "account: main, symbol: BTC/USDT:USDT")
    assert (finding.code, finding.severity.value, finding.span.line) == ("FSM608", "warning", 2)
