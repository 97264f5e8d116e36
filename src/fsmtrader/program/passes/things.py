"""Pass: accounts, legs, lots and the names that they bring."""

from __future__ import annotations

import re

from fsmtrader.diagnostics import closest
from fsmtrader.domain.units import BASE, PRICE
from fsmtrader.program import ir
from fsmtrader.program.draft import Draft
from fsmtrader.program.ir import SlotRole
from fsmtrader.program.symbols import AccountSymbol, LegSymbol, LotsSymbol, SlotSymbol
from fsmtrader.program.typed import number
from fsmtrader.spec import spec as written
from fsmtrader.spec.loader import to_plain

SYMBOL = re.compile(r"[\w.]+/[\w.]+(:[\w.]+(-\d{6}(-[\d.]+-[CP])?)?)?|\$[A-Za-z_][A-Za-z0-9_]*")
"""An instrument as ccxt names it (spot, swap, future, option), or a field of `for_each`."""


def run(draft: Draft) -> None:
    for account in draft.spec.accounts:
        draft.declare(draft.top, account.name, AccountSymbol(account.name.text, account.name.span))
    for leg in draft.spec.legs:
        _leg(draft, leg)
    for lots in draft.spec.lots:
        draft.declare(draft.top, lots.name, LotsSymbol(lots.name.text, lots.name.span))


def plain(settings: tuple[written.Setting, ...]) -> tuple[tuple[str, object], ...]:
    """Settings as plain values (hashable: lists become tuples, mappings tuples of pairs)."""
    return tuple((s.name.text, _frozen(to_plain(s.value))) for s in settings)


def _frozen(value: object) -> object:
    if isinstance(value, dict):
        return tuple((k, _frozen(v)) for k, v in value.items())
    if isinstance(value, list):
        return tuple(_frozen(v) for v in value)
    return value


def _declared(accounts: list[str], wanted: str) -> str:
    """The accounts there are, or how to declare the first one."""
    if accounts:
        return f"the accounts are {', '.join(accounts)}"
    return f"declare it: `accounts: {{{wanted}: {{exchange: binanceusdm}}}}`"


def _leg(draft: Draft, leg: written.Leg) -> None:
    name = leg.name.text
    side = ir.Side(leg.side.text) if leg.side is not None and leg.side.text in ("long", "short") else None
    account = _account_of(draft, leg)
    _check_symbol(draft, leg)
    index = len(draft.legs)
    draft.declare(draft.top, leg.name, LegSymbol(index, name, leg.name.span))
    slots = []
    for prefix, role, unit, what in (
        ("q", SlotRole.QUANTITY, BASE, "quantity"),
        ("p", SlotRole.AVERAGE, PRICE, "average price"),
    ):
        slot = draft.slot(prefix + name, role, number(unit))
        word = written.Word(prefix + name, leg.name.span)
        draft.declare(
            draft.top, word, SlotSymbol(slot, number(unit), f"{what} of the leg {name}", leg.name.span, used=True)
        )
        slots.append(slot)
    symbol_text = leg.symbol.text if leg.symbol is not None else ""
    draft.legs.append(
        ir.Leg(
            name,
            account,
            symbol_text,
            side,
            slots[0],
            slots[1],
            None,
            leg.adopt.text if leg.adopt is not None else "refuse",
            plain(leg.how),
            plain(leg.settings),
        )
    )


def _account_of(draft: Draft, leg: written.Leg) -> str:
    """The account that a leg names; one that names none means the only one. Empty after a finding."""
    accounts = [a.name.text for a in draft.spec.accounts]
    if leg.account is None and len(accounts) != 1:
        shown = accounts[0] if accounts else "main"
        first = "" if accounts else f"declare `accounts: {{{shown}: {{exchange: …}}}}` and "
        draft.findings.error(
            "FSM606",
            leg.name.span,
            f"the leg {leg.name.text} is in no account",
            expected=f"`account:` with one of {', '.join(accounts)}" if accounts else "an account that the leg is in",
            hint=f"{first}write `{leg.name.text}: {{account: {shown}, …}}`",
        )
        return ""
    account = leg.account.text if leg.account is not None else accounts[0]
    if leg.account is not None and account not in accounts:
        guess = closest(account, accounts)
        draft.findings.error(
            "FSM306",
            leg.account.span,
            f"{account} is not an account",
            expected="an account",
            hint=f"did you mean {guess}?" if guess else _declared(accounts, account),
        )
        return account
    symbol = draft.top.find(account)
    if symbol is not None:
        symbol.used = True
    return account


def _check_symbol(draft: Draft, leg: written.Leg) -> None:
    """A symbol that no venue could have is found here, not by the venue's refusal."""
    if leg.symbol is not None and not SYMBOL.fullmatch(leg.symbol.text):
        draft.findings.error(
            "FSM607",
            leg.symbol.span,
            f"{leg.symbol.text!r} names no instrument",
            expected="BASE/QUOTE, BASE/QUOTE:SETTLE or BASE/QUOTE:SETTLE-expiry, or a `$field` of for_each",
            hint="write it as ccxt does, e.g. BTC/USDT for spot or BTC/USDT:USDT for a perpetual",
        )
