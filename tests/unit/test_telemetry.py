"""What a run tells of itself: metrics that Prometheus reads, a log of events, and nothing of either in the run."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from tests.unit.maker_run import MAKER, TRADES, run_small

from fsmtrader.diagnostics import RunError
from fsmtrader.domain.orders import CancelIntent, Cancelled, Effect, OrderIntent, Rejected
from fsmtrader.domain.units import BASE, PER_TIME, RATIO, SECONDS
from fsmtrader.engine.events import Effects
from fsmtrader.program.compiler import check
from fsmtrader.program.typed import INSTANT, TRUTH, number
from fsmtrader.research.keeping import Outlets
from fsmtrader.research.telemetry import Tally
from fsmtrader.research.telemetry.spec_metrics import gauge_name
from fsmtrader.research.telemetry.tally import MOST_REASONS, OTHER
from fsmtrader.spec.source import Source


def families(text: str) -> dict[str, Metric]:
    return {family.name: family for family in text_string_to_metric_families(text)}


def value(found: dict[str, Metric], name: str, **labels: str) -> float:
    samples = [s for family in found.values() for s in family.samples if s.name == name and s.labels == labels]
    assert len(samples) == 1, (name, labels)
    return float(samples[0].value)


@pytest.fixture(scope="module")
def metrics(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Metric]:
    kept = run_small(tmp_path_factory.mktemp("metrics"))
    return families((kept / "metrics.prom").read_text(encoding="utf-8"))


def test_prometheus_reads_what_the_run_came_to(metrics: dict[str, Metric]) -> None:
    """Bought at 98, sold at 102 and at 104, with a fee of 0.1 %; the middle is 100 at the end, the last trade 103."""
    assert value(metrics, "fsmtrader_position", leg="X") == -1.0
    assert value(metrics, "fsmtrader_notional", leg="X") == -103.0
    assert value(metrics, "fsmtrader_exposure") == 103.0
    assert value(metrics, "fsmtrader_fees", leg="X") == pytest.approx(0.304)
    assert value(metrics, "fsmtrader_realised_profit", leg="X") == 4.0
    assert value(metrics, "fsmtrader_unrealised_profit", leg="X") == 1.0
    assert value(metrics, "fsmtrader_equity") == pytest.approx(1000 + 4 + 1 - 0.304)
    assert value(metrics, "fsmtrader_orders_total", leg="X") == 8.0
    assert value(metrics, "fsmtrader_cancels_total", leg="X") == 3.0
    assert value(metrics, "fsmtrader_fills_total", leg="X", liquidity="maker") == 3.0
    assert value(metrics, "fsmtrader_turnover_total", leg="X", liquidity="maker") == 304.0
    assert value(metrics, "fsmtrader_alerts_total", alert="shut") == 1.0
    assert value(metrics, "fsmtrader_records_total", kind="risk_event") == 1.0
    assert value(metrics, "fsmtrader_invariants_broken_total", invariant="small") == 0.0
    assert value(metrics, "fsmtrader_quote_live", slot="maker.buy.lone") == 1.0
    assert value(metrics, "fsmtrader_event_timestamp_seconds") == 1_704_067_260.0


def test_what_the_spec_lists_is_a_gauge_with_its_unit(metrics: dict[str, Metric]) -> None:
    assert value(metrics, "fsmtrader_width_ratio") == 0.04
    assert value(metrics, "fsmtrader_pace_seconds") == 10.0
    assert value(metrics, "fsmtrader_turns") == 1.0
    assert metrics["fsmtrader_width_ratio"].type == "gauge"


def test_a_region_is_a_set_of_states_one_of_which_is_1(metrics: dict[str, Metric]) -> None:
    assert value(metrics, "fsmtrader_state", region="risk", state="OPEN") == 1.0
    assert value(metrics, "fsmtrader_state", region="risk", state="SHUT") == 0.0
    assert value(metrics, "fsmtrader_state", region="maker", instance="sell", state="MAKER") == 1.0


def test_names_follow_the_convention(metrics: dict[str, Metric]) -> None:
    for family in metrics.values():
        assert re.fullmatch(r"fsmtrader_[a-z][a-z0-9_]*", family.name) and family.documentation
        for sample in family.samples:
            assert sample.name == family.name + ("_total" if family.type == "counter" else "")
            assert not {"client_id", "price"} & set(sample.labels)


def test_the_time_that_a_halt_still_lasts(tmp_path: Path) -> None:
    """Shut at 26 s for 20 s; the data end at 36 s."""
    text = "\n".join(QUOTES_UNTIL_36) + "\n"
    found = families((run_small(tmp_path, quotes=text) / "metrics.prom").read_text())
    assert value(found, "fsmtrader_state_remaining_seconds", region="risk") == 10.0
    assert value(found, "fsmtrader_state", region="risk", state="SHUT") == 1.0
    assert value(found, "fsmtrader_quote_live", slot="maker.buy.lone") == 0.0


QUOTES_UNTIL_36 = (
    "time,bid,bid_size,ask,ask_size",
    "2024-01-01T00:00:00Z,99,5,101,5",
    "2024-01-01T00:00:26Z,109,5,111,5",
    "2024-01-01T00:00:36Z,99,5,101,5",
)


def test_names_that_collide_are_told_apart(tmp_path: Path) -> None:
    """`Fills` and `fills` of a spec beside the run's own counter of fills."""
    spec = MAKER.replace("pace: 10s}", "pace: 10s, Fills: 1 * turns, fills: 2 * turns}")
    spec = spec.replace("metrics: [width,", "metrics: [Fills, fills, width,")
    found = families((run_small(tmp_path, spec) / "metrics.prom").read_text())
    assert value(found, "fsmtrader_spec_fills") == 1.0 and value(found, "fsmtrader_spec_fills_2") == 2.0


