"""Document 001 on recorded books: quotes at every cycle or a reason, limits never passed, no order that a filter refuses.

The data is no part of the repository: FSMTRADER_RECORDED_DATA says where it is.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
RECORDED = os.environ.get("FSMTRADER_RECORDED_DATA", "")
SPEC = ROOT / "specs" / "market_making.yml"
RUN = "import sys; from fsmtrader.cli.main import main; sys.exit(main())"
FILTERS = {"tick", "lot", "min_quantity", "max_quantity", "min_notional", "price"}
needs_data = pytest.mark.skipif(not RECORDED, reason="FSMTRADER_RECORDED_DATA does not say where recorded data is")


@dataclass(frozen=True, slots=True)
class Recording:
    """Where a market was recorded, and what is said of it beside the spec."""

    folder: str
    files: tuple[str, ...]
    symbol: str
    exchange: str
    values: tuple[str, ...]
    most: float
    """what may be held: ten times the base size"""


RECORDINGS = {
    "binance": Recording(
        "tick_binance_btc_20240808",
        ("usdm_btcusdt_0808_snapshot.parquet", "usdm_btcusdt_0808_depth.parquet", "usdm_btcusdt_0808_trades.parquet"),
        "BTC/USDT:USDT",
        "binanceusdm",
        (),
        0.1,
    ),
    "hyperliquid": Recording(
        "tick_hyperliquid_btc_20250904",
        ("BTC_book20.parquet", "BTC_trades.parquet"),
        "BTC/USDC:USDC",
        "hyperliquid",
        ("staticTicks=5",),
        0.1,
    ),
    "aster": Recording(
        "tick_aster_bnb_20251128",
        ("BNBUSDT_book10.parquet", "BNBUSDT_trades.parquet"),
        "BNB/USDT:USDT",
        "aster",
        ("baseSize=0.5", "staticTicks=5"),
        5.0,
    ),
}


@dataclass(frozen=True, slots=True)
class Kept:
    """What a run has left behind."""

    summary: dict[str, Any]
    rows: list[tuple[int, str, dict[str, Any]]]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [body for _, found, body in self.rows if found == kind]


def run(folder: Path, spec: str, *options: str, seed: str = "1") -> Kept:
    """A run in a process of its own, with its own order of hashing."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spec.yml").write_text(spec, encoding="utf-8")
    out = folder / "out"
    command = [sys.executable, "-c", RUN, "run", str(folder / "spec.yml"), *options, "--out", str(out)]
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT / "src")}
    command += ["--engine", "machine", "--no-report", "--quiet"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with sqlite3.connect(out / "journal.sqlite") as journal:
        found = journal.execute("SELECT time_us, kind, body FROM rows ORDER BY seq").fetchall()
    rows = [(time_us, kind, json.loads(body)) for time_us, kind, body in found]
    return Kept(json.loads((out / "summary.json").read_text("utf-8")), rows)


def recorded(name: str, folder: Path, *more: str, seed: str = "1") -> Kept:
    this = RECORDINGS[name]
    text = SPEC.read_text(encoding="utf-8").partition("\ntests:\n")[0]
    text = text.replace("BTC/USDT:USDT", this.symbol).replace("binanceusdm", this.exchange)
    data = [word for file in this.files for word in ("--data", f"X={Path(RECORDED) / this.folder / file}")]
    values = [word for value in this.values for word in ("--set", value)]
    return run(folder, text, *data, *values, *more, seed=seed)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Kept]:
    """Each recording is run once."""
    runs: dict[str, Kept] = {}

    def of(name: str) -> Kept:
        if name not in runs:
            runs[name] = recorded(name, tmp_path_factory.mktemp(name))
        return runs[name]

    return of


@needs_data
@pytest.mark.parametrize("name", RECORDINGS)
def test_R001_45_every_cycle_has_a_quote_or_a_reason(kept: Callable[[str], Kept], name: str) -> None:
    quoting = kept(name).summary["quoting"]
    for side in quoting["sides"]:
        without = sum(seconds for _, seconds in side["reasons"])
        assert side["live_seconds"] + without == pytest.approx(quoting["seconds"], abs=1e-3)
        assert all(reason and reason != "not known" for reason, _ in side["reasons"])
        assert side["uptime"] > 0.5
    assert quoting["fills"] > 5


