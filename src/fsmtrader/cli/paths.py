"""Arguments that are paths: a shell completes them as it completes any file.

click's own `Path` would do that too, and would refuse with its own words what our readers refuse with a finding.
"""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem


def complete_path(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Leave it to the shell: files and folders."""
    del context, parameter
    return [CompletionItem(incomplete, type="file")]


def complete_folder(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Leave it to the shell: folders only."""
    del context, parameter
    return [CompletionItem(incomplete, type="dir")]
