"""The parts of a market by which the sets of a sweep are compared: equal ones, or those that the spec names."""

from __future__ import annotations

from dataclasses import dataclass

from fsmtrader.data.stream import EventStream
from fsmtrader.diagnostics import UsageError
from fsmtrader.program.ir import Program
from fsmtrader.program.spans import span_us
from fsmtrader.research.settings import plain_mapping

PARTS = 4
"""when nothing says how many"""
MOST_PARTS = 100


@dataclass(frozen=True, slots=True)
class Period:
    """From `begin_us` up to, not with, `end_us`."""

    name: str
    begin_us: int
    end_us: int


def periods_of(program: Program, stream: EventStream, count: int = 0) -> tuple[Period, ...]:
    """So many parts of equal length; without a number those of `run: {periods: …}` that the data reach, else four."""
    first_us, last_us = stream.prices_us
    if count > MOST_PARTS:
        raise UsageError(f"--periods {count}: at most {MOST_PARTS}")
    if not count:
        named = [_named(name, str(text)) for name, text in plain_mapping(program.run, "periods").items()]
        reached = tuple(period for period in named if period.begin_us <= last_us and period.end_us > first_us)
        if reached:
            return reached
    parts = count or PARTS
    length = last_us + 1 - first_us
    edges = [first_us + length * index // parts for index in range(parts + 1)]
    return tuple(Period(str(index + 1), edges[index], edges[index + 1]) for index in range(parts))


def _named(name: str, text: str) -> Period:
    span = span_us(text)
    assert span is not None, "the checker has read it"
    return Period(name, *span)
