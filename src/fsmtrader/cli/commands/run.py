"""`fsm run`: run a strategy over market data."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from fsmtrader.cli.output import counted, show_findings, write
from fsmtrader.cli.render import Format
from fsmtrader.diagnostics import Severity, UsageError
from fsmtrader.diagnostics.visible import visible
from fsmtrader.program.compiler import check_merged
from fsmtrader.program.ir import Program
from fsmtrader.research.run import Progress as Step
from fsmtrader.research.run import Settings, run
from fsmtrader.research.settings import number_of
from fsmtrader.research.summary import Promise, Summary, instant
from fsmtrader.spec.source import read_sources

MOST_MOVES = 20
"""transitions that the text shows from each end of the list"""


@click.command("run")
@click.argument("paths", nargs=-1, required=True, metavar="SPEC...")
@click.option("--data", default="", metavar="FILE", help="Bars: Parquet, CSV or Feather. Else a made-up market.")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="Give a parameter a value, e.g. f=0.04%.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Seed of a made-up market.")
@click.option("--bars", type=click.IntRange(1), default=None, metavar="N", help="Only the first N bars.")
@click.option("--spread", default="1bp", show_default=True, help="Distance between bid and ask, as a share.")
@click.option("--fee", default="", help="Fee of a market order; else run.fees, the parameter f, the exchange's.")
@click.option(
    "--mode",
    type=click.Choice(["backtest", "paper", "live"]),
    default="backtest",
    show_default=True,
    help="Where it runs; this version runs backtests.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--quiet", "-q", is_flag=True, help="No warnings and no progress bar.")
def command(
    paths: tuple[str, ...],
    data: str,
    given: tuple[str, ...],
    seed: int,
    bars: int | None,
    spread: str,
    fee: str,
    mode: str,
    form: str,
    quiet: bool,
) -> int:
    """Run a strategy over bars and show what came of it.

    SPEC is a file, or several that make one spec. Each bar is one market event at its close; market orders fill at
    the close, half a spread to the worse side. What bars cannot serve honestly (orders that wait in a queue, depth,
    two markets) is refused. The exit code is 0, or 1 when an invariant was broken or the spec has errors.

    \b
    Examples:
      fsm run specs/band_limited_hedging.yml
      fsm run specs/band_limited_hedging.yml --data ETHUSDT_1m.parquet --set q0=1 --set E_max=2000
      fsm run specs/band_limited_hedging.yml --seed 7 --format json
    """
    if mode != "backtest":
        raise UsageError(f"--mode {mode} is not available: this version runs backtests only")
    program = _program(paths, quiet)
    if program is None:
        return 1
    settings = Settings(
        data,
        {**_from_environment(program, os.environ), **_overrides(given)},
        seed,
        bars or 0,
        _share("--spread", spread),
        _share("--fee", fee) if fee else None,
    )
    with _progress(quiet or not sys.stderr.isatty()) as step:
        summary = run(program, settings, step)
    write(json.dumps(summary.as_plain(), indent=2) + "\n" if form == "json" else _text(summary))
    return 0 if summary.is_sound else 1


def _program(paths: tuple[str, ...], quiet: bool) -> Program | None:
    """The checked spec; its findings go to standard error's place only when there are errors."""
    sources, problems = read_sources(paths, stdin=sys.stdin.buffer)
    if problems:
        show_findings(problems, {}, Format.TEXT)
        return None
    result = check_merged(sources)
    errors = [d for d in result.diagnostics if d.severity is Severity.ERROR]
    if result.program is None:
        show_findings(errors if quiet else result.diagnostics, result.sources, Format.TEXT)
    elif result.diagnostics and not quiet:
        click.echo(f"{counted(len(result.diagnostics), 'warning')}: fsm validate shows them", err=True)
    return result.program


