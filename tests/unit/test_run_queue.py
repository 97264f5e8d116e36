"""What a run says of queues (V-14, V-15): on the command line, in the spec, and what of it the venue is built with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fsmtrader.cli.main import main
from fsmtrader.diagnostics import UsageError
from fsmtrader.domain.queues import RISK_AVERSE, Leaving, QueueModel
from fsmtrader.program.compiler import check
from fsmtrader.research.markets import Markets
from fsmtrader.research.queueing import queue_for, queue_of, venue_markets
from fsmtrader.research.run import prepare
from fsmtrader.research.run_settings import Settings, data_file, settings_from_plain
from fsmtrader.spec.source import Source

SPEC = """\
fsm: 1
strategy: {{name: joins}}
accounts: {{main: {{exchange: exact}}}}
legs: {{X: {{account: main, symbol: BTC/USDT:USDT}}}}
quotes:
  low: {{leg: X, side: buy, price: bid(X), quantity: 1, post_only: true, every: 2s}}
  high: {{leg: X, side: sell, price: ask(X), quantity: 1, post_only: true, every: 2s}}
states: {{ON: {{}}}}
run: {{market: {market}, capital: {{main: unlimited}}}}
"""
QUOTES = """\
time,bid,bid_size,ask,ask_size
2024-01-01T00:00:00Z,99,5,101,5
2024-01-01T00:00:01Z,99,5,101,5
2024-01-01T00:00:01.5Z,101,5,103,5
2024-01-01T00:00:01.7Z,97,5,99,5
"""
TRADES = "time,price,size,side\n2024-01-01T00:00:00.5Z,100,0.1,buy\n"
POWER_2 = QueueModel(Leaving.POWER, 2.0)


def settings(market: str, queue: str = "") -> QueueModel:
    return queue_for(check(Source("q.yml", SPEC.format(market=market).encode())).require(), Settings(queue=queue))


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("risk-averse", RISK_AVERSE),
        ("risk_averse", RISK_AVERSE),
        ("power:2", POWER_2),
        ("power:0.5", QueueModel(Leaving.POWER, 0.5)),
        ("log", QueueModel(Leaving.LOG)),
    ],
)
def test_V14_a_model_is_read_and_told_as_it_is_written(text: str, model: QueueModel) -> None:
    assert queue_of(text) == model == queue_of(str(model))


@pytest.mark.parametrize("text", ["power", "power:0", "power:-2", "power:x", "power:101", "log:2", "fifo", ""])
def test_V14_what_is_no_model_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(UsageError, match=re.escape(f"risk-averse, log or power:N, e.g. power:2, not {text!r}")):
        queue_of(text)


def test_V14_the_command_line_comes_before_the_spec_and_without_both_it_is_the_careful_one() -> None:
    assert settings("{needs: queue}") == RISK_AVERSE
    assert settings("{queue: log}") == QueueModel(Leaving.LOG)
    assert settings("{queue: {power: 2}}") == POWER_2
    assert settings("{queue: risk_averse}", "power:2") == POWER_2


def test_a_journal_keeps_the_model_of_its_run() -> None:
    given = Settings(queue="power:2")
    assert settings_from_plain(given.as_plain(), ()) == given
    assert "queue" not in Settings().as_plain()


def fills(capsys: pytest.CaptureFixture[str], folder: Path, market: str, *more: str) -> int:
    spec = folder / "q.yml"
    spec.write_text(SPEC.format(market=market))
    assert main(("run", str(spec), "--engine", "machine", "-q", "--no-report", *more)) == 0
    shown = capsys.readouterr().out
    found = re.search(r"^\s*fills +([\d,]+)", shown, re.MULTILINE)
    assert found, shown
    return int(found[1].replace(",", ""))


def test_V14_the_venue_of_a_run_has_the_model_and_the_seed(tmp_path: Path) -> None:
    (tmp_path / "quotes.csv").write_text(QUOTES)
    program = check(Source("q.yml", SPEC.format(market="{touched: 0.5}").encode())).require()
    given = Settings(data=(data_file(str(tmp_path / "quotes.csv")),), queue="power:2", seed=7)
    made = prepare(program, given)
    (terms,) = venue_markets(program, given, Markets(program), made.stream)
    assert (terms.queue, terms.touched, terms.seed) == (POWER_2, 0.5, 7)


def test_V15_quotes_that_come_to_a_price_fill_by_chance_only_where_no_trades_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ask of 101 is met at 101, the bid of 99 at 99: both fill if a touch does, none if it does not."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "quotes.csv").write_text(QUOTES)
    (tmp_path / "trades.csv").write_text(TRADES)
    quotes, both = ("--data", "quotes.csv"), ("--data", "quotes.csv", "--data", "trades.csv")
    assert fills(capsys, tmp_path, "{touched: 1}", *quotes) == 2
    assert fills(capsys, tmp_path, "{touched: 0}", *quotes) == 0
    assert fills(capsys, tmp_path, "{touched: 0}", *both) == 2
