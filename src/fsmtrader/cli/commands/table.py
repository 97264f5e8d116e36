"""`fsm table`: a spec as a transition table."""

from __future__ import annotations

import click

from fsmtrader.cli.load import program_of
from fsmtrader.cli.output import write
from fsmtrader.cli.paths import complete_path
from fsmtrader.views.table import FORMATS


@click.command("table")
@click.argument("spec", shell_complete=complete_path, metavar="SPEC")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True)
def command(spec: str, form: str) -> int:
    """Show a spec as a table: state, event, condition, action, next state.

    A parent's rows stand once, with its children in brackets. An empty next state means that the state stays.

    \b
    Examples:
      fsm table specs/band_limited_hedging.yml
      fsm table --format csv specs/band_limited_hedging.yml > table.csv
    """
    write(FORMATS[form](program_of(spec)))
    return 0
