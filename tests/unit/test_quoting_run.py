"""A run with working quotes, followed by hand: what its summary and its tables say of it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.unit.maker_run import MAKER, QUOTES, TRADES, run_small

from fsmtrader.cli.main import main
from fsmtrader.domain.orders import Accepted, Cancelled, Effect, Filled, OrderIntent, Rejected
from fsmtrader.engine.events import Effects
from fsmtrader.engine.journal import FILE, Journal, JournalFile
from fsmtrader.program.compiler import check
from fsmtrader.research.engines import Engine
from fsmtrader.research.quoting.lives import quote_lines
from fsmtrader.spec.source import Source

BEGIN_US = 1_704_067_200_000_000
S = 1_000_000


def at(seconds: float) -> int:
    return BEGIN_US + round(seconds * S)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("maker")
    return run_small(folder)


@pytest.fixture(scope="module")
def quoting(kept: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((kept / "summary.json").read_text())["quoting"]
    return found


def test_uptime_is_the_share_of_time_with_an_order_in_the_book(quoting: dict[str, Any]) -> None:
    """R001-45: bought at 3 s, sold at 8 s, both placed again at the interval of 10 s, shut from 26 s to 46 s."""
    buy, sell = quoting["sides"]
    assert (buy["side"], sell["side"]) == ("buy", "sell") and quoting["seconds"] == 60.0
    assert buy["live_seconds"] == 3 + 16 + 14 and buy["uptime"] == pytest.approx(33 / 60)
    assert sell["live_seconds"] == 8 + 16 + 14 and sell["uptime"] == pytest.approx(38 / 60)


def test_what_is_not_quoted_has_a_reason(quoting: dict[str, Any]) -> None:
    buy, sell = quoting["sides"]
    assert buy["reasons"] == [["not wanted: risk SHUT", 20.0], ["pending", 7.0]]
    assert sell["reasons"] == [["not wanted: risk SHUT", 20.0], ["pending", 2.0]]
    assert buy["live_seconds"] + 27.0 == sell["live_seconds"] + 22.0 == 60.0


def test_each_cycle_is_judged_when_its_instant_is_over(quoting: dict[str, Any]) -> None:
    """Intervals come at 10 s, 20 s and 56 s; at 46 s they begin anew."""
    assert [side["cycles"] for side in quoting["sides"]] == [[["live", 3]]] * 2


def test_the_longest_gap_of_a_side_and_of_both(quoting: dict[str, Any]) -> None:
    """R001-01"""
    for side in quoting["sides"]:
        assert (side["longest_gap_seconds"], side["longest_gap_us"]) == (20.0, at(26))
    (leg,) = quoting["legs"]
    assert leg["silent_seconds"] == 2 + 20
    assert (leg["longest_silence_seconds"], leg["longest_silence_us"]) == (20.0, at(26))


def test_net_spread_and_skew_are_weighted_by_time(quoting: dict[str, Any]) -> None:
    """Long 1 from 3 s to 8 s, short 1 from 26 s. Both sides are quoted for 27 s around 100 and for 6 s around 102; that
    the middle has moved at 16 s is seen when the quotes are, at 20 s."""
    (leg,) = quoting["legs"]
    assert leg["mean_net"] == pytest.approx((5 + 34) / 60) and leg["most_net"] == 1.0
    assert leg["mean_spread"] == pytest.approx((27 * 4 / 100 + 6 * 4 / 102) / 33)
    assert leg["mean_skew"] == pytest.approx(0.0, abs=1e-12)


def test_markouts_of_the_three_fills(quoting: dict[str, Any]) -> None:
    """98 bought at 3 s, 102 sold at 8 s, 104 sold at 26 s. The middle: 100, from 16 s 102, from 26 s 110, from 36 s
    100; what is told at the very moment of the horizon counts."""
    second, ten = quoting["markouts"]
    assert (second["liquidity"], second["horizon_seconds"], second["count"]) == ("maker", 1.0, 3)
    assert second["total_quote"] == pytest.approx(2 + 2 - 6)
    assert second["mean_bp"] == pytest.approx(1e4 * (2 / 98 + 2 / 102 - 6 / 104) / 3)
    assert (ten["horizon_seconds"], ten["count"]) == (10.0, 3)
    assert ten["total_quote"] == pytest.approx(2 + 0 + 4)
    assert ten["mean_bp"] == pytest.approx(1e4 * (2 / 98 + 0 + 4 / 104) / 3)


def test_counts_and_shares(quoting: dict[str, Any]) -> None:
    maker, taker = quoting["liquidity"]
    assert (maker["fills"], maker["turnover"], maker["share"]) == (3, 304.0, 1.0)
    assert maker["fees"] == pytest.approx(0.304)
    assert (taker["fills"], taker["turnover"], taker["share"], taker["fees"]) == (0, 0.0, 0.0, 0.0)
    assert (quoting["orders"], quoting["cancels"], quoting["fills"]) == (8, 3, 3)
    assert quoting["turnover_of_capital"] == pytest.approx(0.304) and quoting["fills_per_cancel"] == 1.0


def test_the_life_of_each_quote(kept: Path) -> None:
    lives = pl.read_parquet(kept / "quotes.parquet")
    assert lives["ending"].to_list() == ["filled"] * 2 + ["cancelled"] * 2 + ["filled", "cancelled", "open", "open"]
    first = lives.row(0, named=True)
    assert (first["slot"], first["side"], first["price"], first["filled"]) == ("maker.buy.lone", "buy", 98.0, 1.0)
    assert (first["sent_us"], first["rested_us"], first["ended_us"]) == (at(0), at(0), at(3))
    assert lives["ended_us"].to_list()[-2:] == [None, None]


def test_the_ends_of_a_slot_s_orders(tmp_path: Path) -> None:
    """Filled in two parts, refused, taken back by the venue, and one that is no slot's."""
    journal = Journal(tmp_path / FILE, "{}", {})
    names = ("a", "b", "c")
    quotes = [OrderIntent(name, "X", -2.0, Effect.OPEN, False, price=103.0, slot="maker.sell.lone") for name in names]
    journal.effects(1, Effects((*quotes, OrderIntent("d", "X", 1.0, Effect.OPEN, False))))
    journal.told(2, (Accepted("a"), Filled("a", 0.5, 103.0, maker=True), Rejected("b", "margin"), Accepted("c")))
    journal.told(3, (Filled("a", 1.5, 103.0, maker=True), Cancelled("c", "post_only"), Filled("d", 1.0, 100.0)))
    journal.close()
    with JournalFile(tmp_path / FILE) as file:
        lines = list(quote_lines(file, check(Source("maker.yml", MAKER.encode())).require()))
    found = [
        (line["client_id"], line["rested_us"], line["ended_us"], line["filled"], line["ending"], line["reason"])
        for line in lines
    ]
    assert found == [
        ("b", None, 2, 0.0, "rejected", "margin"),
        ("a", 2, 3, 2.0, "filled", ""),
        ("c", 2, 3, 0.0, "cancelled", "post_only"),
    ]
    assert {line["side"] for line in lines} == {"sell"}


