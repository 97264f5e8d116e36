"""The tests of a spec: what an item does, what a failed one says, what is covered, and `fsm test`."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from fsmtrader.cli.main import main
from fsmtrader.program.compiler import check
from fsmtrader.research.coverage import Count, Coverage
from fsmtrader.research.run import Settings, run
from fsmtrader.research.spec_tests import Outcome, run_tests
from fsmtrader.spec.source import Source

SPEC = """fsm: 1
accounts: {main: {exchange: binanceusdm, position_mode: hedge}}
legs:
  L: {account: main, symbol: BTC/USDT:USDT, side: long, initial: 1}
  S: {account: main, symbol: BTC/USDT:USDT, side: short, initial: 1}
parameters: {step: {value: 1, unit: price}}
observe: {P_t: mark(L), risen: P_t - start}
variables: {start: {initial: P_t}, beats: {initial: 0}}
events: {tick: price(L), beat: every(1s)}
states:
  FLAT:
    on:
      beat: {do: {beats: beats + 1}}
      tick: {if: risen >= step, do: both, transition_to: MORE}
      failed: {do: {beats: -1}}
    after: {10s: {transition_to: LATE}}
  MORE: {on: {tick: {if: risen < 0, do: {qL: 0}, transition_to: LATE}}}
  LATE: {final: true}
actions:
  both: {steps: [{qL: 2}, wait, {qS: 2}], on_fail: {qL: 1, qS: 1}}
tests:
"""


def outcomes(tests: str, name: str = "", coverage: Coverage | None = None) -> list[Outcome]:
    program = check(Source("spec.yml", (SPEC + tests).encode())).require()
    return list(run_tests(program, coverage, name))


def findings(tests: str) -> list[tuple[str, int, str]]:
    return [(d.code, d.span.line, d.message) for outcome in outcomes(tests) for d in outcome.findings]


LINE = SPEC.count("\n")


def test_both_legs_are_opened_at_the_first_price() -> None:
    assert (
        findings("""
  - name: start
    given: {P_t: 100}
    expect: {qL: 1, pL: 100, qS: 1, pS: 100, start: 100, mode: FLAT, orders: 0}
""")
        == []
    )


def test_facts_raise_the_market_and_an_event_is_exactly_that() -> None:
    assert (
        findings("""
  - name: facts
    given: {P_t: 100}
    when:
      - {P_t: 101, event: beat, expect: {mode: FLAT, beats: 1, orders: 0}}
      - {event: beat, times: 3, expect: {beats: 4}}
      - {P_t: 101, expect: {mode: MORE, orders: 2, beats: 4}}
""")
        == []
    )


def test_time_passes_with_the_old_facts_and_ends_with_the_new() -> None:
    """Nine beats before the tenth second, the tenth with the new price, and then the state is left."""
    assert (
        findings("""
  - name: time
    given: {P_t: 100}
    when:
      - {at: +9500ms, expect: {beats: 9, mode: FLAT}}
      - {at: +500ms, expect: {mode: LATE}}
""")
        == []
    )


def test_a_leg_that_refuses_in_one_item_only() -> None:
    assert (
        findings("""
  - name: refused
    given: {P_t: 100}
    when:
      - {P_t: 101, refuse: S, expect: {mode: FLAT, qL: 1, qS: 1, beats: -1, orders: 3}}
      - {P_t: 101, expect: {mode: MORE, qL: 2, qS: 2}}
""")
        == []
    )


def test_a_failed_expectation_stands_at_its_place_and_shows_what_the_guards_saw() -> None:
    found = outcomes("""
  - name: wrong
    given: {P_t: 100}
    when:
      - {P_t: 100.5, expect: {mode: MORE, qL: 1}}
""")[0].findings
    assert [(d.code, d.span.line, d.message) for d in found] == [("FSM805", LINE + 5, "mode is FLAT, expected MORE")]
    assert "`risen >= step` was not true (risen = 0.5, step = 1)" in found[0].hint


def test_numbers_agree_to_1e_9_or_to_the_six_and_more_decimals_written() -> None:
    test = "  - {{name: t, given: {{P_t: 100.123456789}}, expect: {{P_t: {}}}}}\n"
    assert [bool(findings(test.format(n))) for n in ("100.123456789", "100.123457", "100.123456")] == [
        False,
        False,
        True,
    ]
    assert findings(test.format("100.12346")), "five decimals are not enough to round by"


def test_a_machine_that_never_starts_says_which_value_is_missing() -> None:
    assert findings("  - {name: t, when: [{event: beat, expect: {mode: FLAT}}]}\n") == [
        ("FSM808", LINE + 1, "the machine has not started: P_t is not ready")
    ]


def test_only_tests_of_a_name() -> None:
    tests = "  - {name: one, given: {P_t: 1}}\n  - {name: Two, given: {P_t: 1}}\n"
    assert [outcome.name for outcome in outcomes(tests, "two")] == ["Two"]


def test_coverage_counts_states_rows_and_both_outcomes_of_guards() -> None:
    program = check(
        Source(
            "spec.yml",
            (
                SPEC
                + """
  - name: up
    given: {P_t: 100}
    when: [{P_t: 100}, {P_t: 101}]
