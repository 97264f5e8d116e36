"""Merging sources: the same as sorting everything, and what an event batch is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsmtrader.data import merge
from fsmtrader.data.events import Content, EventBatch, batch_of, joined
from fsmtrader.data.merge import merged
from fsmtrader.diagnostics import DataError
from fsmtrader.domain.market import Kind, MarketEvent

Row = tuple[int, int, int, int]
"""time, kind, source, number within the source"""


def batches(source: int, kind: Kind, times: list[int], cuts: list[int]) -> Iterator[EventBatch]:
    """A source whose rows carry their number in `a`, cut into batches at some places."""
    numbers = np.arange(len(times), dtype=np.float64)
    whole = batch_of(kind, source, np.array(times, dtype=np.int64), [numbers])
    edges = sorted({min(cut, len(times)) for cut in cuts} | {0, len(times)})
    for start, stop in zip(edges, [*edges[1:], len(times)], strict=True):
        yield whole.part(slice(start, stop))


def rows(batch: EventBatch) -> list[Row]:
    columns = (batch.time_us, batch.kind, batch.market, batch.a)
    return [(t, k, m, int(a)) for t, k, m, a in zip(*(c.tolist() for c in columns), strict=True)]


sources = st.lists(
    st.tuples(
        st.sampled_from(list(Kind)),
        st.lists(st.integers(0, 12), max_size=25).map(sorted),
        st.lists(st.integers(0, 25), max_size=6),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=150)
@given(sources)
def test_merging_is_sorting_by_time_kind_and_source(given_sources: list[tuple[Kind, list[int], list[int]]]) -> None:
    expected = sorted(
        (time, int(kind), source, number)
        for source, (kind, times, _) in enumerate(given_sources)
        for number, time in enumerate(times)
    )
    found = [
        row for batch in merged([batches(i, *source) for i, source in enumerate(given_sources)]) for row in rows(batch)
    ]
    assert found == expected


def test_at_one_moment_funding_comes_first_and_bars_last() -> None:
    given_kinds = [Kind.BAR, Kind.TRADE, Kind.BOOK, Kind.MARK, Kind.FUNDING]
    whole = joined(list(merged([batches(i, kind, [5], []) for i, kind in enumerate(given_kinds)])))
    assert [event.kind for event in whole] == [Kind.FUNDING, Kind.MARK, Kind.BOOK, Kind.TRADE, Kind.BAR]


def test_memory_is_bounded_by_the_batches_that_are_open() -> None:
    """Of a long source no more is read than what the others need."""
    read = []

    def long() -> Iterator[EventBatch]:
        for start in range(0, 1_000, 10):
            read.append(start)
            yield batch_of(Kind.TRADE, 0, np.arange(start, start + 10, dtype=np.int64), [np.zeros(10)])

    short = batches(1, Kind.BOOK, [0, 15, 900], [])
    stream = merged([long(), short])
    next(stream)
    assert len(read) <= 2


def test_too_many_rows_at_one_moment_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge, "MOST_AT_ONCE", 15)
    frozen = (batch_of(Kind.TRADE, 0, np.zeros(10, dtype=np.int64), [np.zeros(10)]) for _ in range(3))
    with pytest.raises(DataError, match="more than 15 rows of one source have the same time"):
        list(merged([frozen, batches(1, Kind.BOOK, [1], [])]))


def test_a_batch_gives_events() -> None:
    batch = batch_of(Kind.BAR, 2, np.array([7], dtype=np.int64), [np.array([float(i)]) for i in (1, 3, 0, 2, 9)])
    assert list(batch) == [MarketEvent(7, Kind.BAR, 2, 1.0, 3.0, 0.0, 2.0, 9.0)]
    funding = next(iter(batch_of(Kind.FUNDING, 0, np.array([7], dtype=np.int64), [np.array([0.5])])))
    assert (funding.a, math.isnan(funding.b)) == (0.5, True)


def digest_of(*batches: EventBatch) -> str:
    content = Content()
    for batch in batches:
        content.add(batch)
    return content.hexdigest()


def test_the_digest_does_not_depend_on_batches_or_on_the_form_of_nan() -> None:
    times = np.arange(6, dtype=np.int64)
    other_nan = np.frombuffer(np.uint64(0xFFF8000000000001).tobytes(), dtype=np.float64)[0]
    plain = batch_of(Kind.BOOK, 1, times, [np.array([0.0, np.nan, 1, 2, 3, 4])])
    odd = batch_of(Kind.BOOK, 1, times, [np.array([-0.0, other_nan, 1, 2, 3, 4])])
    assert digest_of(plain) == digest_of(odd) == digest_of(plain.part(slice(0, 2)), plain.part(slice(2, 6)))
    assert digest_of(plain) != digest_of(batch_of(Kind.BOOK, 1, times, [np.array([0.0, np.nan, 1, 2, 3, 5])]))
    assert digest_of(plain) != digest_of(replace(plain, time_us=times + 1))
