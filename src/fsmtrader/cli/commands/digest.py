"""`fsm digest`: what a spec does, as one number."""

from __future__ import annotations

import json

import click

from fsmtrader.cli.load import results_of
from fsmtrader.cli.output import write
from fsmtrader.cli.paths import complete_path
from fsmtrader.diagnostics.visible import visible


@click.command("digest")
@click.argument("specs", nargs=-1, required=True, shell_complete=complete_path, metavar="SPEC...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(specs: tuple[str, ...], form: str) -> int:
    """Print the SHA-256 of what each spec does.

    It is the same for the YAML and the JSON form of a spec, and does not change with comments, descriptions or tests.

    \b
    Examples:
      fsm digest specs/
      fsm digest --format json specs/band_limited_hedging.yml
    """
    programs = [result.require() for result in results_of(specs)]
    if form == "json":
        rows = [{"file": p.file, "name": p.name, "version": p.version, "digest": p.digest} for p in programs]
        write(json.dumps(rows, indent=2) + "\n")
    else:
        write("".join(f"{program.digest}  {visible(program.file)}\n" for program in programs))
    return 0
