"""Every example of every `--help` is run as it stands there, in a folder that has what it names."""

from __future__ import annotations

import gzip
import importlib.util
import inspect
import json
import os
import shlex
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import click
import polars as pl
import pytest

from fsmtrader.cli.group import fsm
from fsmtrader.cli.main import main

ROOT = Path(__file__).parents[2]
BARS = "--days 3 --start 2025-03-01 --price 2000 --interval 5m"
MARKETS = ("BTCUSDT", "ETHUSDT")
SEED = (("seed_000.json", "description.json"), ("seed_000.yml", "machine.yml"))


def helps(group: click.Group, context: click.Context) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None and command.help is not None, name
        yield command.help
        if isinstance(command, click.Group):
            yield from helps(command, click.Context(command, info_name=name, parent=context))


EXAMPLES = tuple(
    line.strip()
    for text in helps(fsm, fsm.make_context("fsm", ["--"], resilient_parsing=True))
    for line in inspect.cleandoc(text).partition("Examples:\n")[2].splitlines()
    if line.strip()
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What the examples name: the specs that ship, the seed's blocks, markets, and a run of one of them."""
    made = tmp_path_factory.mktemp("examples")
    before = Path.cwd()
    os.chdir(made)
    shutil.copytree(ROOT / "specs", made / "specs")
    for source, name in SEED:
        shutil.copy(ROOT / "tests" / "data" / source, made / name)
    (made / "values.yml").write_text("parameters: {f: 0.05%, E_max: 1000}\n")
    for market in MARKETS:
        files = f"-o {market}_1m.parquet --funding {market}_8h_funding.parquet"
        assert main(f"data synth {files} {BARS}".split()) == 0
    bars = pl.read_parquet(made / "BTCUSDT_1m.parquet")
    bars.rename({name: f"binance_{name}" for name in bars.columns if name != "ts"}).write_parquet("both_venues.parquet")
    assert main(shlex.split("data synth -o market.csv --days 1")) == 0
    _, *rows = (made / "market.csv").read_text().splitlines()
    prices = [(row.split(",")[0], row.split(",")[4]) for row in rows]
    (made / "trades.csv").write_text(
        "ts_local_ns,px,size,side\n" + "".join(f"{time},{price},1,buy\n" for time, price in prices)
    )
    _recordings(made)
    assert main(shlex.split("data import recording.gz -o events")) == 0
    assert main(shlex.split("run specs/band_limited_hedging.yml --data ETHUSDT_1m.parquet --set q0=1 --quiet")) == 0
    shutil.copytree(made / "runs", made / "moved" / "runs")
    shutil.copy(made / "ETHUSDT_1m.parquet", made / "moved")
    yield made
    os.chdir(before)


def _recordings(folder: Path) -> None:
    """What a recorder wrote of two seconds of a book, and two of Binance Vision's archives."""
    start = 1_723_161_600_000
    levels = {"bids": [["60000", "5"], ["59999", "5"]], "asks": [["60001", "5"], ["60002", "5"]]}
    messages = [{"lastUpdateId": 1, "E": start, "T": start, **levels}]
    for index in range(20):
        times, ids = (
            {"E": start + 100 * index, "T": start + 100 * index},
            {"U": index + 2, "u": index + 2, "pu": index + 1},
        )
        change = {"b": [["60000", str(5 + index % 3)]], "a": []}
        messages.append({"e": "depthUpdate", "s": "BTCUSDT", **times, **ids, **change})
    lines = (f"{(start + 100 * i) * 1_000_000} {json.dumps(message)}\n" for i, message in enumerate(messages))
    (folder / "recording.gz").write_bytes(gzip.compress("".join(lines).encode()))
    trades = f"id,price,qty,quote_qty,time,is_buyer_maker\n1,60000,1,60000,{start},true\n"
    quotes = (
        "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time\n"
        f"1,60000,5,60001,5,{start},{start}\n"
    )
    for kind, text in (("trades", trades), ("bookTicker", quotes)):
        name = f"BTCUSDT-{kind}-2024-08-08"
        with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
            archive.writestr(f"{name}.csv", text)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) > 30 and all("fsm " in example for example in EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_help_runs(example: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if "svg" in example and importlib.util.find_spec("mermaidx") is None:
        pytest.skip("needs the extra `diagram`")
    inner = example.partition("$(")[2].partition(")")[0] if example.startswith("eval") else example
    words = shlex.split(inner.partition(" > ")[0], comments=True)
    assert words[0] == "fsm"
    assert main(words[1:]) == 0, capsys.readouterr()
