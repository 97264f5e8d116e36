"""Document 000, row by row: statistics of the band, the seed's own blocks, views, reports (R000-42 to R000-57)."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fsmtrader.data.bars import BarSeries
from fsmtrader.data.stream import SeriesSource, stream_of
from fsmtrader.diagnostics import Severity
from fsmtrader.program.compiler import check, check_merged
from fsmtrader.research.fit import fitted, variance_of
from fsmtrader.research.report.tables import long_run
from fsmtrader.research.run import carry_out, prepare
from fsmtrader.research.run_settings import Settings
from fsmtrader.spec.source import Source
from fsmtrader.views.diagram import mermaid
from fsmtrader.views.table import text_table

DATA = Path(__file__).parents[1] / "data"
TERMS = {"f": "0.1%", "k": "10", "E_max": "150"}
NEAR = 1e-9


def near(value: float) -> Any:
    return pytest.approx(value, abs=NEAR)


CROSSINGS = """
fsm: 1
accounts: {main: {exchange: exact}}
legs: {L: {account: main, symbol: X/USDT:USDT, side: long}}
parameters: {MES: 0.5%}
variables: {P_ref: {initial: mark(L)}, crossings: {initial: 0}}
states:
  ACTIVE:
    on:
      price_update:
        if: abs(mark(L) - P_ref) >= MES * P_ref
        do: [{P_ref: mark(L)}, {crossings: crossings + 1}, {record: {crossing: {n: crossings}}}]
"""


def test_R000_42_how_often_the_band_is_left() -> None:
    """A driftless walk of 50,000 steps of MES / 5: N * (MES + 0.5826 * step)**2 / (steps * step**2) is 1 within 5 %.

    The trigger alone: P_ref moves at every crossing. Without the correction for the overshoot it would be about 0.8.
    """
    step, steps, width = 0.001, 50_000, 0.005
    moves = np.random.default_rng(20260101).normal(0.0, step, steps)
    price = 100.0 * np.exp(np.cumsum(moves))
    time_us = 60_000_000 * np.arange(1, steps + 1)
    walk = BarSeries("walk", 60_000_000, time_us, price, price, price, price, np.ones(steps))
    prepared = prepare(check(Source("crossings.yml", CROSSINGS.encode())).require(), Settings(spread=0.0))
    prepared = replace(prepared, stream=stream_of([SeriesSource(walk)], ["exact.X/USDT:USDT"]))
    crossings = dict(carry_out(prepared).records)["crossing"]
    total = float(np.sum(np.diff(np.log(price)) ** 2))
    assert crossings >= 1_000
    assert crossings * (width + 0.5826 * step) ** 2 / total == pytest.approx(1.0, abs=0.05)
    assert crossings * width**2 / total < 0.9


def test_R000_43_the_fit_by_hand() -> None:
    """Three rebalances captured 2, 3 and 4 and cost 1.5 together; MES 1 %, f 0.1 %, a variance of 5e-4.

    c1 = 3 / 0.01, c2 = 0.5 / 0.001, E[dR] = 3 - 0.5; five rebalances were to be expected; MES* = 2 * 500 / 300 * 0.1 %.
    """
    fit = fitted([2.0, 3.0, 4.0], 1.5, 0.01, 0.001, 5e-4)
    assert (fit.rebalances, fit.c1, fit.c2) == (3, near(300), near(500))
    assert fit.error == near(1 / math.sqrt(3) / 0.01)
    assert (fit.gain, fit.expected_rebalances, fit.expected) == (near(2.5), near(5), near(12.5))
    assert fit.best == near(0.001 * 1000 / 300)
    assert fitted([-1.0, -1.0], 1.0, 0.01, 0.001, 1e-4).best is None, "what captures nothing has no best width"


def test_R000_43_variance_is_that_of_the_time_in_which_the_band_is_watched() -> None:
    price = np.array([100.0, 101.0, 101.0, 103.0, 102.0])
    watched = np.array([True, True, False, True, True])
    assert variance_of(price, watched) == near(math.log(1.01) ** 2 + math.log(102 / 103) ** 2)
    assert variance_of(price[:1], watched[:1]) == 0.0


def test_R000_43_the_fit_of_a_run_is_of_its_rebalances(floor: Any, band: Path) -> None:
    """100 -> 101 -> 99.99: captured 0 and 0.251250 (V000-B2); the opening fees are no rebalance's."""
    desk = floor(band, **TERMS)
    desk.at("100", "101")
    opened = sum(fill.fee for fill in desk.fills[:2])
    assert opened == near(0.2) and desk.summary.fit is None, "one rebalance is no series"
    desk.at("99.99")
    fit = desk.summary.fit
    assert fit is not None and fit.rebalances == 2
    assert fit.c1 == pytest.approx(0.251250 / 2 / 0.01, abs=5e-5)
    assert fit.c2 == near(sum(fill.fee for fill in desk.fills[2:]) / 2 / 0.001)
    assert fit.variance == near(math.log(1.01) ** 2 + math.log(0.99) ** 2)
    assert fit.expected == near(fit.variance * (fit.c1 / 0.01 - fit.c2 * 0.001 / 0.01**2))


