"""The table of commands. A new one is a file in `cli/commands` with a click command called `command`, and a line here.

A command's module is imported when the command is used, so that `fsm validate` starts without numpy, polars,
transitions, numba and pydantic. Its one-line help stands here for the same reason.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A command by name: the module that holds it and the line that `fsm --help` shows."""

    name: str
    module: str
    help: str


COMMANDS: tuple[Entry, ...] = (
    Entry(
        "validate", "fsmtrader.cli.commands.validate", "Check specs and say what is wrong, where and how to mend it."
    ),
    Entry(
        "diagram",
        "fsmtrader.cli.commands.diagram",
        "Draw a spec as a state diagram, with its events, guards and actions.",
    ),
    Entry(
        "table", "fsmtrader.cli.commands.table", "Show a spec as a table: state, event, condition, action, next state."
    ),
    Entry("digest", "fsmtrader.cli.commands.digest", "Print the SHA-256 of what each spec does."),
    Entry(
        "compile", "fsmtrader.cli.commands.compile", "Compile a spec to machine code, or say what stands against it."
    ),
    Entry("new", "fsmtrader.cli.commands.new", "Begin a spec from a template."),
    Entry("schema", "fsmtrader.cli.commands.schema", "Print the JSON Schema of a spec, for editors and other tools."),
    Entry("catalog", "fsmtrader.cli.commands.catalog", "Show what a spec can name."),
    Entry(
        "test",
        "fsmtrader.cli.commands.test",
        "Run the tests that stand in specs, with virtual time on a made-up venue.",
    ),
    Entry("data", "fsmtrader.cli.commands.data", "Look at market data, import recordings, or make a market up."),
    Entry("run", "fsmtrader.cli.commands.run", "Run a strategy on the simulated venue and show what came of it."),
    Entry(
        "sweep",
        "fsmtrader.cli.commands.sweep",
        "Try many sets of parameters over the same market, and compare what came of them.",
    ),
    Entry("replay", "fsmtrader.cli.commands.replay", "Make a run again and prove that it is the same, row by row."),
    Entry(
        "explain-run",
        "fsmtrader.cli.commands.explain_run",
        "Say of each row of the state of that time whether it was taken, and why.",
    ),
    Entry("explain", "fsmtrader.cli.commands.explain", "Explain a diagnostic code, with a wrong and a right example."),
    Entry("completion", "fsmtrader.cli.commands.completion", "Print the script that completes commands in a shell."),
)
