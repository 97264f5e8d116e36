"""`fsm replay`: make a run again and prove that it is the same."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import click

from fsmtrader.cli.output import counted, write
from fsmtrader.cli.paths import complete_path
from fsmtrader.diagnostics.visible import visible
from fsmtrader.research.engines import Engine
from fsmtrader.research.keeping import execute
from fsmtrader.research.moments import instant
from fsmtrader.research.replay import Replayed, replay


@click.command("replay")
@click.argument("run", shell_complete=complete_path, metavar="RUN")
@click.option(
    "--data",
    multiple=True,
    shell_complete=complete_path,
    metavar="FILE",
    help="Where the run's data are now; once for each file.",
)
@click.option(
    "--engine",
    type=click.Choice([engine.value for engine in Engine]),
    default="machine",
    show_default=True,
    help="Which engine makes it again, whatever made it first.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(run: str, data: tuple[str, ...], engine: str, form: str) -> int:
    """Make a run again and prove that it is the same, row by row.

    RUN is a folder that `fsm run` has written, or its journal.sqlite. The spec, the settings and the data are those
    that the journal names. The exit code is 0 if every row and so the journal's hash are the same, else 1: then the
    first row that differs is shown, as it was recorded and as it came now.

    \b
    Examples:
      fsm replay runs/band_limited_hedging-1
      fsm replay runs/band_limited_hedging-1 --data moved/ETHUSDT_1m.parquet
      fsm replay runs/band_limited_hedging-1 --engine source
      fsm replay runs/band_limited_hedging-1 --format json
    """
    result = replay(Path(run), partial(execute, engine=Engine(engine)), data)
    write(json.dumps(result.as_plain(), indent=2) + "\n" if form == "json" else visible(_text(result), keep="\n"))
    return 0 if result.is_equal else 1


def _text(result: Replayed) -> str:
    rows = counted(result.rows, "row")
    if result.is_equal:
        cut = "" if result.is_complete else "\nThe run was interrupted; this is what it had come to."
        return f"The same: {rows}, {result.hash}{cut}\n"
    lines = [f"Not the same run: {result.journal}"]
    lines += [f"The data are not what the run read: {path or 'the made-up market'}" for path in result.changed_data]
    if result.problem:
        lines.append(f"Made again, the run ended with an error: {result.problem}")
    if result.difference is not None:
        lines.append(f"The first row that differs is row {result.difference.seq} of {result.rows}:")
        for name, row in (("recorded", result.difference.recorded), ("now", result.difference.again)):
            said = "no such row" if row is None else f"{instant(row[1])} UTC  {row[2]}  {row[3]}"
            lines.append(f"  {name:<9} {said}")
    return "\n".join(lines) + "\n"