def test_R000_43_the_report_prints_it(floor: Any, band: Path) -> None:
    desk = floor(band, **TERMS)
    desk.at("100", "101", "99.99")
    shown = long_run(desk.summary.as_plain()["fit"])
    assert "E[R_T]" in shown and "MES*" in shown and "c1" in shown and "c2" in shown
    assert f"{desk.summary.fit.best:.3%}" in shown
    assert long_run(None) == ""


# -- the document's own blocks ---------------------------------------------------------------------------------------


def seed() -> Any:
    return check_merged([Source(name, (DATA / name).read_bytes()) for name in ("seed_000.json", "seed_000.yml")])


def test_R000_47_the_block_loads_as_it_stands_and_if_exit_comes_first() -> None:
    result = check(Source("seed_000.yml", (DATA / "seed_000.yml").read_bytes()))
    program = result.require()
    assert all(d.severity is Severity.WARNING for d in result.diagnostics)
    rows = [(r.written_in, r.trigger, r.target) for r in program.rows if r.trigger == "monitor"]
    assert rows == [
        ("ACTIVE", "monitor", "EXIT"),
        ("ACTIVE", "monitor", "PAUSE"),
        ("PAUSE", "monitor", "EXIT"),
        ("PAUSE", "monitor", "ACTIVE"),
    ]


def test_R000_48_the_documents_words_have_their_meaning() -> None:
    """fee = f, effective_volatility = a variance over tau_max, risk_exposure = |qL - qS| * P_t, and so on."""
    program = seed().require()
    named = {entry.name: entry.value.text for entry in program.observables}
    assert named["effective_volatility"] == "realized_variance(P_t, window=tau_max)"
    assert named["risk_exposure"] == "abs(qL - qS) * P_t"
    assert named["rebalance_interval"] == "tau_max * MES ** 2 / effective_volatility"
    assert named["epsilon"] == "max(0.01 * entered(qL + qS), 1e-9)"
    assert named["market_conditions_recover"] == "not C1 and not C2 and not C3"
    assert {"fee", "f"} <= {entry.name for entry in program.parameters}


def test_R000_49_the_description_is_compared_with_the_machine() -> None:
    found = {d.code for d in seed().diagnostics}
    assert {"FSM701", "FSM702", "FSM703", "FSM704", "FSM705"} <= found
    assert seed().program is not None


def test_R000_50_diagram_and_table(spec: Any, band: Path) -> None:
    program = spec(band)
    drawn = mermaid(program)
    for state in ("ACTIVE", "PAUSE", "EXIT", "TERMINATED"):
        assert state in drawn
    assert "too calm" in drawn and "capital" in drawn and "friction_vol" in drawn
    rows = [line.split() for line in text_table(program).splitlines()]
    for source, target in (("ACTIVE", "PAUSE"), ("RUNNING", "EXIT"), ("PAUSE", "ACTIVE"), ("EXIT", "TERMINATED")):
        assert any(row[:1] == [source] and target in row[1:] for row in rows), (source, target)


# -- the report ------------------------------------------------------------------------------------------------------


def test_R000_57_profit_by_its_parts(floor: Any, band: Path) -> None:
    """100 -> 101 -> 99.99, then the exit in one step at 100.6 and 100.0 …: what volatility gave, fees, exit cost.

    Captured until 99.99 is 0.251250; after it the pair of 1.016081 and 0.983919 is only reduced, by 0.3 at 100.6.
    """
    desk = floor(band, operator={3: "exit"}, **TERMS)
    desk.at("100", "101", "99.99")
    running = desk.summary
    assert running.captured == pytest.approx(0.251250, abs=5e-7)
    assert running.friction == near(sum(fill.fee for fill in desk.fills)) and running.exit_cost == 0.0
    net = desk.value("qL") - desk.value("qS")
    assert desk.at("100.6") == 2
    ended = desk.summary
    assert ended.friction == running.friction
    assert ended.exit_cost == near(0.001 * 0.3 * 2 * 100.6)
    assert ended.captured == near(running.captured + net * (100.6 - 99.99))
    assert ended.profit == near(ended.captured - ended.friction - ended.exit_cost)
    assert ended.funding == 0.0 and ended.equity == near(200_000 + ended.profit)


# -- nothing is left out ---------------------------------------------------------------------------------------------


def test_every_row_of_the_document_has_a_test_that_names_it() -> None:
    """R000-01 to R000-57, by the names of the tests beside this one."""
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("test_R000_*.py")))
    named = re.findall(r"^def test_R000((?:_\d\d)+)_", text, flags=re.MULTILINE)
    rows = {int(number) for group in named for number in group.strip("_").split("_")}
    assert set(range(1, 58)) - rows == set()
