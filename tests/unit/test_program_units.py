"""Kinds and units: every mixture is an error with its mend; numbers without a unit fit everywhere."""

from __future__ import annotations

import pytest

from fsmtrader.diagnostics import Diagnostic
from fsmtrader.program.compiler import check
from fsmtrader.spec.source import Source

HEAD = (
    "fsm: 1\naccounts: {main: {exchange: binanceusdm}}\n"
    "legs: {L: {side: long, symbol: A/USDT:USDT}, S: {side: short, symbol: B/USDT:USDT}}\n"
    "parameters: {share: 0.4%, wait_for: 30s}\nvariables: {anchor: {initial: mark(L)}}\n"
)


def found(guard: str, head: str = HEAD) -> list[Diagnostic]:
    text = f"{head}states:\n  A: {{on: {{price_update: {{if: '{guard}', transition_to: B}}}}}}\n  B: {{final: true}}\n"
    return [f for f in check(Source("spec.yml", text.encode())).diagnostics if f.severity.value == "error"]


@pytest.mark.parametrize(
    "guard",
    [
        "mark(L) > 100",
        "qL * mark(L) > 1000",
        "qL * mark(L) > unrealized(L)",
        "abs(mark(L) - anchor) >= share * anchor",
        "mark(L) / anchor - 1 > share",
        "time_in_state > wait_for",
        "since(now) < 1h",
        "now - now < 30s",
        "held(qL > 0) > 30s",
        "100 < mark(L) <= 200",
        "share ** 2 < 1",
        "sqrt(share) < 1",
        "(mark(L) * mark(L)) ** 0.5 > anchor",
        "mode == A",
        "not (mode == B)",
        "at_least(2, qL > 0, qS > 0, mode == A)",
        "(qL if qL > qS else qS) > 0",
        "max(qL, 0) > 0",
        "ready(mark(L))",
        "qL > 0 implies qS > 0",
    ],
)
def test_what_goes_together(guard: str) -> None:
    assert found(guard) == []


@pytest.mark.parametrize(
    ("guard", "code", "hint"),
    [
        ("abs(mark(L) - anchor) >= share", "FSM404", "write `share * anchor` here"),
        ("share <= mark(L) - anchor", "FSM404", "write `share * anchor` here"),
        ("mark(L) > share", "FSM402", "share * mark(L)"),
        ("mark(L) > wait_for", "FSM402", "durations with durations"),
        ("qL > mark(L)", "FSM402", "unit:"),
        ("qL > unrealized(L)", "FSM402", "multiply the base quantity by a price"),
        ("mark(L) + qL > 0", "FSM402", "unit:"),
        ("(mark(L) if qL > 0 else qL) > 0", "FSM402", "same unit"),
        ("max(mark(L), qL) > 0", "FSM402", "one unit"),
        ("mark(L) ** 0.5 > 1", "FSM402", "divide"),
        ("worst_price(L, buy, mark(L)) > 0", "FSM402", ""),
        ("realized_variance(mark(L), window=share) > 0", "FSM402", "30s"),
        ("qL", "FSM401", "compare it"),
        ("not qL", "FSM401", "compare it"),
        ("qL and mode == A", "FSM401", "compare it"),
        ("(qL > 0) + 1 > 0", "FSM401", "1 if"),
        ("now > 0", "FSM401", "`since(v) > 5s`"),
        ("now == (qL > 0)", "FSM401", "a condition stands alone"),
        ("since(qL) > 30s", "FSM401", "`since(traded)`"),
        ("mode == C", "FSM301", "write one of A, B"),
        ("mode > A", "FSM401", "=="),
        ("mode == 1", "FSM401", "compare"),
        ("mode == buy", "FSM403", "did you mean"),
        ("touch(L, mode) > 0", "FSM401", ""),
        ("L > 0", "FSM304", "qL is its quantity"),
        ("ema(mark(L), n=5) > 0", "FSM304", "every="),
        ("ema(mark(L), n=qL, every=1s) > 0", "FSM405", "declare a parameter"),
        ("ema(mark(L), n=0, every=1s) > 0", "FSM406", "1 or more"),
        ("ema(mark(L), n=2.5, every=1s) > 0", "FSM406", "whole number"),
        ("ema(mark(L), n=5, every=0s) > 0", "FSM406", "every=1s"),
        ("highest(mark(L), window=0s) > 0", "FSM406", "above zero"),
        ("highest(mark(L), window=wait_for - wait_for) > 0", "FSM406", "above zero"),
        ("quantile(mark(L), 2, n=5, every=1s) > 0", "FSM406", "between 0 and 1"),
    ],
)
def test_what_does_not_and_how_it_is_mended(guard: str, code: str, hint: str) -> None:
    [finding] = found(guard)
    assert finding.code == code
    assert hint in finding.hint


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ("-1d", "window of highest is -1d"),
        ("wait_for - 60s", "window of highest is wait_for - 60s, which is -30 s"),
    ],
)
def test_a_window_is_shown_as_it_is_written(window: str, said: str) -> None:
    [finding] = found(f"highest(mark(L), window={window}) > 0")
    assert finding.message == said


def test_unit_price_on_the_parameter_gives_the_other_reading() -> None:
    head = HEAD.replace("share: 0.4%", "share: {value: 4, unit: price}")
    assert found("abs(mark(L) - anchor) >= share", head) == []


@pytest.mark.parametrize(
    ("parameter", "code"),
    [
        ("share: {value: 0.4%, unit: price}", "FSM402"),
        ("share: {value: 30s, unit: base}", "FSM402"),
        ("share: {value: true, unit: base}", "FSM401"),
        ("share: {value: 1, unit: euro}", "FSM408"),
        ("share: {value: 1, max: 0.5}", "FSM406"),
        ("share: {value: 1, above: 1}", "FSM406"),
        ("share: {value: 1, below: 1}", "FSM406"),
        ("share: {value: 1, min: 1, max: 1}", ""),
    ],
)
def test_values_of_parameters(parameter: str, code: str) -> None:
    head = HEAD.replace("share: 0.4%", parameter)
    assert [finding.code for finding in found("wait_for > 1s", head)] == ([code] if code else [])
