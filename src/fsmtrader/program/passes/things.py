"""Pass: accounts, legs, lots and the names that they bring."""

from __future__ import annotations

from fsmtrader.diagnostics import closest
from fsmtrader.domain.units import BASE, PRICE
from fsmtrader.program import ir
from fsmtrader.program.draft import Draft
from fsmtrader.program.ir import SlotRole
from fsmtrader.program.symbols import AccountSymbol, LegSymbol, LotsSymbol, SlotSymbol
from fsmtrader.program.typed import number
from fsmtrader.spec import spec as written
from fsmtrader.spec.loader import to_plain


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


def _leg(draft: Draft, leg: written.Leg) -> None:
    name = leg.name.text
    side = ir.Side(leg.side.text) if leg.side is not None and leg.side.text in ("long", "short") else None
    accounts = [a.name.text for a in draft.spec.accounts]
    account = leg.account.text if leg.account is not None else ""
    if leg.account is not None and account not in accounts:
        guess = closest(account, accounts)
        draft.findings.error(
            "FSM306",
            leg.account.span,
            f"{account} is not an account",
            expected="an account",
            hint=f"did you mean {guess}?" if guess else f"the accounts are {', '.join(accounts)}",
        )
    elif leg.account is not None:
        symbol = draft.top.find(account)
        if symbol is not None:
            symbol.used = True
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
