"""`fsm validate`: check specs."""

from __future__ import annotations

import sys

import click

from fsmtrader.cli.output import exit_code, show_findings, summary_of
from fsmtrader.cli.paths import complete_path
from fsmtrader.cli.render import Format
from fsmtrader.diagnostics import Diagnostic
from fsmtrader.program.compiler import check, check_merged
from fsmtrader.spec.reading import read_specs
from fsmtrader.spec.source import Source


@click.command("validate")
@click.argument("paths", nargs=-1, required=True, shell_complete=complete_path, metavar="PATH...")
@click.option(
    "--format",
    "form",
    type=click.Choice([form.value for form in Format]),
    default=Format.TEXT.value,
    show_default=True,
    help="How findings are printed.",
)
@click.option("--merge", is_flag=True, help="Read all the files as one spec; a later file overrides an earlier one.")
@click.option("--strict", is_flag=True, help="Let warnings fail as errors do.")
@click.option("--quiet", "-q", is_flag=True, help="Print findings only, no closing line.")
def command(paths: tuple[str, ...], form: str, merge: bool, strict: bool, quiet: bool) -> int:
    """Check specs and say what is wrong, where and how to mend it.

    PATH is a file, a folder (every .yml, .yaml and .json below it, but no .schema.json) or - for standard input. Each
    file is a spec of its own. The exit code is 0 when there are no errors, 1 when there are, 2 for wrong usage.

    \b
    Examples:
      fsm validate specs/band_limited_hedging.yml
      fsm validate --strict --format github specs/
      fsm validate --merge description.json machine.yml values.yml
    """
    read, problems = read_specs(paths, stdin=sys.stdin.buffer)
    found, sources = _check(read, merge)
    diagnostics = (*problems, *found)
    files = len({source.file for source in read} | {problem.span.file for problem in problems})
    summary = "" if quiet else summary_of(diagnostics, files)
    show_findings(diagnostics, sources, Format(form), strict=strict, summary=summary)
    return exit_code(diagnostics, strict=strict)


def _check(read: tuple[Source, ...], merge: bool) -> tuple[tuple[Diagnostic, ...], dict[str, str]]:
    """The findings of every spec, in the order of the files, and the text of all files."""
    if not read:
        return (), {}
    results = [check_merged(read)] if merge else [check(source) for source in read]
    sources: dict[str, str] = {}
    for result in results:
        sources.update(result.sources)
    return tuple(finding for result in results for finding in result.diagnostics), sources
