"""What document 001 wants to be told of a run: in metrics, in the log and in the summary, all with the same fields."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fsmtrader.program.compiler import check
from fsmtrader.research.keeping import Outlets, run_into
from fsmtrader.research.run_settings import Settings
from fsmtrader.spec.source import Source

SPEC = Path(__file__).parents[2] / "specs" / "market_making.yml"
NEEDS = "needs: queue"
OVERRIDES = {"reduceOnlyThreshold": "1", "shockPct": "0.0015%", "haltSeconds": "5s"}
"""so that a calm minute and a half of a made-up book reduces and halts"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    """Metrics by name and labels, the lines of the log, and the summary."""
    folder, log = tmp_path_factory.mktemp("told"), io.StringIO()
    text = SPEC.read_text(encoding="utf-8")
    assert NEEDS in text
    source = Source(str(SPEC), text.replace(NEEDS, f"{NEEDS}, synthetic: book, days: {90 / 86_400}").encode())
    settings = Settings(overrides=OVERRIDES)
    run_into(folder, check(source).require(), (source,), settings, outlets=Outlets(log=log))
    families = text_string_to_metric_families((folder / "metrics.prom").read_text(encoding="utf-8"))
    metrics = {(s.name, *sorted(s.labels.items())): s.value for family in families for s in family.samples}
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    return metrics, lines, json.loads((folder / "summary.json").read_text())


Told = tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]


def test_R001_34_spread_volatility_risk_state_and_what_is_counted(told: Told) -> None:
    metrics, lines, summary = told
    names = {key[0] for key in metrics}
    for name in (
        "spread_ratio",
        "volatility_factor_ratio",
        "inventory_factor_ratio",
        "fallback_stage",
        "halt_remaining_seconds",
    ):
        assert f"fsmtrader_{name}" in names
    states = {
        dict(key[1:])["state"]: value
        for key, value in metrics.items()
        if key[:2] == ("fsmtrader_state", ("region", "risk"))
    }
    assert {"QUOTING", "REDUCE_ONLY", "HALT_SHOCK", "STOPPING", "HALT_MANUAL"} <= set(states) and sum(
        states.values()
    ) == 1
    counted = sum(value for key, value in metrics.items() if key[0] == "fsmtrader_fills_total")
    assert counted == summary["fills"] == sum(line["event"] == "fill" for line in lines) > 0


def test_R001_34_the_log_has_the_same_fields(told: Told) -> None:
    _, lines, _ = told
    wanted = {
        "Spread",
        "volatilityFactor",
        "risk",
        "maker.buy",
        "maker.sell",
        "fails.buy",
        "fallback_stage",
        "halt_remaining",
    }
    assert lines and all(wanted <= set(line["metrics"]) for line in lines)


def test_R001_35_risk_events_are_in_the_log_of_a_dry_run(told: Told) -> None:
    """A halt is a row of the journal, a line of the log and a count of the metrics."""
    metrics, lines, _ = told
    events = [line for line in lines if line["event"] == "record" and line["kind"] == "risk_event"]
    assert events and all(line["fields"] for line in events)
    assert metrics["fsmtrader_records_total", ("kind", "risk_event")] == len(events)
    halts = [line for line in lines if line["event"] == "transition" and line["target"] == "HALT_SHOCK"]
    assert metrics["fsmtrader_transitions_total", ("region", "risk"), ("state", "HALT_SHOCK")] == len(halts) > 0


def test_R001_45_each_second_without_a_quote_has_a_reason(told: Told) -> None:
    _, _, summary = told
    found = summary["quoting"]
    assert len(found["sides"]) == 2
    for side in found["sides"]:
        explained = side["live_seconds"] + sum(seconds for _, seconds in side["reasons"])
        assert explained == pytest.approx(found["seconds"], abs=1e-6)
        assert any("HALT_SHOCK" in reason for reason, _ in side["reasons"])


def test_R001_01_the_aims_are_measured(told: Told) -> None:
    _, _, summary = told
    found = summary["quoting"]
    (leg,) = found["legs"]
    assert 0.0 < leg["mean_net"] <= leg["most_net"]
    assert found["turnover_of_capital"] == pytest.approx(summary["turnover"] / summary["capital"])
    assert found["fills_per_cancel"] == pytest.approx(summary["fills"] / found["cancels"])
    assert leg["longest_silence_seconds"] >= 5.0, "a halt is one"