"""
            ).encode(),
        )
    ).require()
    coverage = Coverage(program)
    assert all(outcome.passed for outcome in run_tests(program, coverage))
    summary = coverage.summary()
    assert (summary.states, summary.rows, summary.guards) == (Count(2, 3), Count(1, 5), Count(2, 4))
    assert any("LATE is never entered" in line for line in summary.missing)


@pytest.mark.parametrize(("covered", "percent", "reaches"), [(2, 66, True), (2, 67, False), (3, 100, True)])
def test_thresholds_are_compared_as_whole_numbers(covered: int, percent: int, reaches: bool) -> None:
    assert Count(covered, 3).reaches(percent) is reaches


# -- the command -----------------------------------------------------------------------------------------------------

TWO = """
  - {name: holds, given: {P_t: 100}, expect: {qL: 1}}
  - {name: does not, given: {P_t: 100}, expect: {qL: 2}}
"""


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "spec.yml"
    path.write_text(SPEC + TWO)
    return str(path)


def test_text(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", spec]) == 1
    text = capsys.readouterr().out
    assert "ok    holds" in text and "FAIL  does not" in text
    assert "qL is 1, expected 2" in text and "2 tests in 1 file: 1 passed, 1 failed" in text


def test_one_by_name_and_none(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "-k", "holds", spec]) == 0
    assert main(["test", "-k", "nothing like it", spec]) == 2
    assert "no test has 'nothing like it' in its name" in capsys.readouterr().err


def test_coverage_can_fail_a_run(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "-k", "holds", "--cov-fail-under", "90", spec]) == 1
    text = capsys.readouterr().out
    assert "coverage" in text and "less than 90 %" in text and "never taken" in text
    assert main(["test", "-k", "holds", "--cov-fail-under", "0", spec]) == 0


def test_json(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--format", "json", spec]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["counts"] == {"tests": 2, "failed": 1}
    tests = report["files"][0]["tests"]
    assert [(test["name"], test["passed"]) for test in tests] == [("holds", True), ("does not", False)]
    assert tests[1]["findings"][0]["code"] == "FSM805"


def test_junit(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--format", "junit", spec]) == 1
    root = Xml.fromstring(capsys.readouterr().out)
    cases = root.findall(".//testcase")
    assert [(case.get("name"), case.find("failure") is not None) for case in cases] == [
        ("holds", False),
        ("does not", True),
    ]


def test_a_spec_with_errors_is_no_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "spec.yml"
    path.write_text(SPEC.replace("risen >= step", "risen >= stepp") + TWO)
    assert main(["test", str(path)]) == 1
    assert "FSM301" in capsys.readouterr().out
    assert main(["test", "--format", "junit", str(path)]) == 1


DECIDES = """\
fsm: 1
accounts: {main: {exchange: binanceusdm}}
legs: {L: {account: main, symbol: BTC/USDT:USDT, side: long}}
states:
  ACTIVE:
    on:
      price_update:
        - {if: mark(L) > 200, transition_to: HALT, because: too dear}
        - {if: mark(L) > 100 and qL == 0, do: {qL: 1}}
  HALT:
    after: {30s: {transition_to: EXIT}}
  EXIT: {final: true}
tests:
"""


def hints(test: str) -> list[str]:
    program = check(Source("t.yml", (DECIDES + test).encode())).require()
    return [finding.hint for outcome in run_tests(program) for finding in outcome.findings]


def test_a_failed_expectation_shows_the_row_taken_with_the_values_of_the_decision() -> None:
    """The guard reads qL, which its own action changes: what counts is what stood there when it was asked."""
    assert hints("  - {name: t, given: {mark(L): 101}, when: [{event: price_update, expect: {qL: 2}}]}\n") == [
        "ACTIVE/price_update in line 9 was taken: `mark(L) > 100 and qL == 0` (mark(L) = 101, qL = 0); "
        "ACTIVE/price_update in line 8: `mark(L) > 200` was not true (mark(L) = 101)"
    ]


def test_a_row_is_named_by_its_reason_and_a_delay_by_its_text() -> None:
    found = hints("""
  - name: t
    given: {mark(L): 300}
    when:
      - {event: price_update, expect: {mode: ACTIVE}}
      - {event: price_update, expect: {mode: ACTIVE}}
      - {at: +30s, expect: {mode: HALT}}
