"""`fsm explain`: the page of a diagnostic code."""

from __future__ import annotations

import json

import click
from click.shell_completion import CompletionItem

from fsmtrader.cli.output import write
from fsmtrader.diagnostics import UsageError
from fsmtrader.diagnostics.codes import Code, table
from fsmtrader.diagnostics.pages import page, unknown_code


def _complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    del context, parameter
    start = incomplete.upper()
    return [CompletionItem(code, help=entry.title) for code, entry in table().items() if code.startswith(start)]


@click.command("explain")
@click.argument("code", shell_complete=_complete)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(code: str, form: str) -> int:
    """Explain a diagnostic code, with a wrong and a right example.

    \b
    Examples:
      fsm explain FSM301
      fsm explain --format json fsm301
    """
    entry = table().get(code.strip().upper())
    if entry is None:
        raise UsageError(unknown_code(code))
    write(page(entry) if form == "text" else _as_json(entry))
    return 0


def _as_json(entry: Code) -> str:
    data = {
        "code": entry.code,
        "severity": entry.severity.value,
        "title": entry.title,
        "what": entry.what,
        "why": entry.why,
        "bad": entry.bad,
        "good": entry.good,
        "notation": "json" if entry.is_json else "yaml",
    }
    return json.dumps(data, indent=2) + "\n"
