"""Whatever bytes a file of market data holds: it is read, or refused with a DataError that names it."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsmtrader.data import tables
from fsmtrader.data.describe import describe
from fsmtrader.data.files import Wanted
from fsmtrader.data.stream import open_stream
from fsmtrader.diagnostics import DataError

COUNT = 20
FRAME = pl.DataFrame(
    {
        "ts": [1_735_689_600_000 + 60_000 * i for i in range(COUNT)],
        "bid": [1.0 + i for i in range(COUNT)],
        "ask": [1.5 + i for i in range(COUNT)],
    }
)


def content(ending: str) -> bytes:
    buffer = io.BytesIO()
    {"csv": FRAME.write_csv, "parquet": FRAME.write_parquet, "feather": FRAME.write_ipc}[ending](buffer)
    return buffer.getvalue()


GOOD = {ending: content(ending) for ending in ("csv", "parquet", "feather")}
changes = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 12), st.one_of(st.binary(max_size=4), st.sampled_from([b",", b"\n", b"-", b'"', b"9"]))),
    min_size=1,
    max_size=5,
)  # fmt: skip


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["csv", "csv", "parquet", "feather"]), changes)
def test_damaged_files_are_read_or_refused(tmp_path: Path, ending: str, places: list[tuple[float, int, bytes]]) -> None:
    damaged = GOOD[ending]
    for place, removed, added in places:
        at = int(place * len(damaged))
        damaged = damaged[:at] + added + damaged[at + removed :]
    path = tmp_path / f"q.{ending}"
    path.write_bytes(damaged)
    try:
        delivered = sum(map(len, open_stream([Wanted(str(path))])))
        assert delivered == describe(Wanted(str(path))).rows
    except DataError as refused:
        assert str(path) in str(refused)


def test_a_panic_of_the_library_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some damaged files make polars panic, which is no ordinary exception."""
    path = tmp_path / "q.parquet"
    path.write_bytes(GOOD["parquet"])

    def panics(path: str, form: tables.Form) -> pl.LazyFrame:
        raise pl.exceptions.PanicException("range end index out of range")

    monkeypatch.setattr(tables, "_lazy", panics)
    with pytest.raises(DataError, match=r"q\.parquet: is damaged or no table that can be read: range end index"):
        open_stream([Wanted(str(path))])
