"""`fsm explain-run`: why a run did what it did at a moment."""

from __future__ import annotations

import json
from pathlib import Path

import click

from fsmtrader.cli.output import write
from fsmtrader.cli.paths import complete_path
from fsmtrader.diagnostics.visible import visible
from fsmtrader.research.explain_run import FAILED, SILENT, Explanation, RegionReport, RowReport, explain_run
from fsmtrader.research.keeping import execute
from fsmtrader.research.moments import instant


@click.command("explain-run")
@click.argument("run", shell_complete=complete_path, metavar="RUN")
@click.option("--at", required=True, metavar="TIME", help="2025-03-01T12:00 (UTC), or +3h since the start.")
@click.option("--region", default="", metavar="NAME", help="Only this region.")
@click.option(
    "--data",
    multiple=True,
    shell_complete=complete_path,
    metavar="FILE",
    help="Where the run's data are now; once for each file.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(run: str, at: str, region: str, data: tuple[str, ...], form: str) -> int:
    """Say of each row of the state of that time whether it was taken, and why.

    RUN is a folder that `fsm run` has written, or its journal.sqlite. The run is made again as far as TIME; told is
    the last moment at or before it at which something was decided: each row with its guard, the comparisons in it
    (true, false or not ready) and the values that it was judged by.

    \b
    Examples:
      fsm explain-run runs/band_limited_hedging-1 --at +3h
      fsm explain-run runs/band_limited_hedging-1 --at 2025-03-01T12:00 --region mode
      fsm explain-run runs/band_limited_hedging-1 --at +2d --format json
    """
    found = explain_run(Path(run), at, execute, region=region, data=data)
    write(json.dumps(found.as_plain(), indent=2) + "\n" if form == "json" else visible(_text(found), keep="\n"))
    return 0


def _text(found: Explanation) -> str:
    blocks = [_head(found), *(block for report in found.regions for block in _region(report))]
    return "\n\n".join(blocks) + "\n"


def _head(found: Explanation) -> str:
    line = f"{found.name} at {instant(found.time_us)} UTC"
    if found.time_us == found.asked_us:
        return line
    return f"{line}, the last decision at or before {instant(found.asked_us)} UTC"


def _region(report: RegionReport) -> list[str]:
    blocks = [f"region {report.region} in state {report.state}"]
    if not report.decisions:
        blocks[0] += ": no event with a row there"
    for decision in report.decisions:
        lines = [f"on {decision.event} in {decision.state}"]
        width = max(len(row.outcome) for row in decision.rows)
        for row in decision.rows:
            lines += _row(row, width)
        blocks.append("\n".join(lines))
    width = max((len(row.event) for row in report.silent), default=0)
    for outcome, head in (
        (FAILED, "rows that were taken before, in vain"),
        (SILENT, "rows whose event did not happen"),
    ):
        lines = [line for row in report.silent if row.outcome == outcome for line in _waiting(row, width)]
        blocks += ["\n".join([head, *lines])] if lines else []
    return blocks


def _waiting(row: RowReport, width: int) -> list[str]:
    """A row that nothing asked for, by its event; below it what came of it before."""
    return [f"  {row.event:<{width}}  {_said(row)}", *([f"      {row.why}"] if row.why else [])]


def _row(row: RowReport, width: int) -> list[str]:
    """What became of the row and its text on one line, then why, its comparisons, and the values, by depth."""
    lines = [f"  {row.outcome:<{width}}  {_said(row)}"]
    if row.why:
        lines.append(f"      {row.why}")
    widest = max((len(entry.outcome) for entry in row.comparisons), default=0)
    lines += [f"      {entry.outcome:<{widest}}  {entry.text}" for entry in row.comparisons]
    names = max((len(entry.name) + 2 * entry.depth for entry in row.operands), default=0)
    lines += [f"        {'  ' * e.depth + e.name:<{names}}  {e.text}" for e in row.operands]
    return lines


def _said(row: RowReport) -> str:
    condition = f"if {row.guard}" if row.guard else "always"
    parts = [f"line {row.line}:", condition, row.leads_to or "(nothing)"]
    text = "  ".join(parts)
    return f"{text}  because {row.because}" if row.because else text
