"""Funding and marks that have nothing to do with the time of the prices: said, and no part of the run."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.one_leg import BARS, ONE

from fsmtrader.data.files import Wanted, moment_of
from fsmtrader.data.stream import EventStream, open_stream
from fsmtrader.domain.market import Kind
from fsmtrader.program.compiler import check
from fsmtrader.program.ir import Program
from fsmtrader.research.run import run
from fsmtrader.research.run_settings import DataFile, Settings
from fsmtrader.spec.source import Source

LAST_US = moment_of("2024-01-02")
NO_FUNDING = "no funding is in the data: none is paid"


def opened(folder: Path, *times: str, column: str = "funding_rate") -> EventStream:
    return open_stream([Wanted(path) for path in written(folder, *times, column=column)])


def written(folder: Path, *times: str, column: str = "funding_rate") -> tuple[str, str]:
    (folder / "bars.csv").write_text(BARS)
    (folder / "other.csv").write_text(f"ts,{column}\n" + "".join(f"{time},0.001\n" for time in times))
    return str(folder / "bars.csv"), str(folder / "other.csv")


def program() -> Program:
    return check(Source("t.yml", ONE.encode())).require()


def test_funding_after_the_last_price_is_cut_off(tmp_path: Path) -> None:
    """The last bar is known at midnight: funding of that moment is paid, that of eight hours later is not told."""
    stream = opened(tmp_path, "2024-01-01T16:00Z", "2024-01-02T00:00Z", "2024-01-02T08:00Z")
    times = [event.time_us for batch in stream for event in batch if event.kind is Kind.FUNDING]
    assert times == [moment_of("2024-01-01T16:00"), LAST_US]
    assert stream.last_us == LAST_US and stream.prices_us == (moment_of("2024-01-01T08:00"), LAST_US)
    assert len(stream) == 5 == sum(map(len, stream)) and not stream.notes
    assert stream.digest == opened(tmp_path, "2024-01-01T16:00Z", "2024-01-02T00:00Z").digest


@pytest.mark.parametrize(
    ("times", "first", "last"),
    [
        (("2020-01-01T00:00Z", "2020-01-01T08:00Z"), "2020-01-01T00:00:00Z", "2020-01-01T08:00:00Z"),
        (("2025-01-01T00:00Z", "2025-01-01T08:00Z"), "2025-01-01T00:00:00Z", "2025-01-01T08:00:00Z"),
    ],
)
def test_a_run_says_that_its_funding_is_of_another_time(
    tmp_path: Path, times: tuple[str, str], first: str, last: str
) -> None:
    paths = written(tmp_path, *times)
    summary = run(program(), Settings(tuple(map(DataFile, paths))))
    assert summary.notes[0] == (
        f"{paths[1]}: the funding is of {first} to {last}, the prices are of "
        "2024-01-01T08:00:00Z to 2024-01-02T00:00:00Z: none is paid"
    )
    assert NO_FUNDING in summary.notes and summary.funding == 0.0
    assert (summary.start_us, summary.end_us) == (moment_of("2024-01-01T08:00"), LAST_US)
    assert sum(stay.seconds for stay in summary.stays) == 16 * 3600


def test_funding_of_the_time_of_the_prices_is_not_remarked_on(tmp_path: Path) -> None:
    paths = written(tmp_path, "2023-12-31T16:00Z", "2024-01-01T16:00Z")
    summary = run(program(), Settings(tuple(map(DataFile, paths))))
    assert NO_FUNDING not in summary.notes and not [note for note in summary.notes if "the funding is of" in note]


def test_a_mark_of_another_time_is_said(tmp_path: Path) -> None:
    notes = opened(tmp_path, "2025-01-01T00:00Z", "2025-01-01T08:00Z", column="mark_price").notes
    assert "the mark is of 2025-01-01T00:00:00Z to 2025-01-01T08:00:00Z" in notes[0]
    assert notes[0].endswith("it is no price of this run")
    notes = opened(tmp_path, "2024-01-01T08:00Z", "2024-01-02T08:00Z", column="mark_price").notes
    assert not [note for note in notes if "the mark is of" in note]
