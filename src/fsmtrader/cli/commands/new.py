"""`fsm new`: begin a spec."""

from __future__ import annotations

import os
import re
from importlib import resources
from pathlib import Path

import click

from fsmtrader.cli.output import write
from fsmtrader.diagnostics import UsageError
from fsmtrader.diagnostics.visible import visible
from fsmtrader.spec.schema import STRATEGY, text_of

TEMPLATES = ("band", "maker", "pair", "blank")
SCHEMAS = (Path(STRATEGY), Path("schemas") / STRATEGY)
"""where a schema may stand, in the folder of a spec or above it"""

RUNS_ON_BARS = {
    "band": "",
    "blank": "",
    "maker": "its quotes wait in a queue, which bars do not show",
    "pair": "it trades two markets, and bars are of one",
}
"""why `fsm run` refuses what a template makes; empty: it runs"""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_NO_TEXT = re.compile(r"true|false|null|yes|no|on|off|y|n", re.IGNORECASE)
"""what YAML 1.2, or 1.1, reads as something other than text"""


@click.command("new")
@click.argument("name")
@click.option("--template", type=click.Choice(TEMPLATES), default="blank", show_default=True)
@click.option("--output", "-o", "folder", type=click.Path(file_okay=False), default=".", help="The folder to write to.")
def command(name: str, template: str, folder: str) -> int:
    """Begin a spec from a template.

    It validates as it is written, and its tests show how it behaves. Its first line names the JSON Schema for editors:
    the nearest one in its folder or above (also under schemas), else one that is written beside it.
    band: a hedged pair with a no-trade band. maker: quotes on both sides. pair: both legs or none. blank: one state.

    \b
    Examples:
      fsm new my_band --template band
      fsm new quotes --template maker -o specs
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{visible(name)!r} is not a name: letters, digits, _ and -, not beginning with a digit")
    path = Path(folder) / f"{name}.yml"
    made: list[str] = []
    text = resources.files("fsmtrader.cli").joinpath("templates", f"{template}.yml").read_text(encoding="utf-8")
    try:
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True)
            made.append(f"made the folder {path.parent}")
        schema = _schema_for(path.parent)
        modeline = f"# yaml-language-server: $schema={schema.as_posix()}\n"
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(modeline + text.replace("NAME", _as_text(name)))
        made.append(f"wrote {path}")
        if not (path.parent / schema).is_file():
            (path.parent / schema).write_text(text_of(STRATEGY), encoding="utf-8", newline="\n")
            made.append(f"wrote {path.parent / schema}: by it an editor completes and checks the spec")
    except FileExistsError as problem:
        raise UsageError(f"{visible(str(path))} exists already; it is left as it is") from problem
    except OSError as problem:
        raise UsageError(
            f"cannot write {visible(str(path))}: {(problem.strerror or str(problem)).lower()}"
        ) from problem
    write("\n".join(made) + f"\n\n{_next_steps(template, str(path))}")
    return 0


def _as_text(name: str) -> str:
    """The name as YAML text: in quotation marks if it would be a truth or nothing without."""
    return f'"{name}"' if _NO_TEXT.fullmatch(name) else name


def _next_steps(template: str, path: str) -> str:
    steps = f"check it:  fsm validate {path}\ntest it:   fsm test {path}\n"
    why_not = RUNS_ON_BARS[template]
    if not why_not:
        return f"{steps}run it:    fsm run {path}\n"
    return f"{steps}\n`fsm run` does not serve it: {why_not}. Its tests show what it decides.\n"


def _schema_for(folder: Path) -> Path:
    """The schema for editors, as seen from the folder: the nearest one in it or above, else one to be written in it."""
    here = folder.resolve()
    for above in (here, *here.parents):
        for place in SCHEMAS:
            if (above / place).is_file():
                return Path(os.path.relpath(above / place, here))
    return SCHEMAS[0]
