"""The pages of the diagnostic codes, made from the table of codes.

    python -m fsmtrader.diagnostics.pages [--check] [FOLDER]

writes `docs/diagnostics/<CODE>.md` and `index.md`; `--check` only says what differs, and fails if anything does.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from fsmtrader.diagnostics import closest
from fsmtrader.diagnostics.codes import Code, table
from fsmtrader.diagnostics.visible import visible

FOLDER = "docs/diagnostics"

_OURS = re.compile(r"FSM[0-9]{3}\.md|index\.md")
"""only these are ever written or removed"""

_GROUPS = {
    "0": "Files, encodings, YAML and JSON",
    "1": "Keys and shapes",
    "2": "The text of an expression",
    "3": "Names and what they mean",
    "4": "Types, units and ranges",
    "5": "States, rows and actions",
    "6": "Accounts, legs and permissions",
    "7": "The seed's own form",
    "8": "The tests of a spec",
    "9": "The defaults of a run",
}


def page(entry: Code) -> str:
    """The page of one code, as Markdown."""
    severity = "An error" if entry.severity.value == "error" else "A warning"
    text = f"# {entry.code}: {entry.title}\n\n{severity}. {entry.what.strip()}\n\n## Why\n\n{entry.why.strip()}\n"
    if not entry.bad:  # about a path, bytes, two files or a size: no short document shows it
        return text
    return (
        f"{text}\n## Gives {entry.code}\n\n{_block(entry.bad, entry.is_json)}\n"
        f"## Mended\n\n{_block(entry.good, entry.is_json)}"
    )


def index(entries: Sequence[Code]) -> str:
    """The list of all codes, by group."""
    lines = ["# Diagnostics", "", "Each finding has a stable code; `fsm explain CODE` prints the same pages.", ""]
    for digit, title in _GROUPS.items():
        group = [entry for entry in entries if entry.code[3:4] == digit]
        if not group:
            continue
        lines += [f"## {title}", "", "| code | severity | what it says |", "|---|---|---|"]
        lines += [f"| [{e.code}]({e.code}.md) | {e.severity.value} | {_cell(e.title)} |" for e in group]
        lines.append("")
    return "\n".join(lines)


def pages() -> dict[str, str]:
    """Every generated file of the folder by its name."""
    entries = table()
    return {
        **{f"{code}.md": page(entry) for code, entry in entries.items()},
        "index.md": index(tuple(entries.values())),
    }


def unknown_code(code: str) -> str:
    """What to say of a code that does not exist."""
    near = closest(code.strip().upper(), table())
    hint = f" Did you mean {near}?" if near else ""
    return f"There is no diagnostic code {visible(code)!r}.{hint}"


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with `--check` compare them; 1 when something differs, 2 for wrong usage."""
    options = [argument for argument in arguments if argument.startswith("-")]
    folders = [argument for argument in arguments if not argument.startswith("-")]
    if len(folders) > 1 or any(option != "--check" for option in options):
        sys.stderr.write("usage: python -m fsmtrader.diagnostics.pages [--check] [FOLDER]\n")
        return 2
    folder = Path(folders[0] if folders else FOLDER)
    wanted = pages()
    present = {
        path.name: path.read_text(encoding="utf-8")
        for path in sorted(folder.glob("*.md"))
        if _OURS.fullmatch(path.name)
    }
    differing = sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))
    if options:
        for name in differing:
            sys.stderr.write(f"{folder / name} is not what the table of codes gives: run this without --check\n")
        return int(bool(differing))
    folder.mkdir(parents=True, exist_ok=True)
    for name in differing:
        if name in wanted:
            (folder / name).write_text(wanted[name], encoding="utf-8", newline="\n")
        else:
            (folder / name).unlink()
    return 0


def _block(text: str, is_json: bool) -> str:
    """A fenced block, its fence longer than any in the text; whole, but what cannot be seen is written out."""
    shown = visible(text.rstrip("\n").replace("\r\n", "\n"), keep="\n\t")
    longest = max((len(run) for run in re.findall("`{3,}", shown)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{'json' if is_json else 'yaml'}\n{shown}\n{fence}\n"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
