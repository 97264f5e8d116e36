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
