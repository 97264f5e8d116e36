"""Recorded markets are read as they are: every file of the six kinds, with the counts that its description states."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from fsmtrader.data.files import Wanted, moment_of
from fsmtrader.data.stream import open_stream
from fsmtrader.domain.market import Kind

ROOT = os.environ.get("FSMTRADER_RECORDED_DATA", "")
pytestmark = pytest.mark.skipif(not ROOT, reason="FSMTRADER_RECORDED_DATA does not say where recorded data is")

KINDS = {
    "trades": Kind.TRADE, "bbo": Kind.BOOK, "bookticker": Kind.BOOK, "quote": Kind.BOOK,
    "funding": Kind.FUNDING, "mark": Kind.MARK, "1m": Kind.BAR, "5m": Kind.BAR, "1h": Kind.BAR, "trade": Kind.BAR,
}  # fmt: skip
"""what the last word of a file's name says that it holds (minute `trade` files are bars)"""


def recorded() -> list[str]:
    folder = Path(ROOT)
    files = (
        [path for start in ("perp", "tick", "xvenue") for path in folder.glob(f"{start}_*/*.parquet")] if ROOT else []
    )
    return sorted(str(p.relative_to(folder)) for p in files if not p.stem.endswith(("depth", "snapshot")))


def kind_of(name: str) -> Kind:
    words = Path(name).stem.split("_")
    if words[0] in ("funding", "joined"):
        return Kind.FUNDING if words[0] == "funding" else Kind.BAR
    if words[-1] in ("book10", "book20"):
        return Kind.DEPTH
    return Kind.BOOK if words[-1].startswith("book") else KINDS[words[-1]]


@pytest.mark.parametrize("name", recorded())
def test_every_recorded_file_is_read(name: str) -> None:
    path = str(Path(ROOT) / name)
    stream = open_stream([Wanted(path, prefix="bn_" if "joined" in name else "")])
    batches = list(stream)
    assert {int(kind) for batch in batches for kind in np.unique(batch.kind)} == {kind_of(name)}
    times = np.concatenate([batch.time_us for batch in batches])
    assert len(times) == len(stream) > 0
    assert (np.diff(times) >= 0).all()


def test_bars_mark_and_funding_of_one_market() -> None:
    """90 funding moments lie within the bars' 2025-05-04T15:34 to 2025-06-03T15:32, three a day; each is paid on the mark."""
    folder = Path(ROOT) / "perp_binance_usdm_2025"
    names = ("BTCUSDT_1m", "BTCUSDT_8h_mark", "BTCUSDT_8h_funding")
    begin, end = moment_of("2025-05-05"), moment_of("2025-06-03")
    wanted = [Wanted(str(folder / f"{name}.parquet"), from_us=begin, to_us=end) for name in names]
    stream = open_stream(wanted)
    events = [event for batch in stream for event in batch]
    funding = [event for event in events if event.kind is Kind.FUNDING]
    assert len(funding) == 29 * 3
    assert all(event.time_us % (8 * 3_600_000_000) == 0 for event in funding)
    closes = {event.time_us: event.d for event in events if event.kind is Kind.BAR}
    assert len(closes) == 29 * 1440
    assert all(abs(event.b / closes[event.time_us] - 1) < 0.002 for event in funding if event.time_us in closes)
    assert not any(event.kind is Kind.MARK for event in events)