def test_the_touch_and_the_own_quotes_over_time(kept: Path) -> None:
    touch = pl.read_parquet(kept / "touch.parquet")
    assert touch.columns == ["time_us", "bid_X", "ask_X", "own_bid_X", "own_ask_X"]
    rows = {row[0]: row[1:] for row in touch.iter_rows()}
    assert rows[at(0)] == (99.0, 101.0, 98.0, 102.0)
    assert rows[at(20)] == (101.0, 103.0, 100.0, 104.0)
    assert rows[at(26)][:2] == (109.0, 111.0) and all(value != value for value in rows[at(26)][2:])
    assert list(rows) == [at(second) for second in (0, 3, 8, 10, 20, 26, 46)]


def test_a_spec_without_quotes_has_no_such_part(tmp_path: Path) -> None:
    spec = """\
fsm: 1
legs: {X: {account: main, symbol: BTC/USDT:USDT}}
accounts: {main: {exchange: exact}}
events: {look: price(X)}
states: {A: {on: {look: {if: qX < 1, do: {qX: 1}}}}}
"""
    kept = run_small(tmp_path, spec)
    assert json.loads((kept / "summary.json").read_text())["quoting"] is None
    assert not (kept / "quotes.parquet").exists() and not (kept / "touch.parquet").exists()


def test_a_scout_comes_to_the_same(tmp_path: Path) -> None:
    """Markouts, samples and the rest hang on what the run does, not on which events the machine has taken itself."""
    quotes = [QUOTES.splitlines()[0]]
    for second in range(300):
        bid = 100 + round(3 * math.sin(second / 11.0))
        quotes.append(f"2024-01-01T00:{second // 60:02d}:{second % 60:02d}.5Z,{bid - 1},5,{bid + 1},5")
    trades = TRADES + "".join(f"2024-01-01T00:0{minute}:20Z,90,10,sell\n" for minute in range(1, 5))
    found = []
    for engine in (Engine.MACHINE, Engine.SOURCE):
        folder = tmp_path / engine.value
        folder.mkdir()
        kept = run_small(folder, quotes="\n".join(quotes) + "\n", trades=trades, engine=engine)
        summary = json.loads((kept / "summary.json").read_text())
        assert summary["engine"] == engine.value and summary["fills"] > 5
        found.append(
            (summary["quoting"], pl.read_parquet(kept / "touch.parquet").rows(), (kept / "metrics.prom").read_text())
        )
    assert found[0][0] == found[1][0] and found[0][2] == found[1][2]
    assert str(found[0][1]) == str(found[1][1])


