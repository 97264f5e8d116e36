"""`fsm run`: run a strategy over market data on the simulated venue."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from fsmtrader.cli.options import given_run, of_a_run, of_results
from fsmtrader.cli.output import write
from fsmtrader.cli.paths import complete_path, free_folder
from fsmtrader.cli.render.summary import summary_text
from fsmtrader.cli.telemetry import STANDARD, of_telemetry, outlets_of
from fsmtrader.diagnostics import UsageError
from fsmtrader.research.engines import Engine
from fsmtrader.research.keeping import run_into
from fsmtrader.research.report import write_report
from fsmtrader.research.run import Progress as Step


@click.command("run")
@click.argument("paths", nargs=-1, required=True, shell_complete=complete_path, metavar="SPEC...")
@of_a_run
@click.option(
    "--engine",
    type=click.Choice([engine.value for engine in Engine]),
    default="auto",
    show_default=True,
    help="Who looks for what happens; the run is the same.",
)
@of_telemetry
@click.option("--mode", type=click.Choice(["backtest", "paper", "live"]), default="backtest", show_default=True)
@of_results("runs/<spec>-<n>")
def command(
    paths: tuple[str, ...],
    engine: str,
    mode: str,
    form: str,
    quiet: bool,
    out: Path | None,
    report: bool,
    metrics_port: int | None,
    log: str | None,
    **options: object,
) -> int:
    """Run a strategy on the simulated venue and show what came of it.

    SPEC is a file, or several that make one spec. DATA are bars, quotes, trades, depth, marks or funding, each
    recognised by its columns. What the data cannot serve honestly (a queue on bars, a market that is not there) is
    refused. The run is kept in DIR: journal, orders, fills, transitions, equity, summary and a report for the browser.
    The exit code is 0, or 1 when an invariant was broken or the spec has errors.

    Every engine gives the same journal. `compiled` goes over quiet events in machine code, which pays for long data;
    compiling a new spec takes some seconds, and `auto` does it where that is less than what it saves. `source` runs the
    same loop as plain Python, to look into it.

    The run's metrics are in DIR as metrics.prom, and while it goes on at http://127.0.0.1:PORT/metrics for who shows
    the token that is printed, or the one in FSMTRADER_METRICS_TOKEN.

    \b
    Examples:
      fsm run specs/band_limited_hedging.yml
      fsm run specs/band_limited_hedging.yml --data ETHUSDT_1m.parquet --data ETHUSDT_8h_funding.parquet --set q0=1
      fsm run specs/band_limited_hedging.yml --seed 7 --operator +2d=exit --format json
    """
    if mode != "backtest":
        raise UsageError(f"--mode {mode} is not available: this version runs backtests only")
    program, sources, settings = given_run(paths, options, quiet)
    if program is None:
        return 1
    folder = out or free_folder(Path(paths[0]).stem)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    is_plain = quiet or log == STANDARD or not sys.stderr.isatty()
    with outlets_of(metrics_port, log) as outlets, _progress(is_plain) as step:
        try:
            say = (lambda text: None) if quiet else _say
            summary = run_into(
                folder, program, sources, settings, step, engine=Engine(engine), say=say, outlets=outlets
            )
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


def _say(text: str) -> None:
    click.echo(text, err=True)


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