@pytest.mark.parametrize(
    ("name", "type_", "gauge"),
    [
        ("volatilityFactor", number(RATIO), "volatility_factor_ratio"),
        ("spread_ratio", number(RATIO), "spread_ratio"),
        ("wait", number(SECONDS), "wait_seconds"),
        ("decay", number(PER_TIME), "decay_per_second"),
        ("baseSize", number(BASE), "base_size"),
        ("fails", number(None), "fails"),
        ("P_t", number(None), "p_t"),
        ("hit", INSTANT, "hit_timestamp_seconds"),
        ("calm", TRUTH, "calm"),
    ],
)
def test_a_spec_s_name_in_prometheus_form(name: str, type_: Any, gauge: str) -> None:
    assert gauge_name(name, type_) == gauge


def test_of_a_venue_s_reasons_only_so_many_are_told_apart() -> None:
    tally = Tally(check(Source("maker.yml", MAKER.encode())).require())
    for count in range(MOST_REASONS + 5):
        name = f"X-{count}"
        tally.effects(0, Effects((OrderIntent(name, "X", -1.0, Effect.OPEN, False, price=100.0),)))
        tally.told(0, (Rejected(name, f"reason {count}"),))
    assert len(tally.rejects) == MOST_REASONS + 1
    assert tally.rejects["X", "sell", OTHER] == 5 and tally.rejects["X", "sell", "reason 0"] == 1


def test_what_a_venue_takes_back_is_told_apart_from_what_we_cancel() -> None:
    tally = Tally(check(Source("maker.yml", MAKER.encode())).require())
    orders = [OrderIntent(name, "X", 1.0, Effect.OPEN, False, price=100.0) for name in ("X-1", "X-2")]
    tally.effects(0, Effects(tuple(orders)))
    tally.effects(0, Effects(cancels=(CancelIntent("X-1"),)))
    tally.told(0, (Cancelled("X-1"), Cancelled("X-2", "post_only")))
    assert tally.taken_back == {("X", "buy", "post_only"): 1} and tally.cancels["X"] == 1


