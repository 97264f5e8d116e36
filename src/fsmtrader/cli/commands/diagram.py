"""`fsm diagram`: a spec as a state diagram."""

from __future__ import annotations

import click

from fsmtrader.cli.load import program_of
from fsmtrader.cli.output import write, write_file
from fsmtrader.cli.paths import complete_path
from fsmtrader.views.diagram import mermaid, svg


@click.command("diagram")
@click.argument("spec", shell_complete=complete_path, metavar="SPEC")
@click.option("--format", "form", type=click.Choice(["mermaid", "svg"]), default="mermaid", show_default=True)
@click.option("--output", "-o", "target", type=click.Path(dir_okay=False), help="Write to this file.")
@click.option("--region", help="Draw this region only.")
def command(spec: str, form: str, target: str | None, region: str | None) -> int:
    """Draw a spec as a state diagram, with its events, guards and actions.

    Mermaid's text is shown by GitHub, GitLab and most editors. SVG needs the extra `diagram`.

    \b
    Examples:
      fsm diagram specs/band_limited_hedging.yml
      fsm diagram specs/band_limited_hedging.yml --region mode --format svg -o band.svg
    """
    text = mermaid(program_of(spec), region)
    shown = svg(text) if form == "svg" else text
    if target is None:
        write(shown if shown.endswith("\n") else shown + "\n")
    else:
        write_file(target, shown)
    return 0
