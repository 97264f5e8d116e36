"""How long the machine is expected to take: fifty times as long for quotes that work as for events it walks over."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.parity.kernel_markets import quotes, stream
from tests.unit.test_run_engines import SPEC, program_of

from fsmtrader.data.stream import EventStream
from fsmtrader.domain.market import Kind
from fsmtrader.research.pace import Pace, pace_of

LOSS = SPEC + "risk: {loss: {per: day, max: 100}}\n"
OWN = SPEC.replace("if: mark(X) > low * 1.004", "if: equity(main) > 900")
QUOTES = SPEC + "quotes: {bid: {leg: X, side: buy, price: low, quantity: 1}}\n"


def mixed(*rows: tuple[Kind, int, int]) -> EventStream:
    """A market of so many events of each kind in each market."""
    made = stream([quotes(1, 50)])
    (report,) = made.reports
    return replace(made, reports=tuple(replace(report, kind=k, market=m, rows=n) for k, m, n in rows))


@pytest.mark.parametrize(
    ("rows", "quiet_us"),
    [
        ([(Kind.BOOK, 0, 1000)], 3.0),
        ([(Kind.BAR, 0, 970), (Kind.FUNDING, 0, 30)], 3.0),
        ([(Kind.BAR, 0, 960), (Kind.FUNDING, 0, 40)], 5.5),
        ([(Kind.BOOK, 0, 500), (Kind.BOOK, 1, 500)], 5.5),
        ([(Kind.DEPTH, 0, 1000)], 5.5),
    ],
)
def test_events_that_take_turns_are_taken_one_by_one(rows: list[tuple[Kind, int, int]], quiet_us: float) -> None:
    assert pace_of(program_of(SPEC), mixed(*rows)) == Pace(quiet_us, 1000)


def test_what_a_spec_looks_at_decides() -> None:
    alike = mixed((Kind.BOOK, 0, 1000))
    for text, quiet_us in ((OWN, 5.5), (LOSS, 25.0), (QUOTES, 150.0)):
        assert pace_of(program_of(text), alike).quiet_us == quiet_us


def test_seconds_by_hand() -> None:
    """A million events: a scout spares 2 us of 3, 149 of 150. Ten sets in two lanes of 5 us an event: 25 s, and 2.5 s
    until a process has begun."""
    assert (Pace(3.0, 10**6).spared_seconds, Pace(150.0, 10**6).spared_seconds) == (2.0, 149.0)
    assert Pace(3.0, 10**6).sweep_seconds(10, 2) == pytest.approx(27.5)
