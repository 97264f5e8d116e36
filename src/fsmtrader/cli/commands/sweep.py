"""`fsm sweep`: many sets of parameters over the same market."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from fsmtrader.cli.options import given_run, of_a_run, of_results
from fsmtrader.cli.output import write
from fsmtrader.cli.paths import RUNS, complete_path, folder_name
from fsmtrader.cli.render.sweep import sweep_text
from fsmtrader.diagnostics import UsageError
from fsmtrader.research.engines import Engine
from fsmtrader.research.sweep.bench import Task
from fsmtrader.research.sweep.carry import Plan, Standing, Told
from fsmtrader.research.sweep.grid import axes_of
from fsmtrader.research.sweep.keeping import sweep_into
from fsmtrader.research.sweep.report import write_sweep_report
from fsmtrader.research.sweep.results import Objective
from fsmtrader.research.sweep.search import Search


@click.command("sweep")
@click.argument("paths", nargs=-1, required=True, shell_complete=complete_path, metavar="SPEC...")
@click.option("--grid", multiple=True, metavar="NAME=VALUES", help="k=6,7,8 or eta=0.2:0.4:0.05; else run.sweep.")
@click.option("--random", type=click.IntRange(1), default=None, metavar="N", help="Try N sets by chance.")
@click.option("--search", type=click.Choice(["optuna"]), default=None, help="Let what came before choose the next set.")
@click.option("--trials", type=click.IntRange(1), default=100, show_default=True, help="Sets of a search, in all.")
@click.option("--storage", default="", metavar="URL", help="Where optuna keeps a search; default DIR/search.db.")
@click.option("--draw-seed", type=click.IntRange(0), default=1, show_default=True, help="Of --random and --search.")
@click.option(
    "--objective",
    "objectives",
    type=click.Choice([entry.value for entry in Objective]),
    multiple=True,
    help="What is best; several for a search.  [default: profit]",
)
@click.option("--periods", type=click.IntRange(1, 100), default=None, metavar="N", help="Compare in N equal parts.")
@click.option("--workers", type=click.IntRange(1, 256), default=None, metavar="N", help="Sets at a time.")
@click.option("--engine", type=click.Choice([entry.value for entry in Engine]), default="auto", show_default=True)
@of_a_run
@of_results("runs/<spec>-sweep")
def command(
    paths: tuple[str, ...],
    grid: tuple[str, ...],
    objectives: tuple[str, ...],
    form: str,
    quiet: bool,
    out: Path | None,
    report: bool,
    **options: object,
) -> int:
    """Try many sets of parameters over the same market, and compare what came of them.

    Every combination of the values is run, or with --random N some of them by chance, or with --search as many as
    --trials says, each chosen by what came of those before. A set that breaks a bound or a check of the spec is a
    failed row. Results are kept in DIR as they come: the same command goes on where it was interrupted, and no set is
    run twice. The exit code is 0, or 1 when not one set could be run.

    \b
    Examples:
      fsm sweep specs/band_limited_hedging.yml --grid k=6,8,10 --grid eta=0.2:0.4:0.1 --bars 5000
      fsm sweep specs/band_limited_hedging.yml --grid k=4:12 --grid alpha=0.1:0.9 --random 8 --bars 5000
      fsm sweep specs/band_limited_hedging.yml --grid k=4:12 --search optuna --trials 8 --objective sharpe --bars 9000
    """
    program, sources, settings = given_run(paths, options, quiet)
    if program is None:
        return 1
    axes = axes_of(program, grid)
    _check_given([axis.name for axis in axes], options["given"])
    chosen = tuple(dict.fromkeys(Objective(name) for name in objectives)) or (Objective.PROFIT,)
    plan = Plan(
        task=Task(tuple(sources), settings, _number(options["periods"])),
        axes=axes,
        random=_number(options["random"]),
        seed=_number(options["draw_seed"]),
        search=_search(options, chosen),
        objectives=chosen,
        engine=Engine(str(options["engine"])),
        lanes=_number(options["workers"]),
    )
    folder = out or Path(RUNS) / f"{folder_name(Path(paths[0]).stem)}-sweep"
    pages: list[Path | None] = []
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with _progress(quiet or not sys.stderr.isatty()) as told:
        try:
            summary = sweep_into(
                folder, plan, told, lambda whole: pages.append(write_sweep_report(whole) if report else None)
            )
        except KeyboardInterrupt:
            click.echo(f"interrupted; what was done is kept in {folder}, and the same command goes on there", err=True)
            return 130
    (page,) = pages
    if form == "json":
        found = {**json.loads((folder / "summary.json").read_text("utf-8")), "folder": str(folder)}
        write(json.dumps({**found, "report": str(page) if page else None}, indent=2) + "\n")
    else:
        write(sweep_text(summary, folder, page))
    return 0 if summary["done"] else 1


def _number(value: object) -> int:
    return 0 if value is None else int(str(value))


def _search(options: dict[str, object], objectives: tuple[Objective, ...]) -> Search | None:
    if options["search"] is None:
        if options["storage"]:
            raise UsageError("--storage is where a search is kept: add --search optuna")
        return None
    if options["random"] is not None:
        raise UsageError("--random draws sets, --search chooses them: give one of the two")
    return Search(_number(options["trials"]), objectives, str(options["storage"]), _number(options["draw_seed"]))


def _check_given(names: Sequence[str], given: object) -> None:
    """A parameter has one value or several."""
    assert isinstance(given, tuple)
    both = next((text for text in given if text.partition("=")[0].strip() in names), "")
    if both:
        raise UsageError(f"--set {both}: this parameter is swept; leave out the one or the other")


@contextmanager
def _progress(is_off: bool) -> Iterator[Told]:
    """A progress bar on standard error, with the time that is left."""
    if is_off:
        yield Told()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("sweeping", total=None)
        yield Told(lambda standing: _shown(bar, task, standing), bar.console.print)


def _shown(bar: Progress, task: TaskID, standing: Standing) -> None:
    parts = [f"{standing.failed:,} failed"] if standing.failed else []
    parts += [f"{standing.known:,} known before"] if standing.known else []
    said = f"sweeping ({', '.join(parts)})" if parts else "sweeping"
    bar.update(task, completed=standing.tried, total=standing.total, description=said)
