"""Document 000 on recorded markets: promises kept, sums that agree, the same journal in every process.

The data is no part of the repository: FSMTRADER_RECORDED_DATA says where it is. What is kept here is what came of it, the
visits of each state by month (`--update-golden` writes them anew).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from fsmtrader.program.compiler import check
from fsmtrader.research.run import run
from fsmtrader.research.run_settings import DataFile, Settings
from fsmtrader.research.summary import Summary
from fsmtrader.spec.source import Source

ROOT = Path(__file__).parents[2]
RECORDED = os.environ.get("FSMTRADER_RECORDED_DATA", "")
pytestmark = pytest.mark.skipif(not RECORDED, reason="FSMTRADER_RECORDED_DATA does not say where recorded data is")

VISITS = Path(__file__).parent / "recorded_visits.json"
HOURS = ("BTCUSDT_1h.parquet", "BTCUSDT_8h_mark.parquet", "BTCUSDT_8h_funding.parquet")
MINUTES = ("ETHUSDT_1m.parquet", "ETHUSDT_8h_mark.parquet", "ETHUSDT_8h_funding.parquet")
MONTHS = tuple(f"{year}-{month:02}" for year in (2020, 2021, 2022) for month in range(1, 13))
STORMS = ("2020-03", "2022-05", "2022-06", "2022-11")
"""the crash of March 2020, Terra, the month after, FTX"""
BY_HOUR = {"tau_max": "24h", "MES": "2%", "q0": "1", "E_max": "30000"}
"""a band that is wider than most hours, a window of a day"""
BY_MINUTE = {"MES": "1%", "q0": "1", "E_max": "2500"}

IN_A_PROCESS = """
import json, sys
from pathlib import Path
from fsmtrader.program.compiler import check
from fsmtrader.research.keeping import run_into
from fsmtrader.research.run_settings import DataFile, Settings
from fsmtrader.spec.source import Source

spec, out, months, values, *files = sys.argv[1:]
source = Source("spec.yml", Path(spec).read_bytes())
program = check(source).require()
for month in json.loads(months):
    year, number = map(int, month.split("-"))
    end = f"{year + number // 12}-{number % 12 + 1:02}-01"
    settings = Settings(tuple(map(DataFile, files)), json.loads(values), begin=f"{month}-01", end=end)
    folder = Path(out) / month
    run_into(folder, program, (source,), settings)
    print(json.loads((folder / "summary.json").read_text())["journal_hash"])
"""


def month_of(name: str) -> tuple[str, str]:
    """From its first day to the first day of the next."""
    year, month = map(int, name.split("-"))
    return f"{name}-01", f"{year + month // 12}-{month % 12 + 1:02}-01"


def files(folder: str, names: tuple[str, ...]) -> tuple[DataFile, ...]:
    return tuple(DataFile(str(Path(RECORDED) / folder / name)) for name in names)


def recorded(folder: str, names: tuple[str, ...], begin: str, end: str, values: Mapping[str, str]) -> Summary:
    spec = ROOT / "specs" / "band_limited_hedging.yml"
    program = check(Source(spec.name, spec.read_bytes())).require()
    return run(program, Settings(files(folder, names), dict(values), begin=begin, end=end))


def visits(summary: Summary) -> dict[str, int]:
    return {stay.state: stay.times for stay in summary.stays}


@pytest.fixture(scope="module")
def months() -> dict[str, Summary]:
    """Every month of three years on bars of an hour, each a run of its own."""
    return {name: recorded("perp_binance_usdm_1h_2019_2023", HOURS, *month_of(name), values=BY_HOUR) for name in MONTHS}


@pytest.fixture(scope="module")
def minutes() -> Summary:
    """The recorded weeks of 2025 on bars of a minute, with mark and funding."""
    return recorded("perp_binance_usdm_2025", MINUTES, "2025-05-04", "2025-06-04", BY_MINUTE)


def assert_sound(summary: Summary) -> None:
    assert summary.is_sound, (summary.faults, summary.promises)
    assert {promise.verdict for promise in summary.promises} == {"kept"}
    assert summary.cash == pytest.approx(summary.realised - summary.fees + summary.funding, abs=0.005)
    assert summary.equity - summary.capital == pytest.approx(summary.profit, abs=0.005)
    parts = summary.captured - summary.friction - summary.exit_cost + summary.funding
    assert summary.profit == pytest.approx(parts, abs=0.005)


def test_every_month_keeps_its_promises_and_its_sums_agree(months: dict[str, Summary]) -> None:
    for summary in months.values():
        assert_sound(summary)
    assert set(STORMS) <= set(months)
    assert all(months[name].funding != 0.0 and months[name].fills > 20 for name in STORMS)
    totals = [sum(getattr(s, name) for s in months.values()) for name in ("cash", "realised", "fees", "funding")]
    assert totals[0] == pytest.approx(totals[1] - totals[2] + totals[3], abs=0.005)


def test_the_visits_of_each_state_by_month(months: dict[str, Summary], minutes: Summary, update_golden: bool) -> None:
    found = {**{name: visits(summary) for name, summary in months.items()}, "ETH 2025-05": visits(minutes)}
    if update_golden:
        lines = ",\n".join(f'  "{name}": {json.dumps(entry)}' for name, entry in found.items())
        VISITS.write_text("{\n" + lines + "\n}\n", encoding="utf-8")
    assert found == json.loads(VISITS.read_text(encoding="utf-8"))
    assert {state for entry in found.values() for state in entry} == {"ACTIVE", "PAUSE", "EXIT", "TERMINATED"}


def test_minutes_with_mark_and_funding(minutes: Summary) -> None:
    assert_sound(minutes)
    assert minutes.events > 20_000 and minutes.fills > 50 and minutes.funding != 0.0


def test_the_same_journals_in_two_processes(tmp_path: Path) -> None:
    """The storms again, in processes that order their sets differently."""
    spec = str(ROOT / "specs" / "band_limited_hedging.yml")
    paths = [entry.path for entry in files("perp_binance_usdm_1h_2019_2023", HOURS)]
    said = []
    for seed in ("0", "4711"):
        out = str(tmp_path / seed)
        command = [sys.executable, "-c", IN_A_PROCESS, spec, out, json.dumps(STORMS), json.dumps(BY_HOUR), *paths]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT / "src")}
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        said.append(done.stdout.split())
    assert said[0] == said[1] and len(set(said[0])) == len(STORMS)
