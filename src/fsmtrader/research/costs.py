"""What a run costs and begins with: the fee of a market order, and the capital of the accounts.

Whatever the spec and the command line leave open is decided here by a stated rule, and the decision is a note of the
summary, so that nobody takes it for the strategy's own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fsmtrader.catalog.venues import MAKER_FEES, TAKER_FEES
from fsmtrader.domain.instruments import Fees
from fsmtrader.program.ir import Program
from fsmtrader.program.parameters import parameter_values
from fsmtrader.program.prelude import SHOWN_AS
from fsmtrader.research.settings import mapping_of, number_of, plain_mapping
from fsmtrader.venues.simulated.profiles import USUAL_FEES

CAPITAL = 10_000.0
"""what a run begins with, in quote, when nothing says it"""
FEE, CAPITAL_NAME = "f", "capital"
"""the documents' names of the one-way taker fee and of the capital of the pair"""


@dataclass(frozen=True, slots=True)
class Fee:
    """The fee of a market order as a share of its value; `note` says where it is from if the spec does not."""

    rate: float
    note: str = ""
    is_known: bool = True
    """whether anybody has said it"""


@dataclass(frozen=True, slots=True)
class Capital:
    """Quote currency by account (infinite: unlimited)."""

    accounts: Mapping[str, float]
    note: str = ""


def taker_fee(
    program: Program, x: Sequence[float], given: float | None, profile: str = "", account: str | None = None
) -> Fee:
    """`--fee`, else `run.fees` or the account's `fees`, else the parameter f, else the venue's, else 0.

    The account is the one that trades first, the venue `profile`, else the account's exchange.
    """
    if given is not None:
        return Fee(given)
    settings, stated = _stated(program, account)
    for fees in stated:
        rate = _rate(program, x, fees)
        if rate is not None:
            return Fee(rate)
    own = _parameter(program, x, FEE)
    if own is not None:
        return Fee(own)
    venue = _venue(settings, profile)
    usual = usual_fees(venue)
    if usual is not None:
        said = f"the fee is {venue}'s usual {usual.taker * 1e4:g} bp; `run: {{fees: {{taker: …}}}}` or --fee says yours"
        return Fee(usual.taker, said)
    return Fee(0.0, "no fee is paid: neither the spec nor --fee says one", is_known=False)


def maker_fee(
    program: Program, x: Sequence[float], taker: float, profile: str = "", account: str | None = None
) -> float:
    """`run.fees` or the account's `fees`, else the venue's, else what a market order pays; never above that."""
    settings, stated = _stated(program, account)
    for fees in stated:
        rate = _rate(program, x, fees, "maker") if isinstance(fees, dict | tuple) else None
        if rate is not None:
            return rate
    usual = usual_fees(_venue(settings, profile))
    return taker if usual is None else min(usual.maker, taker)


def account_fees(
    program: Program, x: Sequence[float], given: float | None, profile: str, first: Fees
) -> dict[str, Fees]:
    """What each account pays (V-09): its own, else its venue's, else what the account pays that trades first."""
    found: dict[str, Fees] = {}
    for account in program.accounts:
        taker = taker_fee(program, x, given, profile, account.name)
        own = Fees(maker_fee(program, x, taker.rate, profile, account.name), taker.rate)
        found[account.name] = own if taker.is_known and account.name != _trading_account(program) else first
    return found


def usual_fees(venue: str) -> Fees | None:
    """What a venue takes without any discount; None where nobody knows."""
    if venue in USUAL_FEES:
        return USUAL_FEES[venue]
    return Fees(MAKER_FEES[venue], TAKER_FEES[venue]) if venue in TAKER_FEES else None


def _stated(program: Program, account: str | None) -> tuple[dict[str, object], tuple[object, ...]]:
    """An account's settings (None: of the one that trades first), and where its fees may be stated, in order."""
    name = _trading_account(program) if account is None else account
    settings = dict(next((a.settings for a in program.accounts if a.name == name), ()))
    fees = plain_mapping(program.run, "fees")
    return settings, (fees.get(name), fees, settings.get("fees"))


def _venue(settings: Mapping[str, object], profile: str) -> str:
    return profile if profile in USUAL_FEES else str(settings.get("exchange", ""))


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
