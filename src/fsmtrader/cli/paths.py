"""Arguments that are paths, and the folder that is taken when none is given: a shell completes any path as a file.

click's own `Path` would do that too, and would refuse with its own words what our readers refuse with a finding.
"""

from __future__ import annotations

import re
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from fsmtrader.diagnostics import UsageError

RUNS = "runs"
"""where runs and sweeps are kept that were not told where"""
MOST_RUNS = 100_000


def complete_path(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Leave it to the shell: files and folders."""
    del context, parameter
    return [CompletionItem(incomplete, type="file")]


def complete_folder(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Leave it to the shell: folders only."""
    del context, parameter
    return [CompletionItem(incomplete, type="dir")]


def folder_name(name: str) -> str:
    """A name that any system takes for a folder."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("-._") or "run"


def free_folder(name: str) -> Path:
    """The next folder for a run or a sweep of this name."""
    stem = folder_name(name)
    taken = re.compile(re.escape(stem) + r"-(\d+)$")
    numbers = [int(found[1]) for entry in Path(RUNS).glob(f"{stem}-*") if (found := taken.match(entry.name))]
    if max(numbers, default=0) >= MOST_RUNS:
        raise UsageError(f"the folder {RUNS} is full of runs of {stem}: name another one with --out")
    return Path(RUNS) / f"{stem}-{max(numbers, default=0) + 1}"
