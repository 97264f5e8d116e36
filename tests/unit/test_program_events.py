"""Events as a spec declares them: hours of the day, and names that nothing waits for."""

from __future__ import annotations

import pytest

from fsmtrader.diagnostics import Diagnostic
from fsmtrader.program.compiler import check
from fsmtrader.spec.source import Source

HEAD = "fsm: 1\naccounts: {main: {exchange: binanceusdm}}\nlegs: {X: {account: main, symbol: BTC/USDT:USDT}}\n"
STATES = "states:\n  A: {on: {tick: {if: mark(X) > 9, transition_to: B}}}\n  B: {final: true}\n"


def findings(text: str) -> tuple[Diagnostic, ...]:
    return check(Source("spec.yml", text.encode())).diagnostics


@pytest.mark.parametrize(
    ("hour", "message", "hint"),
    [
        ("banana", "'banana' is no hour of the day", 'write e.g. "09:00 Asia/Shanghai", or 09:00 for UTC'),
        ("25:00 Asia/Shanghai", "there is no hour 25:00", "hours are 00:00 to 23:59"),
        ("09:60", "there is no hour 09:60", "hours are 00:00 to 23:59"),
        ("09:00 Asia/Shangai", "there is no time zone Asia/Shangai", "did you mean Asia/Shanghai?"),
        ("09:00 Shanghai", "there is no time zone Shanghai", "did you mean Asia/Shanghai?"),
        ("09:00 America", "there is no time zone America", None),
        ("09:00 ../../etc/passwd", "there is no time zone ../../etc/passwd", None),
        ("09:00 at night", "'09:00 at night' is no hour of the day", None),
    ],
)
def test_an_hour_that_does_not_exist_is_found_where_it_stands(hour: str, message: str, hint: str | None) -> None:
    (found,) = findings(f'{HEAD}events: {{tick: {{daily: "{hour}"}}}}\n{STATES}')
    assert (found.code, found.message) == ("FSM523", message)
    assert (found.span.line, found.span.column) == (4, 24)
    assert hint is None or found.hint == hint


@pytest.mark.parametrize("hour", ["09:00", "09:00 UTC", "9:05", "23:59 Asia/Shanghai", "00:00  Europe/Berlin"])
def test_hours_that_exist(hour: str) -> None:
    assert findings(f'{HEAD}events: {{tick: {{daily: "{hour}"}}}}\n{STATES}') == ()


def test_the_hour_of_a_report_is_checked_as_well() -> None:
    report = "reports: {day: {at: 24:00 UTC, rows: true, show: [qX]}}\n"
    assert [d.code for d in findings(f"{HEAD}events: {{tick: price(X)}}\n{report}{STATES}")] == ["FSM523"]


def test_daily_without_an_hour_says_how_it_is_written() -> None:
    (found,) = findings(f"{HEAD}events: {{tick: daily}}\n{STATES}")
    assert (found.code, found.hint) == ("FSM503", 'write e.g. `{daily: "09:00 UTC"}`')


def test_a_name_that_nothing_waits_for_is_a_warning() -> None:
    """`late` is only declared; `tick` has a row, `slow` an indicator's clock and `loud` an alert."""
    text = (
        f"{HEAD}events: {{tick: price(X), late: price(X), slow: every(1m), loud: every(1h)}}\n"
        "observe: {calm: 'std(mark(X), n=3, on=slow) < 1', odd: mark(X) * 2}\n"
        "alerts: {hourly: {on: loud, say: still here}}\n"
    ) + STATES.replace("mark(X) > 9", "mark(X) > 9 and calm")
    assert [(d.code, d.message) for d in findings(text)] == [
        ("FSM309", "nothing waits for the event late"),
        ("FSM309", "nothing reads the observable odd"),
    ]


def test_what_only_a_test_a_metric_or_a_region_reads_is_read() -> None:
    text = (
        f"{HEAD}events: {{tick: price(X), late: price(X)}}\nobserve: {{a: mark(X) * 2, b: mark(X) * 3, c: a}}\nmetrics: [b]\n"
        f"{STATES}tests: [{{name: t, given: {{mark(X): 1}}, when: [{{event: late, expect: {{c: 2}}}}]}}]\n"
    )
    assert findings(text) == ()


def test_two_invariants_of_one_name() -> None:
    text = f"{HEAD}events: {{tick: price(X)}}\ninvariants: [{{low: mark(X) > 1}}, {{low: mark(X) > 2}}]\n{STATES}"
    (found,) = findings(text)
    assert (found.code, found.span.line, found.span.column) == ("FSM302", 5, 35)
    assert found.message == "the name 'low' is taken: it is an invariant already"


@pytest.mark.parametrize(
    ("place", "hint"),
    [
        ("exit: {transition_to: B}", "lead nowhere: write a row"),
        ("enter: {transition_to: B}", "lead nowhere: write a row"),
        ("enter: {do: foo}", "leave out `do`"),
        ("enter: {if: mark(X) > 1}", "steps have no condition"),
        ("enter: {because: it is so}", "is a key of a row"),
    ],
)
def test_keys_of_a_row_among_steps_have_a_hint_that_mends(place: str, hint: str) -> None:
    states = STATES.replace("A: {", f"A: {{{place}, ")
    found = [d for d in findings(f"{HEAD}events: {{tick: price(X)}}\n{states}") if d.code == "FSM504"]
    assert len(found) == 1 and hint in found[0].hint