def _overrides(given: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in given:
        name, is_pair, value = entry.partition("=")
        if not is_pair or not name.strip() or not value.strip():
            raise UsageError(f"--set takes NAME=VALUE, not {entry!r}")
        found[name.strip()] = value.strip()
    return found


def _from_environment(program: Program, environment: Mapping[str, str]) -> dict[str, str]:
    """Values of the parameters that say with `env` where one may come from; an empty text is none."""
    named = {p.name: environment.get(p.env, "").strip() for p in program.parameters if p.env}
    return {name: value for name, value in named.items() if value}


def _share(option: str, text: str) -> float:
    value = number_of(text, math.nan)
    if not -0.1 < value < 0.1:
        raise UsageError(f"{option} takes a share such as 1bp or 0.05%, not {text!r}")
    return value


@contextmanager
def _progress(is_off: bool) -> Iterator[Step | None]:
    """A progress bar on standard error."""
    if is_off:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} bars"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("running", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


# -- text ------------------------------------------------------------------------------------------------------------


def _text(summary: Summary) -> str:
    blocks = [_head(summary), _stays(summary), _moves(summary), _money(summary), _promises(summary)]
    return visible("\n\n".join(block for block in blocks if block), keep="\n") + "\n"


def _head(summary: Summary) -> str:
    lines = [
        summary.name,
        f"  {counted(summary.bars, 'bar')} of {summary.market}",
        f"  {instant(summary.start_us)} to {instant(summary.end_us)} UTC",
        f"  market orders at the close, spread {summary.spread * 1e4:g} bp, taker fee {summary.fee * 1e4:g} bp",
        f"  ended {summary.status}",
    ]
    if summary.started_us is None:
        lines.append("  the machine never started: its first values were not ready")
    return "\n".join([*lines, *(f"  note: {note}" for note in summary.notes)])


def _stays(summary: Summary) -> str:
    rows = [(f"{s.region}: {s.state}", _duration(s.seconds), counted(s.times, "time")) for s in summary.stays]
    return _table("states", ("state", "spent there", "entered"), rows)


def _moves(summary: Summary) -> str:
    moves = list(summary.moves)
    if not moves:
        return "transitions\n  none"
    rows = [(instant(m.time_us), m.source, m.target, m.because or m.trigger) for m in moves]
    left_out = len(rows) - 2 * MOST_MOVES
    if left_out > 0:
        rows = [*rows[:MOST_MOVES], (f"({left_out} more)", "", "", ""), *rows[-MOST_MOVES:]]
    return _table(f"transitions ({len(moves)})", ("time", "from", "to", "because"), rows)


def _money(summary: Summary) -> str:
    rows = [
        ("fills", f"{summary.fills}"),
        ("turnover", _amount(summary.turnover)),
        ("realised", _amount(summary.realised)),
        ("unrealised", _amount(summary.unrealised)),
        ("fees", _amount(-summary.fees)),
        ("profit", _amount(summary.profit)),
        ("equity", _amount(summary.equity)),
    ]
    positions = [
        (
            p.leg,
            f"{p.quantity:.9g}",
            "" if p.average_price is None else f"{p.average_price:.9g}",
            _amount(p.realised),
            _amount(p.unrealised),
            _amount(-p.fees),
        )
        for p in summary.positions
    ]
    legs = _table("legs", ("leg", "quantity", "average", "realised", "unrealised", "fees"), positions)
    return "\n".join([f"  {name:<12}{value:>18}" for name, value in rows]) + "\n\n" + legs


def _promises(summary: Summary) -> str:
    lines = [f"  {promise.verdict:<11} {promise.name}{_first(promise)}" for promise in summary.promises]
    lines += [f"  fault       {fault}" for fault in summary.faults]
    lines += [f"  alert       {name}, {counted(count, 'time')}" for name, count in summary.alerts]
    return "\n".join(["invariants", *lines]) if lines else ""


def _first(promise: Promise) -> str:
    if not promise.first:
        return ""
    times = f" {counted(promise.broken, 'time')}, first" if promise.verdict == "broken" else ""
    return f":{times} {promise.first}"


def _table(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    top = "  ".join(cell.ljust(width) for cell, width in zip(head, widths, strict=True)).rstrip()
    return "\n".join([title, f"  {top}", *(f"  {line}" for line in lines)])


def _amount(value: float) -> str:
    return f"{value + 0.0:,.2f}"


def _duration(seconds: float) -> str:
    """Days, hours, minutes, seconds; the two greatest that are not zero."""
    parts = []
    rest = round(seconds)
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or "0s"
