"""Codes of the group `accounts`: what the venue of an account can do, and what a state permits."""

from __future__ import annotations

from fsmtrader.diagnostics import Severity
from fsmtrader.diagnostics.codes import Code


def _pair(settings: str) -> str:
    """A long and a short of one symbol on one account."""
    return (
        f"fsm: 1\naccounts: {{main: {{{settings}}}}}\nlegs:\n"
        "  L: {account: main, symbol: BTC/USDT:USDT, side: long}\n"
        "  S: {account: main, symbol: BTC/USDT:USDT, side: short}\n"
        "states:\n  ACTIVE: {on: {price_update: {if: mark(L) > 100, transition_to: EXIT}}}\n  EXIT: {final: true}\n"
    )


def _one(settings: str, more: str = "", action: str = "qL: 0", orders: str = "any") -> str:
    return (
        f"fsm: 1\naccounts: {{main: {{{settings}}}}}\n"
        "legs: {L: {account: main, symbol: BTC/USDT:USDT, side: long}}\n"
        f"{more}states:\n  ACTIVE:\n    orders: {orders}\n"
        f"    on: {{price_update: {{if: mark(L) > 100, do: {{{action}}}}}}}\n"
    )


def _legs_of(accounts: str, account: str) -> str:
    return (
        f"fsm: 1\n{accounts}legs: {{L: {{{account}symbol: BTC/USDT:USDT, side: long}}}}\n"
        "states:\n  ACTIVE: {on: {price_update: {if: mark(L) > 100, do: {qL: 0}}}}\n"
    )


def _two_regions(second: str) -> str:
    return (
        "fsm: 1\naccounts: {main: {exchange: binanceusdm}}\n"
        "legs: {L: {account: main, symbol: BTC/USDT:USDT, side: long}}\nvariables: {n: {initial: 0}}\nregions:\n"
        "  entry: {states: {A: {on: {price_update: {if: mark(L) < 90 + n, do: {qL: 1}}}}}}\n"
        f"  guard: {{states: {{B: {{on: {{price_update: {{if: mark(L) < 80, do: {{{second}}}}}}}}}}}}}\n"
    )


_POST_ONLY = "quotes: {bid: {leg: L, side: buy, price: mark(L) - 1, quantity: 1, post_only: true}}\n"

CODES: tuple[Code, ...] = (
    Code(
        code="FSM601",
        severity=Severity.ERROR,
        title="legs that would be netted",
        what="Two legs would be one position at the venue.",
        why="An account in one-way mode holds one position a symbol: buying for the long leg would close the short "
        "one. In hedge mode a long and a short stand side by side.",
        bad=_pair("exchange: binanceusdm"),
        good=_pair("exchange: binanceusdm, position_mode: hedge"),
    ),
    Code(
        code="FSM602",
        severity=Severity.ERROR,
        title="no hedge mode",
        what="An account asks for hedge mode at a venue that has none.",
        why="A long and a short of one symbol cannot be held there on one account. Two accounts can hold them.",
        bad=_one("exchange: grvt, position_mode: hedge"),
        good=_one("exchange: grvt, position_mode: one_way"),
    ),
    Code(
        code="FSM603",
        severity=Severity.ERROR,
        title="the venue cannot do this",
        what="A slot or a step needs something that the venue of its leg does not offer.",
        why="It would be found out by the venue's refusal, with real orders.",
        bad=_one("pool: uniswap_v3", _POST_ONLY),
        good=_one("exchange: binanceusdm", _POST_ONLY),
    ),
    Code(
        code="FSM604",
        severity=Severity.WARNING,
        title="unknown venue",
        what="The exchange is spelt nearly as a known one. (A type of pool that is not known is an error.)",
        why="What an unknown venue can do is not checked.",
        bad=_one("exchange: binanceusd"),
        good=_one("exchange: binanceusdm"),
    ),
    Code(
        code="FSM605",
        severity=Severity.ERROR,
        title="not permitted in this state",
        what="A row trades in a state that says `orders: none`, or adds to a position in one that says `reduce`.",
        why="The engine would refuse the order when it matters; the state and the row contradict each other.",
        bad=_one("exchange: binanceusdm", orders="none"),
        good=_one("exchange: binanceusdm", orders="reduce"),
    ),
    Code(
        code="FSM606",
        severity=Severity.ERROR,
        title="a leg without an account",
        what="A leg names no account, and there is none or more than one to choose from.",
        why="A position is held in one account. When exactly one account is declared, that one is meant.",
        bad=_legs_of("", ""),
        good=_legs_of("accounts: {main: {exchange: binanceusdm}}\n", "account: main, "),
    ),
    Code(
        code="FSM607",
        severity=Severity.ERROR,
        title="no symbol of an instrument",
        what="The symbol of a leg is not of the form BASE/QUOTE[:SETTLE][-expiry], nor a `$field` of for_each.",
        why="No venue has such an instrument, so that no order and no price of it could ever be had.",
        bad=_one("exchange: binanceusdm").replace("BTC/USDT:USDT", "BTCUSDT"),
        good=_one("exchange: binanceusdm"),
    ),
    Code(
        code="FSM608",
        severity=Severity.WARNING,
        title="an account without a venue",
        what="An account says neither `exchange` nor `pool`.",
        why="What its venue can do is not checked, and it can be run on made-up markets only.",
        bad=_one(""),
        good=_one("exchange: binanceusdm"),
    ),
    Code(
        code="FSM609",
        severity=Severity.ERROR,
        title="a leg of two regions",
        what="Two regions trade the same leg.",
        why="Regions run side by side: each would take the other's position for its own, and undo its trades. What one "
        "region wants of another's leg it says by its state.",
        bad=_two_regions("qL: 0"),
        good=_two_regions("n: n + 1"),
    ),
    Code(
        code="FSM610",
        severity=Severity.ERROR,
        title="a leg without a side in hedge mode",
        what="A leg says neither long nor short, and its account keeps both apart.",
        why="In hedge mode every order names the side of the position that it opens or closes: the venue refuses one "
        "that does not.",
        bad=_one("exchange: binanceusdm, position_mode: hedge").replace(", side: long", ""),
        good=_one("exchange: binanceusdm, position_mode: hedge"),
    ),
)
