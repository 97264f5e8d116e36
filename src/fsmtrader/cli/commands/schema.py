"""`fsm schema`: the JSON Schema by which an editor completes and checks a spec."""

from __future__ import annotations

import click

from fsmtrader.cli.output import write, write_file
from fsmtrader.spec.schema import SEED_DESCRIPTION, SEED_MACHINE, STRATEGY, text_of

NAMES = {name.partition(".")[0].replace("_", "-"): name for name in (STRATEGY, SEED_MACHINE, SEED_DESCRIPTION)}
"""what may be asked for, with the packaged file of each"""


@click.command("schema")
@click.argument("name", type=click.Choice(list(NAMES)), default="strategy", required=False)
@click.option("--output", "-o", "target", type=click.Path(dir_okay=False), help="Write to this file.")
def command(name: str, target: str | None) -> int:
    """Print the JSON Schema of a spec, for editors and other tools.

    A YAML language server reads the schema that the first line of a spec names: `fsm new` writes that line, and a
    schema beside the spec if there is none. A schema gives the shape only: `fsm validate` checks the rest.

    \b
    Examples:
      fsm schema -o strategy.schema.json
      fsm schema seed-machine
    """
    if target is None:
        write(text_of(NAMES[name]))
    else:
        write_file(target, text_of(NAMES[name]))
    return 0