def test_replay_makes_the_same_run(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(kept)]) == 0
    assert "The same" in capsys.readouterr().out


def test_a_refused_side_names_the_rule(tmp_path: Path) -> None:
    """Only one unit may be held: after the first fill the buy side is refused."""
    spec = MAKER.replace("most: {value: 5", "most: {value: 1")
    kept = run_small(tmp_path, spec, trades="time,price,size,side\n2024-01-01T00:00:03Z,97,10,sell\n")
    buy, _ = json.loads((kept / "summary.json").read_text())["quoting"]["sides"]
    assert "refused by risk: position" in dict(map(tuple, buy["reasons"]))


def test_fills_by_the_place_in_the_queue(tmp_path: Path) -> None:
    """At the touch, behind the 5 that are displayed: a trade of 5 takes what stands ahead, the next one the order."""
    spec = MAKER.replace("half: {value: 2", "half: {value: 1")
    trades = "time,price,size,side\n2024-01-01T00:00:03Z,99,5,sell\n2024-01-01T00:00:04Z,99,1,sell\n"
    kept = run_small(tmp_path, spec, "\n".join(QUOTES.splitlines()[:3]) + "\n", trades)
    (place,) = json.loads((kept / "summary.json").read_text())["quoting"]["queue"]
    assert (place["name"], place["orders"], place["filled_orders"]) == ("3× to 10×", 2, 1)
    assert (place["quantity"], place["filled_quantity"], place["rested_seconds"]) == (2.0, 1.0, 4.0 + 5.0)


def test_the_text_of_the_summary_names_uptime_shares_and_markouts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_small(tmp_path)
    (tmp_path / "maker.yml").write_text(MAKER)
    data = ["--data", str(tmp_path / "quotes.csv"), "--data", str(tmp_path / "trades.csv")]
    assert (
        main(
            [
                "run",
                str(tmp_path / "maker.yml"),
                *data,
                "-o",
                str(tmp_path / "again"),
                "--no-report",
                "-q",
                "--fee",
                "0.1%",
            ]
        )
        == 0
    )
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    shut = ["not", "wanted:", "risk", "SHUT"]
    assert ["X", "buy", "55.0%", "20.0s", *shut] in lines and ["X", "sell", "63.3%", "20.0s", *shut] in lines
    assert ["maker", "3", "100.0%", "-0.30"] in lines
    assert ["maker,", "10s", "3", "+196.23bp", "6.00"] in lines


def test_of_a_condition_the_part_is_named_that_is_not_true(tmp_path: Path) -> None:
    """`turns` is 1 from 26 s on, so that nothing is wanted at 46 s either."""
    spec = MAKER.replace("when: risk == OPEN}", "when: risk == OPEN and calm}").replace(
        "pace: 10s}", "pace: 10s, calm: turns < 1}"
    )
    buy, _ = json.loads((run_small(tmp_path, spec) / "summary.json").read_text())["quoting"]["sides"]
    assert buy["reasons"] == [["not wanted: risk SHUT, calm", 20.0], ["not wanted: calm", 14.0], ["pending", 7.0]]


def test_slots_that_never_have_an_order_are_named_with_the_reason(tmp_path: Path) -> None:
    """At Binance 0.1 of what is worth 100 is less than the least notional: nothing is ever sent, and nothing else told."""
    small = MAKER.replace("exchange: exact", "exchange: binanceusdm").replace("quantity: 1,", "quantity: 0.1,")
    summary = json.loads((run_small(tmp_path, small) / "summary.json").read_text())
    said = [note for note in summary["notes"] if "has never had an order" in note]
    assert said == [
        "maker.buy.lone has never had an order: below the least quantity",
        "maker.sell.lone has never had an order: below the least quantity",
    ]
    assert summary["quoting"]["seconds"] == 60.0
    for side in summary["quoting"]["sides"]:
        assert side["uptime"] == 0.0
        assert side["reasons"] == [["below the least quantity", 40.0], ["not wanted: risk SHUT", 20.0]]


def test_where_nothing_at_all_happens_the_reason_counts_from_the_beginning(tmp_path: Path) -> None:
    small = MAKER.replace("exchange: exact", "exchange: binanceusdm").replace("quantity: 1,", "quantity: 0.1,")
    calm = "\n".join(line for line in QUOTES.splitlines() if "109" not in line)
    summary = json.loads((run_small(tmp_path, small, calm) / "summary.json").read_text())
    assert [side["reasons"] for side in summary["quoting"]["sides"]] == [[["below the least quantity", 60.0]]] * 2