""")
    assert found == [
        "ACTIVE/price_update in line 8 was taken, because too dear: `mark(L) > 200` (mark(L) = 300)",
        "no guard was asked: HALT waits for after 30s",
        "HALT/after 30s in line 11 was taken",
    ]


def test_a_run_names_a_delay_by_its_text() -> None:
    text = DECIDES.replace("mark(L) > 200", "mark(L) > 0") + "  - {name: t, expect: {mode: ACTIVE}}\n"
    moves = run(check(Source("t.yml", text.encode())).require(), Settings(bars=3)).moves
    assert [(move.source, move.because or move.trigger) for move in moves] == [
        ("ACTIVE", "too dear"),
        ("HALT", "after 30s"),
    ]


def test_a_fact_that_others_would_not_follow_is_refused() -> None:
    """`twice` is worked out from `limit` before the first fact: a fact for `limit` would be half true."""
    spec = DECIDES.replace("states:", "parameters: {limit: 100, twice: 2 * limit}\nstates:", 1)
    spec = spec.replace("> 200", "> twice").replace("> 100", "> limit")
    text = (
        spec.replace("limit: 100", "limit: {value: 100, unit: price}")
        + "  - {name: t, given: {NAME: 1}, expect: {mode: ACTIVE}}\n"
    )
    found = check(Source("t.yml", text.replace("NAME", "limit").encode())).diagnostics
    assert [(d.code, d.hint) for d in found] == [("FSM803", "give it to the whole test: `with: {limit: …}`")]
    assert check(Source("t.yml", text.replace("NAME", "twice").encode())).diagnostics == ()


BEATS = """fsm: 1
accounts: {main: {exchange: binanceusdm}}
legs: {L: {account: main, symbol: BTC/USDT:USDT}}
parameters: {pace: 1s}
variables: {beats: {initial: 0}}
events: {beat: every(pace)}
states: {A: {on: {beat: {do: {beats: beats + 1}}}}}
tests:
  - {name: far, given: {mark(L): 1}, when: [{at: +TIME, event: filled, expect: {beats: 50}}]}
"""


def test_time_that_moves_too_far_is_found_before_the_test_runs() -> None:
    """A million seconds are 11.57 days: every(1s) fires 1,036,800 times in twelve."""

    def codes(at: str) -> list[tuple[str, str]]:
        text = f"{SPEC}  - {{name: far, given: {{P_t: 1}}, when: [{{at: {at}, expect: {{mode: LATE}}}}]}}\n"
        return [(d.code, d.message) for d in check(Source("spec.yml", text.encode())).diagnostics]

    assert codes("+11d") == []
    assert codes("+12d") == [("FSM812", "every(1s) would fire 1,036,800 times in this item")]
    assert codes("+1e300")[0] == ("FSM406", "time can't move by 1e300")
    assert codes("+3653d")[0] == ("FSM406", "time can't move by 3653d")


def test_timers_of_a_test_are_counted_as_they_fire(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interval is a parameter, so that the number is known only when the test runs."""
    monkeypatch.setattr("fsmtrader.research.spec_tests.TIMER_LIMIT", 50)
    for time, found in (("50s", []), ("52s", ["FSM812"])):
        program = check(Source("spec.yml", BEATS.replace("TIME", time).encode())).require()
        (outcome,) = run_tests(program)
        assert [(d.code, d.span.line) for d in outcome.findings] == [(code, 9) for code in found]


def test_a_raw_event_raises_its_names() -> None:
    """`price(L)` by hand is what a price is: the row under `tick` sees it, and the row under the raw event before it."""
    tests = """
  - name: raw
    given: {P_t: 100}
    when: [{P_t: 101, event: price(L), expect: {mode: MORE, qL: 2}}]
  - name: timer
    given: {P_t: 100}
    when: [{event: every(1s), times: 2, expect: {beats: 2}}]
"""
    assert findings(tests) == []


def test_a_failed_test_says_that_an_order_was_refused() -> None:
    text = """fsm: 1
accounts: {main: {exchange: binanceusdm}}
legs: {X: {account: main, symbol: BTC/USDT:USDT}}
events: {tick: price(X)}
states:
  A: {orders: reduce, on: {tick: {if: mark(X) < 9, do: {qX: 1}, transition_to: B}}}
  B: {final: true}
tests:
  - {name: a, given: {mark(X): 10}, when: [{mark(X): 8, expect: {mode: B}}]}
"""
    (outcome,) = run_tests(check(Source("spec.yml", text.encode())).require())
    (found,) = outcome.findings
    assert found.hint == (
        "A/tick in line 6 was taken: `mark(X) < 9` (mark(X) = 8); "
        "refused: do: +1 of X: the state permits no such order; the action do failed, so its row led nowhere"
    )
