"""`fsm catalog`: what a spec can name."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator

import click
from click.shell_completion import CompletionItem

from fsmtrader.cli.output import write
from fsmtrader.diagnostics import UsageError, closest
from fsmtrader.diagnostics.visible import visible
from fsmtrader.views.vocabulary import ROLES, Argument, Entry, entries


def _complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Each name once: a primitive and the prelude's action that calls it share theirs."""
    del parameter
    role = context.params.get("role")
    found: dict[str, str] = {}
    for entry in entries():
        if role in (None, entry.role) and entry.name.startswith(incomplete):
            found.setdefault(entry.name, entry.doc)
    return [CompletionItem(name, help=doc) for name, doc in found.items()]


@click.command("catalog")
@click.argument("name", required=False, shell_complete=_complete)
@click.option("--role", type=click.Choice(ROLES), help="Only names of this role.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(name: str | None, role: str | None, form: str) -> int:
    """Show what a spec can name.

    These are the catalog (functions, observables, indicators, primitives), the prelude and the invariants.

    \b
    Examples:
      fsm catalog
      fsm catalog realized_variance
      fsm catalog --role primitive --format json
    """
    shown = [entry for entry in entries() if role in (None, entry.role)]
    if name is not None:
        shown = [entry for entry in shown if entry.name == name]
        if not shown:
            raise UsageError(_unknown(name, role))
    if form == "json":
        found = [dataclasses.asdict(entry) for entry in shown]
        write(json.dumps(found[0] if name is not None and len(found) == 1 else found, indent=2) + "\n")
    elif name is not None:
        write("\n\n".join("\n".join(_entry(entry)) for entry in shown) + "\n")
    else:
        write("\n".join(_list(shown)) + "\n")
    return 0


def _list(shown: list[Entry]) -> Iterator[str]:
    width = max(len(entry.name) for entry in shown)
    role = ""
    for entry in shown:
        if entry.role != role:
            yield from ([""] if role else [])
            role = entry.role
            yield f"{role}:"
        says = _first_line(entry) if entry.definition else entry.doc
        yield f"  {entry.name.ljust(width)}  {says}"


def _first_line(entry: Entry) -> str:
    """A prelude name's definition, when it is one line."""
    lines = entry.definition.splitlines()
    return lines[0].partition(":")[2].partition("  #")[0].strip() if len(lines) == 1 else entry.doc


def _entry(entry: Entry) -> Iterator[str]:
    yield f"{entry.signature}" + (f" -> {entry.gives}" if entry.gives else "")
    yield f"  {entry.role}: {entry.doc}" if entry.role != "prelude" else f"  {entry.doc}"
    if entry.arguments:
        width = max(len(argument.name) for argument in entry.arguments)
        yield ""
        yield from (f"  {a.name.ljust(width)}  {_argument(a)}" for a in entry.arguments)
    for brought in entry.brings:
        yield f"\n  the steps after it know {brought.name}: {_argument(brought)}"
    if entry.requires:
        yield f"\n  needs an account with {', '.join(entry.requires)}"
    if entry.source:
        yield f"\n  from {entry.source}"
    for example in (*entry.examples, *([entry.definition] if entry.definition else [])):
        yield ""
        yield from (f"    {line}" for line in example.splitlines())


def _argument(argument: Argument) -> str:
    notes = [argument.takes, "" if argument.required else "may be left out", argument.doc]
    return "; ".join(note for note in notes if note)


def _unknown(name: str, role: str | None) -> str:
    roles = sorted({entry.role for entry in entries() if entry.name == name})
    if roles:
        return f"{visible(name)!r} has the role {' and '.join(roles)}, not {role}."
    near = closest(name, (entry.name for entry in entries()))
    hint = f" Did you mean '{near}'?" if near else ""
    return f"There is no {visible(name)!r} in the catalog.{hint} `fsm catalog` lists every name."
