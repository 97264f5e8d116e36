"""Pass: what legs, slots and primitives need, against what their accounts' venues can do (X-19)."""

from __future__ import annotations

from fsmtrader.catalog.declaration import Capability
from fsmtrader.catalog.venues import POOLS, VENUES
from fsmtrader.diagnostics import Span, closest
from fsmtrader.program import ir
from fsmtrader.program.draft import Draft
from fsmtrader.spec import spec as written
from fsmtrader.spec.document import Scalar


def run(draft: Draft) -> None:
    for account in draft.spec.accounts:
        _account(draft, account)
    _pairs(draft)
    for i, leg in enumerate(draft.spec.legs):
        _side(draft, leg, draft.legs[i])
        _leg(draft, leg, draft.legs[i])
    for action in draft.actions:
        for phase in action.phases:
            for step in phase.steps:
                if isinstance(step, ir.Primitive):
                    _primitive(draft, step)


def _text(account: written.Account | None, name: str) -> tuple[str, Span | None]:
    for setting in account.settings if account is not None else ():
        if setting.name.text == name and isinstance(setting.value, Scalar):
            return setting.value.text, setting.value.span
    return "", None


def _account_of(draft: Draft, name: str) -> written.Account | None:
    return next((a for a in draft.spec.accounts if a.name.text == name), None)


def _can(draft: Draft, account: str, capability: Capability) -> bool:
    """Whether the account's venue has it; a venue that is not known is not judged."""
    found = _account_of(draft, account)
    pool, _ = _text(found, "pool")
    if pool:
        return capability is Capability.POOL
    exchange, _ = _text(found, "exchange")
    if capability is Capability.POOL:
        return False
    return exchange not in VENUES or capability in VENUES[exchange]


def _account(draft: Draft, account: written.Account) -> None:
    exchange, exchange_span = _text(account, "exchange")
    pool, pool_span = _text(account, "pool")
    mode, mode_span = _text(account, "position_mode")
    if exchange_span is not None and exchange not in VENUES and closest(exchange, VENUES):
        draft.findings.warn(
            "FSM604",
            exchange_span,
            f"the exchange {exchange} is not known",
            expected="ccxt's id of an exchange",
            hint=f"did you mean {closest(exchange, VENUES)}?",
        )
    if exchange_span is None and pool_span is None and not draft.is_seed:
        draft.findings.warn(
            "FSM608",
            account.name.span,
            f"the account {account.name.text} does not say at which venue it is",
            expected="`exchange:` or `pool:`",
            hint=f"write `{account.name.text}: {{exchange: binanceusdm}}`",
        )
    if pool_span is not None and pool not in POOLS:
        guess = closest(pool, POOLS)
        draft.findings.error(
            "FSM604",
            pool_span,
            f"there is no pool type {pool}",
            expected=", ".join(sorted(POOLS)),
            hint=f"did you mean {guess}?" if guess else "use one of these",
        )
    if mode_span is not None and mode == "hedge" and not _can(draft, account.name.text, Capability.HEDGE_MODE):
        draft.findings.error(
            "FSM602",
            mode_span,
            f"{exchange} has no hedge mode",
            expected="position_mode: one_way",
            hint="give the long and the short leg an account each (C000-16)",
        )


def _pairs(draft: Draft) -> None:
    """A long and a short of one symbol on one account would be netted without hedge mode."""
    for i, leg in enumerate(draft.legs):
        for other in draft.legs[:i]:
            if leg.account != other.account or leg.symbol != other.symbol or not leg.symbol:
                continue
            mode, _ = _text(_account_of(draft, leg.account), "position_mode")
            sides = {leg.side, other.side}
            if mode == "hedge" and sides == {ir.Side.LONG, ir.Side.SHORT}:
                continue
            span = draft.spec.legs[i].name.span
            if sides == {ir.Side.LONG, ir.Side.SHORT}:
                draft.findings.error(
                    "FSM601",
                    span,
                    f"{leg.account} would net the legs {other.name} and {leg.name}: one account in "
                    "one-way mode holds one position a symbol",
                    expected="position_mode: hedge",
                    hint=f"add `position_mode: hedge` to the account {leg.account}, or give each leg an account",
                )
            else:
                draft.findings.error(
                    "FSM601",
                    span,
                    f"the legs {other.name} and {leg.name} are the same position",
                    expected="one leg for each position",
                    hint="give them different sides, symbols or accounts",
                )


def _side(draft: Draft, spec: written.Leg, leg: ir.Leg) -> None:
    """An account in hedge mode takes no order without a side (V-07)."""
    mode, _ = _text(_account_of(draft, leg.account), "position_mode")
    if mode == "hedge" and leg.side is None:
        draft.findings.error(
            "FSM610",
            spec.name.span,
            f"the leg {leg.name} has no side, and {leg.account} keeps long and short apart",
            expected="side: long or side: short",
            hint=f"add `side: long` to {leg.name}, or leave `position_mode: hedge` out of {leg.account}",
        )


def _leg(draft: Draft, spec: written.Leg, leg: ir.Leg) -> None:
    for quote, scope, _ in draft.quote_specs:
        fields = {word.text: expression for word, expression in quote.fields}
        wanted = fields.get("leg")
        if wanted is None or draft.leg_named(wanted.text.strip(), scope) is not leg:
            continue
        for name, capability in (("post_only", Capability.POST_ONLY), ("reduce_only", Capability.REDUCE_ONLY)):
            if name in fields and not _can(draft, leg.account, capability):
                draft.findings.error(
                    "FSM603",
                    fields[name].span,
                    f"the account {leg.account} of {leg.name} has no {capability.value}",
                    expected=f"a venue with {capability.value}",
                    hint=f"leave out {name}",
                )


def _primitive(draft: Draft, step: ir.Primitive) -> None:
    for capability in draft.catalog[step.name].requires:
        for name in step.legs:
            leg = next(leg for leg in draft.legs if leg.name == name)
            if not _can(draft, leg.account, capability):
                draft.findings.error(
                    "FSM603",
                    step.span,
                    f"{step.name} needs {capability.value}, which {leg.account} has not",
                    expected=f"a leg whose account has {capability.value}",
                    hint=f"use a leg on an account with {capability.value}",
                )
