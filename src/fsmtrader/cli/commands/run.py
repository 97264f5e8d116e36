"""`fsm run`: run a strategy over market data on the simulated venue."""

from __future__ import annotations

import json
import math
import os
import re
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from fsmtrader.cli.options import pairs
from fsmtrader.cli.output import counted, show_findings, write
from fsmtrader.cli.paths import complete_folder, complete_path
from fsmtrader.cli.render import Format
from fsmtrader.cli.render.summary import summary_text
from fsmtrader.diagnostics import Severity, UsageError
from fsmtrader.program.compiler import check_merged
from fsmtrader.program.ir import Program
from fsmtrader.research.keeping import run_into
from fsmtrader.research.report import write_report
from fsmtrader.research.run import Progress as Step
from fsmtrader.research.run_market import with_own_data
from fsmtrader.research.run_settings import PROFILES, SEED, Settings, data_file, latency_of
from fsmtrader.research.settings import number_of
from fsmtrader.spec.reading import read_specs
from fsmtrader.spec.source import Source

RUNS = "runs"
"""where runs are kept that were not told where"""
MOST_RUNS = 100_000
MOST_SHARE = 0.1
"""of a spread or a fee; a fee below zero is a rebate"""


@click.command("run")
@click.argument("paths", nargs=-1, required=True, shell_complete=complete_path, metavar="SPEC...")
@click.option(
    "--data",
    multiple=True,
    shell_complete=complete_path,
    metavar="[KIND:][MARKET=]FILE",
    help="Parquet, CSV or Feather; else made up.",
)
@click.option("--map", "mapping", multiple=True, metavar="FIELD=COLUMN", help="A column that is not recognised.")
@click.option("--prefix", multiple=True, metavar="[MARKET=]PREFIX", help="Of the columns meant in a wide file.")
@click.option("--where", multiple=True, metavar="COLUMN=VALUE", help="Read only rows that hold this value.")
@click.option("--interval", default="", help="How long bars are, e.g. 1m; else the distance of most rows.")
@click.option("--from", "begin", default="", metavar="TIME", help="Only data from this moment on.")
@click.option("--to", "end", default="", metavar="TIME", help="Only data before this moment.")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="Give a parameter a value, e.g. f=0.04%.")
@click.option("--seed", type=click.IntRange(0), default=None, help="Seed of a made-up market.  [default: 1]")
@click.option("--bars", type=click.IntRange(1), default=None, metavar="N", help="First N bars of a made-up market.")
@click.option("--spread", default="1bp", show_default=True, help="Bid to ask as a share, where no book is in the data.")
@click.option("--fee", default="", help="Fee of a market order, as a share; by default what the spec says.")
@click.option("--latency", default="", metavar="TIME", help="20ms, or feed=5ms,order=20ms,response=20ms.")
@click.option("--profile", type=click.Choice(PROFILES), default=None, help="exact: no lots, no ticks, no margin.")
@click.option(
    "--operator", "operations", multiple=True, metavar="TIME=EVENT", help="halt, resume, flatten, stop, exit."
)
@click.option(
    "--out",
    "-o",
    type=click.Path(path_type=Path),
    shell_complete=complete_folder,
    default=None,
    metavar="DIR",
    help="Default runs/<spec>-<n>.",
)
@click.option("--report/--no-report", default=True, help="Write report.html.")
@click.option("--mode", type=click.Choice(["backtest", "paper", "live"]), default="backtest", show_default=True)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--quiet", "-q", is_flag=True, help="No warnings and no progress bar.")
def command(
    paths: tuple[str, ...],
    mode: str,
    form: str,
    quiet: bool,
    out: Path | None,
    report: bool,
    **options: object,
) -> int:
    """Run a strategy on the simulated venue and show what came of it.

    SPEC is a file, or several that make one spec. DATA are bars, quotes, trades, marks or funding, each recognised by
    its columns. What the data cannot serve honestly (a queue on bars, a market that is not there) is refused. The run
    is kept in DIR: journal, orders, fills, transitions, equity, summary and a report for the browser. The exit code is
    0, or 1 when an invariant was broken or the spec has errors.

    \b
    Examples:
      fsm run specs/band_limited_hedging.yml
      fsm run specs/band_limited_hedging.yml --data ETHUSDT_1m.parquet --data ETHUSDT_8h_funding.parquet --set q0=1
      fsm run specs/band_limited_hedging.yml --seed 7 --operator +2d=exit --format json
    """
    if mode != "backtest":
        raise UsageError(f"--mode {mode} is not available: this version runs backtests only")
    settings = _settings(options)
    program, sources = _program(paths, quiet)
    if program is None:
        return 1
    if options["seed"] is not None and with_own_data(program, settings).data:
        raise UsageError("--seed is for a made-up market; there is nothing to make up where data is given")
    settings = replace(settings, overrides={**_from_environment(program, os.environ), **settings.overrides})
    folder = out or _free_folder(Path(paths[0]).stem)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with _progress(quiet or not sys.stderr.isatty()) as step:
        try:
            summary = run_into(folder, program, sources, settings, step)
        except KeyboardInterrupt:
            kept = folder / "summary.json"
            shown = f", with {write_report(folder)}" if report and kept.exists() else ""
            click.echo(f"interrupted; what there is was kept in {folder}{shown}", err=True)
            return 130
    page = write_report(folder) if report else None
    if form == "json":
        found = {**json.loads((folder / "summary.json").read_text("utf-8")), "folder": str(folder)}
        write(json.dumps({**found, "report": str(page) if page else None}, indent=2) + "\n")
    else:
        write(summary_text(summary, folder, page))
    return 0 if summary.is_sound else 1