@needs_data
@pytest.mark.parametrize("name", RECORDINGS)
def test_V24_no_order_is_refused_by_a_filter(kept: Callable[[str], Kept], name: str) -> None:
    assert [row for row in kept(name).of("rejected") if row["reason"] in FILTERS] == []


@needs_data
@pytest.mark.parametrize("name", RECORDINGS)
def test_R001_28_the_hard_limit_is_never_passed(kept: Callable[[str], Kept], name: str) -> None:
    held = worst = 0.0
    for row in kept(name).of("booked"):
        held += row["change"]
        worst = max(worst, abs(held))
    assert 0.0 < worst <= RECORDINGS[name].most + 1e-9


@needs_data
@pytest.mark.parametrize("name", RECORDINGS)
def test_quotes_lie_on_their_side_of_the_market(kept: Callable[[str], Kept], name: str) -> None:
    """Of what was to rest nothing came to take: without latency no post-only order meets the other side."""
    run = kept(name)
    assert [row for row in run.of("rejected") if row["reason"] == "post_only"] == []
    post_only = {row["client_id"] for row in run.of("order") if row["post_only"]}
    assert [row for row in run.of("filled") if row["client_id"] in post_only and not row["maker"]] == []


@needs_data
def test_V22_the_journal_is_the_same_twice(kept: Callable[[str], Kept], tmp_path: Path) -> None:
    again = recorded("aster", tmp_path, seed="7")
    assert again.summary["journal_hash"] == kept("aster").summary["journal_hash"]


@needs_data
def test_R001_24_with_latency_refused_quotes_are_sent_again_as_plain_ones(tmp_path: Path) -> None:
    options = ("--latency", "order=20ms,response=20ms", "--to", "2024-08-08T23:56:30", "--set", "baseSpread=0.001%")
    options += ("--set", "reduceOnlyThreshold=9")
    run = recorded("binance", tmp_path, *options)
    refused = [row["client_id"] for row in run.of("rejected") if row["reason"] == "post_only"]
    orders = run.of("order")
    slots = {row["client_id"]: row["slot"] for row in orders}
    assert refused
    assert any(slot.endswith("dynamic") for client, slot in slots.items() if client in refused)
    plain = [row for row in orders if row["slot"].endswith("dynamic") and not row["post_only"]]
    assert plain, "sent again without post-only"
    assert all(row["post_only"] for row in orders if row["slot"].endswith("static"))


def crash(folder: Path, *options: str) -> Kept:
    text = SPEC.read_text(encoding="utf-8").partition("\ntests:\n")[0]
    return run(folder, text + "run: {market: {synthetic: book_crash, needs: queue}}\n", *options)


def test_R001_30_a_generated_crash_halts_by_its_shock(tmp_path: Path) -> None:
    run = crash(tmp_path, "--set", "stopLoss=-100000")
    assert "HALT_SHOCK" in {row["target"] for row in run.of("transition")}
    halts = [time_us for time_us, kind, row in run.rows if kind == "transition" and row["target"] == "HALT_SHOCK"]
    ends = [time_us for time_us, kind, row in run.rows if kind == "transition" and row["source"] == "HALT_SHOCK"]
    for halt, end in zip(halts, ends, strict=False):
        assert [kind for time_us, kind, _ in run.rows if kind == "order" and halt < time_us < end] == []


def test_R001_29_a_generated_crash_stops_by_its_loss(tmp_path: Path) -> None:
    run = crash(tmp_path, "--set", "stopLoss=-1", "--set", "shockPct=50%", "--set", "shockWindowPct=0%")
    targets = [row["target"] for row in run.of("transition")]
    assert "STOPPING" in targets
    assert targets[-1] == "HALT_MANUAL"
    held = sum(row["change"] for row in run.of("booked"))
    assert held == pytest.approx(0.0, abs=1e-9)