# -- the log ---------------------------------------------------------------------------------------------------------


def lines_of(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_each_event_is_a_line_with_the_market_s_time_and_the_metrics(tmp_path: Path) -> None:
    log = io.StringIO()
    run_small(tmp_path, outlets=Outlets(log=log))
    lines = lines_of(log)
    fill = next(line for line in lines if line["event"] == "fill")
    assert list(fill)[:3] == ["time", "level", "event"] and fill["time"] == "2024-01-01T00:00:03.000000Z"
    assert (fill["side"], fill["slot"], fill["price"], fill["liquidity"]) == ("buy", "maker.buy.lone", 98.0, "maker")
    assert fill["metrics"]["risk"] == "OPEN" and fill["metrics"]["width"] == 0.04
    (record,) = (line for line in lines if line["event"] == "record")
    assert (record["kind"], record["fields"]) == ("risk_event", {"level": 110.0})
    (alert,) = (line for line in lines if line["event"] == "alert")
    assert (alert["alert"], alert["level"], alert["text"]) == ("shut", "warning", "shut at 110")
    moves = [(line["region"], line["source"], line["target"]) for line in lines if line["event"] == "transition"]
    assert moves == [("risk", "OPEN", "SHUT"), ("risk", "SHUT", "OPEN")]
    counts = [sum(line["event"] == event for line in lines) for event in ("order", "accepted", "cancel", "cancelled")]
    assert counts == [8, 8, 3, 3]


def test_the_same_run_writes_the_same_log(tmp_path: Path) -> None:
    logs = [io.StringIO(), io.StringIO()]
    for index, log in enumerate(logs):
        folder = tmp_path / str(index)
        folder.mkdir()
        run_small(folder, outlets=Outlets(log=log))
    assert logs[0].getvalue() == logs[1].getvalue() != ""


def test_what_is_not_ready_is_null(tmp_path: Path) -> None:
    log = io.StringIO()
    run_small(
        tmp_path,
        MAKER.replace("pace: 10s}", "pace: 10s, far: 1 / turns}").replace("[width,", "[far, width,"),
        outlets=Outlets(log=log),
    )
    lines = lines_of(log)
    assert lines[0]["metrics"]["far"] is None and lines[-1]["metrics"]["far"] == 1.0


def test_a_log_that_cannot_be_written_ends_the_run_with_a_reason(tmp_path: Path) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(RunError, match="the log cannot be written: no space left on device"):
        run_small(tmp_path, outlets=Outlets(log=Full()))


# -- nothing of it in the run ----------------------------------------------------------------------------------------


def test_who_looks_on_changes_nothing_of_the_run(tmp_path: Path) -> None:
    published: list[bytes] = []
    loud, calm = tmp_path / "loud", tmp_path / "calm"
    for folder in (loud, calm):
        folder.mkdir()
    outlets = Outlets(published.append, io.StringIO(), clock=lambda: float(len(published) * 10))
    kept = [run_small(loud, outlets=outlets), run_small(calm)]
    first, second = (json.loads((folder / "summary.json").read_text()) for folder in kept)
    assert first["journal_hash"] == second["journal_hash"]
    assert published and b"fsmtrader_state{" in published[-1]


def test_metrics_are_made_by_the_wall_s_clock_and_not_by_events(tmp_path: Path) -> None:
    """6,000 more trades that meet nothing: the run says three times that it comes on, and at the end."""
    seconds = iter([0.0, 0.5, 1.2, 1.9, *range(3, 100)])
    published: list[bytes] = []
    many = "".join(f"2024-01-01T00:00:0{4 + i // 3000}.{i % 3000:06d}Z,100,1,buy\n" for i in range(6_000))
    head, first, second = TRADES.splitlines(keepends=True)
    run_small(
        tmp_path, trades=head + first + many + second, outlets=Outlets(published.append, clock=lambda: next(seconds))
    )
    assert 2 <= len(published) < 6
