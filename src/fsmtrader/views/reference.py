"""The reference pages of the catalog, made from its declarations.

    python -m fsmtrader.views.reference [--check] [FOLDER]

writes `docs/reference/{functions,observables,indicators,primitives,prelude}.md`; `--check` only says what differs, and
fails if anything does.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from fsmtrader.program import prelude
from fsmtrader.views.vocabulary import Argument, Entry, entries

FOLDER = "docs/reference"

_PAGES = {
    "functions.md": ("function", "Functions", "Pure arithmetic on their arguments."),
    "observables.md": (
        "observable",
        "Observables",
        "What a spec can ask of the market, the venue, its own ledger and the clock. What has no value yet is not "
        "ready.",
    ),
    "indicators.md": (
        "indicator",
        "Indicators",
        "They remember what their input was. A call is one instance that takes a sample on each tick of its clock, "
        "wherever it stands: `every=` an interval, `on=` an event, else each change of its input.",
    ),
    "primitives.md": (
        "primitive",
        "Primitives",
        "Steps that an action may name. Thresholds, prices, sizes and sides come to them as arguments from the spec.",
    ),
}


def pages() -> dict[str, str]:
    """Every generated page by its file name."""
    known = entries()
    found = {
        name: _page(title, intro, [entry for entry in known if entry.role == role])
        for name, (role, title, intro) in _PAGES.items()
    }
    return {**found, "prelude.md": _prelude_page([entry for entry in known if entry.role == "invariant"])}


def write_or_check(wanted: Mapping[str, str], folder: Path, *, check: bool, command: str) -> int:
    """Write the pages, or say which differ from what is there; 1 when a check finds any."""
    differing = [
        name
        for name, text in wanted.items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != text
    ]
    if check:
        for name in differing:
            sys.stderr.write(f"{folder / name} is not up to date: run `{command}`\n")
        return int(bool(differing))
    folder.mkdir(parents=True, exist_ok=True)
    for name in differing:
        (folder / name).write_text(wanted[name], encoding="utf-8", newline="\n")
    return 0


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with `--check` compare them; 2 for wrong usage."""
    command = "python -m fsmtrader.views.reference"
    folders = [argument for argument in arguments if not argument.startswith("-")]
    if len(folders) > 1 or any(a.startswith("-") and a != "--check" for a in arguments):
        sys.stderr.write(f"usage: {command} [--check] [FOLDER]\n")
        return 2
    folder = Path(folders[0] if folders else FOLDER)
    return write_or_check(pages(), folder, check="--check" in arguments, command=command)


def _page(title: str, intro: str, shown: Sequence[Entry]) -> str:
    lines = [f"# {title}", "", intro, ""]
    for entry in shown:
        lines += _section(entry)
    return "\n".join(lines).rstrip() + "\n"


def _section(entry: Entry) -> list[str]:
    lines = [f"## {entry.name}", "", f"`{entry.signature}`" + (f" gives {entry.gives}" if entry.gives else ""), ""]
    lines += [entry.doc, ""]
    if entry.arguments:
        lines += ["| argument | takes | |", "|---|---|---|"]
        for argument in entry.arguments:
            note = "; ".join(part for part in ("" if argument.required else "may be left out", argument.doc) if part)
            lines.append(f"| `{argument.name}` | {argument.takes} | {note} |")
        lines.append("")
    if entry.brings:
        lines += [f"The steps after it know {_named(entry.brings)}.", ""]
    if entry.requires:
        lines += [f"Needs an account with {', '.join(entry.requires)}.", ""]
    if entry.source and entry.role == "primitive":
        lines += [f"From {entry.source}.", ""]
    for example in entry.examples:
        lines += ["```yaml", example, "```", ""]
    return lines


def _named(brings: Sequence[Argument]) -> str:
    return ", ".join(f"`{argument.name}`: {argument.takes}, {argument.doc}" for argument in brings)


def _prelude_page(invariants: Sequence[Entry]) -> str:
    intro = (
        "The strategy documents' own vocabulary, written in the language itself and compiled by the same compiler. A "
        "spec with the legs `L` and `S` takes from here each name that it uses and does not define; what it defines "
        "itself stands before the prelude. A parameter that is `required` has no value until the spec or the run gives "
        "one."
    )
    rows = [f"| `{entry.name}` | {entry.doc} |" for entry in invariants]
    language = f"# Prelude\n\n{intro}\n\n```yaml\n{prelude.text().rstrip()}\n```\n"
    promises = ["## Invariants by name", "", "A spec selects them under `invariants:`.", ""]
    return "\n".join([language, *promises, "| name | what it promises |", "|---|---|", *rows, ""])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