def _settings(options: dict[str, object]) -> Settings:
    fee, latency, bars, profile = (options[name] for name in ("fee", "latency", "bars", "profile"))
    return Settings(
        data=tuple(data_file(text) for text in _texts(options["data"])),
        overrides=pairs("--set", "NAME=VALUE", _texts(options["given"])),
        mapping=pairs("--map", "FIELD=COLUMN", _texts(options["mapping"])),
        prefix=_common_prefix(_texts(options["prefix"])),
        prefixes=pairs("--prefix", "MARKET=PREFIX", tuple(p for p in _texts(options["prefix"]) if "=" in p)),
        where=pairs("--where", "COLUMN=VALUE", _texts(options["where"])),
        interval=str(options["interval"]),
        seed=SEED if options["seed"] is None else int(str(options["seed"])),
        bars=int(str(bars)) if bars else 0,
        begin=str(options["begin"]),
        end=str(options["end"]),
        spread=_share("--spread", str(options["spread"]), 0.0),
        fee=_share("--fee", str(fee), -MOST_SHARE) if fee else None,
        latency=latency_of(str(latency)) if latency else None,
        profile=str(profile or ""),
        operations=tuple(_operation(text) for text in _texts(options["operations"])),
    )


def _texts(value: object) -> tuple[str, ...]:
    assert isinstance(value, tuple)
    return value


def _program(paths: tuple[str, ...], quiet: bool) -> tuple[Program | None, Sequence[Source]]:
    """The checked spec; its findings go to standard error's place only when there are errors."""
    sources, problems = read_specs(paths, stdin=sys.stdin.buffer)
    if problems:
        show_findings(problems, {}, Format.TEXT)
        return None, sources
    result = check_merged(sources)
    errors = [d for d in result.diagnostics if d.severity is Severity.ERROR]
    if result.program is None:
        show_findings(errors if quiet else result.diagnostics, result.sources, Format.TEXT)
    elif result.diagnostics and not quiet:
        click.echo(f"{counted(len(result.diagnostics), 'warning')}: fsm validate shows them", err=True)
    return result.program, sources


def _from_environment(program: Program, environment: Mapping[str, str]) -> dict[str, str]:
    """Values of the parameters that say with `env` where one may come from; an empty text is none."""
    named = {p.name: environment.get(p.env, "").strip() for p in program.parameters if p.env}
    return {name: value for name, value in named.items() if value}


def _operation(text: str) -> tuple[str, str]:
    time, is_pair, event = text.rpartition("=")
    if not is_pair or not time.strip():
        raise UsageError(f"--operator takes TIME=EVENT, e.g. +2d=exit or 2020-03-12T10:00=halt, not {text!r}")
    return time.strip(), event.strip()


def _share(option: str, text: str, least: float) -> float:
    value = number_of(text, math.nan)
    if not least <= value <= MOST_SHARE:
        raise UsageError(f"{option} takes a share such as 1bp or 0.05%, from {least:.0%} to 10%, not {text!r}")
    return value


def _common_prefix(given: tuple[str, ...]) -> str:
    """The one that is for all markets."""
    plain = dict.fromkeys(text for text in given if "=" not in text)
    if len(plain) > 1:
        raise UsageError(f"--prefix {' and '.join(plain)}: say which market each is for: --prefix MARKET=PREFIX")
    return next(iter(plain), "")


def _free_folder(spec: str) -> Path:
    """The next folder for a run of this spec."""
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "_", spec).strip("-._") or "run"
    taken = re.compile(re.escape(stem) + r"-(\d+)$")
    numbers = [int(found[1]) for entry in Path(RUNS).glob(f"{stem}-*") if (found := taken.match(entry.name))]
    if max(numbers, default=0) >= MOST_RUNS:
        raise UsageError(f"the folder {RUNS} is full of runs of {stem}: name another one with --out")
    return Path(RUNS) / f"{stem}-{max(numbers, default=0) + 1}"


@contextmanager
def _progress(is_off: bool) -> Iterator[Step | None]:
    """A progress bar on standard error."""
    if is_off:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f}/{task.total:,.0f} events"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("running", total=1)
        yield lambda done, total: bar.update(task, completed=done, total=total)
