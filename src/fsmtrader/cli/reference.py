"""The reference page of the command line, made from the commands themselves.

    python -m fsmtrader.cli.reference [--check] [FOLDER]

writes `docs/reference/cli.md`; `--check` only says whether it differs, and fails if it does.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from fsmtrader.cli.group import fsm
from fsmtrader.views.reference import FOLDER, write_or_check

_INTRO = """# The command line

Exit codes: 0 nothing is wrong (warnings are allowed, `--strict` counts them), 1 errors, 2 wrong usage, 3 our fault.
Each command takes `--help`.
"""


def page() -> str:
    """Every command with its usage, what it does, its options and its examples."""
    root = fsm.make_context("fsm", ["--"], resilient_parsing=True)
    lines = [_INTRO]
    for name in fsm.list_commands(root):
        command = fsm.get_command(root, name)
        assert command is not None, name
        lines += _section(name, command, root)
    return "\n".join(lines).rstrip() + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write the page, or with `--check` compare it; 2 for wrong usage."""
    command = "python -m fsmtrader.cli.reference"
    folders = [argument for argument in arguments if not argument.startswith("-")]
    if len(folders) > 1 or any(a.startswith("-") and a != "--check" for a in arguments):
        sys.stderr.write(f"usage: {command} [--check] [FOLDER]\n")
        return 2
    folder = Path(folders[0] if folders else FOLDER)
    return write_or_check({"cli.md": page()}, folder, check="--check" in arguments, command=command)


def _section(name: str, command: click.Command, root: click.Context) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=root)
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"## fsm {name}\n\n```\nfsm {name} {usage}".rstrip() + "\n```\n"
    text, _, examples = inspect.cleandoc(command.help or "").partition("\b\nExamples:\n")
    yield text.replace("\b\n", "").strip() + "\n"
    options = [record for p in command.get_params(context) if (record := p.get_help_record(context)) is not None]
    yield from (f"- `{shown}` {says}".rstrip() for shown, says in options)
    if examples:
        yield f"\n```sh\n{inspect.cleandoc(examples).rstrip()}\n```"
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found is not None, inner
            yield ""
            yield from _section(f"{name} {inner}", found, root)
    yield ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
