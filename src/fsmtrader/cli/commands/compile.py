"""`fsm compile`: a spec as one loop over market events."""

from __future__ import annotations

import click

from fsmtrader.cli.load import program_of
from fsmtrader.cli.output import write
from fsmtrader.cli.paths import complete_path
from fsmtrader.research.compiled import kernel_of, loop_text
from fsmtrader.research.engines import scout_text, warm
from fsmtrader.research.run import Prepared, prepare
from fsmtrader.research.run_settings import PROFILES, Settings, data_file


@click.command("compile")
@click.argument("spec", shell_complete=complete_path, metavar="SPEC")
@click.option(
    "--data",
    multiple=True,
    shell_complete=complete_path,
    metavar="[KIND:][MARKET=]FILE",
    help="What it is compiled for; else the spec's own market.",
)
@click.option("--profile", type=click.Choice(PROFILES), default=None, help="The venue to simulate. exact: no lots.")
@click.option("--show", is_flag=True, help="Print the loop as Python instead of compiling it.")
def command(spec: str, data: tuple[str, ...], profile: str | None, show: bool) -> int:
    """Compile a spec to machine code, or say what stands against it.

    A compiled spec is one loop in which guards, observables and actions are inlined. It decides and fills as the
    machine does. What it cannot do (working quotes, latency, pools and more) is listed, and the exit code is 1 then:
    sweeps are the machine's. A run mostly can be compiled all the same, as a loop that looks ahead for the machine and
    lets quiet events pass; that is what --show prints then.

    \b
    Examples:
      fsm compile --show specs/band_limited_hedging.yml > loop.py
      fsm compile --show --profile exact specs/band_limited_hedging.yml
    """
    settings = Settings(data=tuple(data_file(text) for text in data), profile=profile or "")
    prepared = prepare(program_of(spec), settings)
    found = kernel_of(prepared)
    if found.why_not:
        return _refused(spec, prepared, found.why_not, show)
    if show:
        write(loop_text(found))
        return 0
    write(f"{spec}: compiled, kept in {warm(prepared, _said)}\n")
    return 0


def _refused(spec: str, prepared: Prepared, why_not: tuple[str, ...], show: bool) -> int:
    """What stands against one loop for all of it, and whether there is one that looks ahead."""
    ahead = scout_text(prepared)
    if show and ahead:
        write(ahead)
        return 0
    lines = [f"{spec} as a whole is for the machine engine only:", *(f"  - {reason}" for reason in why_not)]
    if ahead:
        lines.append("`fsm run --engine compiled` lets quiet events pass in machine code all the same.")
    write("\n".join(lines) + "\n")
    return 1


def _said(text: str) -> None:
    click.echo(text, err=True)
