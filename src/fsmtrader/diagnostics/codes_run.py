"""Codes of the group `run`: the defaults of a run."""

from __future__ import annotations

from fsmtrader.diagnostics import Severity
from fsmtrader.diagnostics.codes import Code

_SPEC = (
    "fsm: 1\naccounts: {main: {exchange: binanceusdm}}\nlegs: {L: {account: main, symbol: BTC/USDT:USDT}}\n"
    "parameters: {limit: {value: 100, unit: price, max: 200}}\nstates:\n"
    "  ACTIVE: {on: {price_update: {if: mark(L) > limit, transition_to: EXIT}}}\n  EXIT: {final: true}\n"
)

CODES: tuple[Code, ...] = (
    Code(
        code="FSM901",
        severity=Severity.ERROR,
        title="unknown name in `run`",
        what="`run` speaks of an account, a parameter or a made-up market that there is not.",
        why="The run would begin with other things than it says.",
        bad=f"{_SPEC}run: {{market: {{synthetic: gmb}}}}\n",
        good=f"{_SPEC}run: {{market: {{synthetic: gbm}}}}\n",
    ),
    Code(
        code="FSM902",
        severity=Severity.ERROR,
        title="value that a run cannot take",
        what="A value of `run` is no amount, no share, no span of time, or is outside the bounds of what it is given to.",
        why="The run would fail before its first bar, or mean something else.",
        bad=f"{_SPEC}run: {{capital: {{main: ten}}}}\n",
        good=f"{_SPEC}run: {{capital: {{main: 10000 USDT}}}}\n",
    ),
)
