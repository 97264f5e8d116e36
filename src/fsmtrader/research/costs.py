"""What a run costs and begins with: the fee of a market order, and the capital of the accounts.

Whatever the spec and the command line leave open is decided here by a stated rule, and the decision is a note of the
summary, so that nobody takes it for the strategy's own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fsmtrader.catalog.venues import MAKER_FEES, TAKER_FEES
from fsmtrader.program.ir import Program
from fsmtrader.program.parameters import parameter_values
from fsmtrader.program.prelude import SHOWN_AS
from fsmtrader.research.settings import mapping_of, number_of, plain_mapping

CAPITAL = 10_000.0
"""what a run begins with, in quote, when nothing says it"""
FEE, CAPITAL_NAME = "f", "capital"
"""the documents' names of the one-way taker fee and of the capital of the pair"""


@dataclass(frozen=True, slots=True)
class Fee:
    """The fee of a market order as a share of its value; `note` says where it is from if the spec does not."""

    rate: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Capital:
    """Quote currency by account (infinite: unlimited)."""

    accounts: Mapping[str, float]
    note: str = ""


def taker_fee(program: Program, x: Sequence[float], given: float | None) -> Fee:
    """`--fee`, else `run.fees` or the account's `fees`, else the parameter f, else the exchange's, else 0."""
    if given is not None:
        return Fee(given)
    account = _trading_account(program)
    settings = dict(next((a.settings for a in program.accounts if a.name == account), ()))
    fees = plain_mapping(program.run, "fees")
    for stated in (fees.get(account), fees, settings.get("fees")):
        rate = _rate(program, x, stated)
        if rate is not None:
            return Fee(rate)
    own = _parameter(program, x, FEE)
    if own is not None:
        return Fee(own)
    exchange = str(settings.get("exchange", ""))
    if exchange in TAKER_FEES:
        rate = TAKER_FEES[exchange]
        said = f"the fee is {exchange}'s usual {rate * 1e4:g} bp; `run: {{fees: {{taker: …}}}}` or --fee says yours"
        return Fee(rate, said)
    return Fee(0.0, "no fee is paid: neither the spec nor --fee says one")


def maker_fee(program: Program, x: Sequence[float], taker: float) -> float:
    """`run.fees` or the account's `fees`, else the exchange's, else what a market order pays; never above that."""
    account = _trading_account(program)
    settings = dict(next((a.settings for a in program.accounts if a.name == account), ()))
    fees = plain_mapping(program.run, "fees")
    for stated in (fees.get(account), fees, settings.get("fees")):
        rate = _rate(program, x, stated, "maker") if isinstance(stated, dict | tuple) else None
        if rate is not None:
            return rate
    return min(MAKER_FEES.get(str(settings.get("exchange", "")), taker), taker)


def _rate(program: Program, x: Sequence[float], stated: object, kind: str = "taker") -> float | None:
    """A share, the name of a parameter, or a mapping with a `taker` (or `maker`) that is one of these."""
    if isinstance(stated, dict | tuple):
        stated = mapping_of(stated).get(kind)
    if stated is None:
        return None
    value = number_of(stated, math.nan)
    return value if value == value else _parameter(program, x, str(stated))


def starting_capital(program: Program, overrides: Mapping[int, float]) -> tuple[Capital, dict[int, float]]:
    """What each account begins with, and the overrides with a value for the prelude's parameter `capital`.

    An account's capital: `run.capital`, else the parameter, else 10,000. The parameter, unless it was given or is the
    spec's own: the sum of `run.capital`, else 10,000.
    """
    stated = {account: _amount(value) for account, value in plain_mapping(program.run, "capital").items()}
    finite = sum(amount for amount in stated.values() if amount < math.inf)
    found = dict(overrides)
    own = next((p for p in program.parameters if p.name == CAPITAL_NAME), None)
    is_open = own is not None and own.slot not in found and (own.default is None or own.default.span.file == SHOWN_AS)
    if own is not None and is_open:
        found[own.slot] = finite or CAPITAL
    value = CAPITAL
    if own is not None:
        value = parameter_values(program.parameters, len(program.slots), found)[own.slot]
    accounts = {**{account.name: value for account in program.accounts}, **stated}
    if stated or (own is not None and not is_open) or not program.accounts:
        return Capital(accounts), found
    how = "--set capital=…" if own is not None else "`run: {capital: …}`"
    return Capital(accounts, f"the run begins with {CAPITAL:,.0f} in quote; {how} says another"), found


def _amount(value: object) -> float:
    """`200000 USDT` as a number; `unlimited` is infinite. What else stands there was a finding (FSM902)."""
    first = str(value).split()[0]
    return math.inf if first == "unlimited" else float(first)


def _trading_account(program: Program) -> str:
    names = [leg.account for leg in program.legs] or [account.name for account in program.accounts]
    return names[0] if names else ""


def _parameter(program: Program, x: Sequence[float], name: str) -> float | None:
    own = next((p for p in program.parameters if p.name == name), None)
    return None if own is None or math.isnan(x[own.slot]) else x[own.slot]
