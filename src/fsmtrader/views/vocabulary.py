"""Everything that a spec can name, as entries to list and to show: the catalog, the prelude and the invariants."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from fsmtrader.catalog import declarations
from fsmtrader.catalog.declaration import Declaration, Gives, Parameter, Role, Takes
from fsmtrader.catalog.invariants import NAMES as INVARIANTS
from fsmtrader.program import prelude

ROLES = (*(role.value for role in Role), "prelude", "invariant")


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of an entry, in words."""

    name: str
    takes: str
    required: bool
    doc: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A name with all that is known of it. `definition` is the text of a prelude name, in the language itself."""

    name: str
    role: str
    signature: str
    gives: str
    doc: str
    arguments: tuple[Argument, ...] = ()
    brings: tuple[Argument, ...] = ()
    """names that a step leaves to the steps after it"""
    requires: tuple[str, ...] = ()
    trades: bool = False
    source: str = ""
    examples: tuple[str, ...] = ()
    definition: str = ""


def entries() -> tuple[Entry, ...]:
    """Every name, by role, then in the order of the catalog."""
    declared = [_entry(declaration) for declaration in declarations().values()]
    found = [entry for role in Role for entry in declared if entry.role == role.value]
    found += _prelude()
    found += [Entry(name, "invariant", name, "", doc) for name, doc in INVARIANTS.items()]
    return tuple(found)


def _entry(declaration: Declaration) -> Entry:
    arguments, brings = (
        tuple(Argument(p.name, _takes(p), p.required, p.doc) for p in listed)
        for listed in (declaration.parameters, declaration.brings)
    )
    return Entry(
        declaration.name,
        declaration.role.value,
        _signature(declaration),
        _gives(declaration),
        declaration.doc,
        arguments,
        brings,
        tuple(capability.value for capability in declaration.requires),
        declaration.trades,
        declaration.source,
        declaration.examples,
    )


def _signature(declaration: Declaration) -> str:
    is_step = declaration.role is Role.PRIMITIVE
    parts = []
    for parameter in declaration.parameters:
        shown = f"{parameter.name}=" if parameter.keyword_only else parameter.name
        parts.append(shown if parameter.required else f"[{shown}]")
    if declaration.variadic:
        parts.append("...")
    if not is_step:
        return f"{declaration.name}({', '.join(parts)})"
    return f"{declaration.name}: {{{', '.join(parts)}}}" if parts else declaration.name


def _takes(parameter: Parameter) -> str:
    if parameter.words:
        return " or ".join(parameter.words)
    if parameter.takes is Takes.VARIABLE:
        return f"a variable that is a {parameter.unit}"
    if parameter.takes is Takes.NUMBER:
        return f"a {parameter.unit}" if parameter.unit is not None else "a number of any unit"
    return str(parameter.takes.value)


def _gives(declaration: Declaration) -> str:
    if declaration.role is Role.PRIMITIVE:
        return ""
    if declaration.gives is Gives.NUMBER:
        return f"a {declaration.unit}" if declaration.unit is not None else "a bare number"
    return str(declaration.gives.value)


def _prelude() -> list[Entry]:
    spec = prelude.read()
    groups = (
        ("A parameter", [p.name for p in spec.parameters]),
        ("An observable", [name for name, _ in spec.observe]),
        ("A variable", [v.name for v in spec.variables]),
        ("An action", [name for name, _ in spec.actions]),
    )
    lines = prelude.text().splitlines()
    return [
        Entry(
            word.text,
            "prelude",
            word.text,
            "",
            f"{kind} of the prelude.",
            definition=_definition(lines, word.span.line),
        )
        for kind, words in groups
        for word in words
    ]


def _definition(lines: list[str], start: int) -> str:
    """The lines of the entry that begins on line `start`: up to the next one that stands as far left."""
    first = lines[start - 1]
    margin = len(first) - len(first.lstrip())
    found = [first]
    for line in lines[start:]:
        if len(line) - len(line.lstrip()) <= margin:
            break
        found.append(line)
    return textwrap.dedent("\n".join(found))
