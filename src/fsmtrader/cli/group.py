"""The group `fsm`: finds a command in the table and imports it when it is used."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

import click

from fsmtrader import __version__
from fsmtrader.cli.table import COMMANDS, Entry
from fsmtrader.diagnostics import closest


class LazyGroup(click.Group):
    """A click group over a table of entries; only the command that is called is imported."""

    def __init__(self, entries: Sequence[Entry], **settings: object) -> None:
        super().__init__(**settings)  # type: ignore[arg-type]  # click's own settings, passed through
        self._entries = {entry.name: entry for entry in entries}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = self._entries.get(cmd_name)
        if entry is None:
            return None
        command = importlib.import_module(entry.module).command
        assert isinstance(command, click.Command), f"{entry.module}.command is no click command"
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self._entries and not args[0].startswith("-"):
            near = closest(args[0], self._entries)
            hint = f" Did you mean '{near}'?" if near else ""
            ctx.fail(f"There is no command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(entry.name, entry.help) for entry in self._entries.values()])


fsm = LazyGroup(
    COMMANDS,
    name="fsm",
    help="Trading strategies as checked state machines.\n\nExample: fsm validate specs/",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
fsm = click.version_option(__version__, prog_name="fsm", message="%(prog)s %(version)s")(fsm)
