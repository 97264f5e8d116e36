"""An indicator with a clock of its own is sampled from the first instant on (`every=1m`)."""

from __future__ import annotations

from fsmtrader.program.compiler import check
from fsmtrader.research.spec_tests import run_tests
from fsmtrader.spec.source import Source

SPEC = """\
fsm: 1
accounts: {a: {exchange: binanceusdm}}
legs: {X: {account: a, symbol: BTC/USDT:USDT}}
events: {tick: price(X)}
observe: {average: "mean(mark(X), n=3, every=1m)"}
states:
  A: {on: {tick: {if: average > 100, transition_to: B}}}
  B: {final: true}
tests:
  - name: three samples, a minute apart, the first at the start
    given: {mark(X): 99}
    when:
      - {mark(X): 102, at: +60s, expect: {mode: A}}
      - {at: +60s, expect: {average: 101}}
      - {mark(X): 102, expect: {mode: B}}
"""


def test_every_ticks_without_any_timer_in_the_spec() -> None:
    """Samples 99, 102, 102 at minutes 0, 1 and 2: their mean is 101."""
    program = check(Source("t.yml", SPEC.encode())).require()
    assert [(o.name, [f.message for f in o.findings]) for o in run_tests(program) if not o.passed] == []
