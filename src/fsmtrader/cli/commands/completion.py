"""`fsm completion`: the script for a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from fsmtrader.cli.group import fsm
from fsmtrader.cli.output import write


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print the script that completes commands in a shell.

    \b
    Examples:
      eval "$(fsm completion bash)"                                     # in ~/.bashrc
      fsm completion zsh > "${fpath[1]}/_fsm"
      fsm completion fish > ~/.config/fish/completions/fsm.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None, f"click knows no completion for {shell}"
    write(kind(fsm, {}, "fsm", "_FSM_COMPLETE").source() + "\n")
    return 0
