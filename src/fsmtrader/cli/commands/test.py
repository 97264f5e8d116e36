"""`fsm test`: run the tests that stand in specs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as Xml

import click

from fsmtrader.cli.output import counted, terminal_width, wants_color, write
from fsmtrader.cli.paths import complete_path
from fsmtrader.cli.render import render_text
from fsmtrader.cli.render.json_report import finding
from fsmtrader.diagnostics import Diagnostic, Severity, UsageError
from fsmtrader.diagnostics.visible import visible
from fsmtrader.program.compiler import check
from fsmtrader.research.coverage import Count, Coverage, Summary
from fsmtrader.research.spec_tests import Outcome, run_tests
from fsmtrader.spec.reading import read_specs
from fsmtrader.spec.source import Source

WIDTH = 120
VERSION = 1


@dataclass(frozen=True, slots=True)
class Tested:
    """One spec: what its text and its tests gave. `summary` is its coverage; None when it has errors."""

    file: str
    problems: tuple[Diagnostic, ...]
    outcomes: tuple[Outcome, ...]
    summary: Summary | None
    sources: dict[str, str]

    @property
    def failed(self) -> int:
        return sum(not outcome.passed for outcome in self.outcomes)


@click.command("test")
@click.argument("paths", nargs=-1, required=True, shell_complete=complete_path, metavar="SPEC...")
@click.option("-k", "name", default="", metavar="NAME", help="Only tests whose name contains NAME.")
@click.option("--cov", "covers", is_flag=True, help="Show which states, rows and guards the tests have touched.")
@click.option(
    "--cov-fail-under",
    "least",
    type=click.IntRange(0, 100),
    default=None,
    metavar="PERCENT",
    help="Fail if less is covered.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "junit"]),
    default="text",
    show_default=True,
    help="How the results are printed.",
)
def command(paths: tuple[str, ...], name: str, covers: bool, least: int | None, form: str) -> int:
    """Run the tests that stand in specs, with virtual time on a made-up venue.

    SPEC is a file, a folder (every .yml, .yaml and .json below it, but no .schema.json) or - for standard input. Each
    test runs twice: with answers of the venue within the instant, and after all its events. The exit code is 0 when all
    hold, 1 when one does not or less than --cov-fail-under is covered, 2 for wrong usage.

    \b
    Examples:
      fsm test specs/band_limited_hedging.yml
      fsm test --cov --cov-fail-under 90 specs/
      fsm test -k V000 --format junit specs/ > results.xml
    """
    read, problems = read_specs(paths, stdin=sys.stdin.buffer)
    tested = [_test(source, name) for source in read]
    if name and not any(one.outcomes for one in tested) and not problems and not any(one.problems for one in tested):
        raise UsageError(f"no test has {name!r} in its name")
    total = _total(tested)
    reached = least is None or total.reaches(least)
    match form:
        case "json":
            write(_json(problems, tested))
        case "junit":
            write(_junit(problems, tested))
        case _:
            write(_text(problems, tested, covers or least is not None))
            if not reached:
                write(f"coverage is {total.percent} %, less than {least} %\n")
    failed = any(one.failed or one.summary is None for one in tested)
    return int(failed or not reached or any(p.severity is Severity.ERROR for p in problems))


def _test(source: Source, name: str) -> Tested:
    """Check one text and run its tests."""
    result = check(source)
    errors = tuple(d for d in result.diagnostics if d.severity is Severity.ERROR)
    if result.program is None:
        return Tested(source.file, errors, (), None, dict(result.sources))
    coverage = Coverage(result.program)
    outcomes = tuple(run_tests(result.program, coverage, name))
    return Tested(source.file, (), outcomes, coverage.summary(), dict(result.sources))


def _total(tested: Sequence[Tested]) -> Count:
    return sum((one.summary.total for one in tested if one.summary is not None), Count(0, 0))


# -- text ------------------------------------------------------------------------------------------------------------


def _text(problems: Sequence[Diagnostic], tested: Sequence[Tested], covers: bool) -> str:
    parts = [render_text(problems, {}, color=wants_color(), width=terminal_width())]
    for one in tested:
        parts.append(visible(one.file) + "\n")
        parts += [f"  {'ok  ' if o.passed else 'FAIL'}  {visible(o.name)}\n" for o in one.outcomes]
        if not one.outcomes and one.summary is not None:
            parts.append("  no tests\n")
        found = [*one.problems, *(d for outcome in one.outcomes for d in outcome.findings)]
        if found:
            parts.append("\n" + render_text(found, one.sources, color=wants_color(), width=terminal_width()))
        if covers and one.summary is not None:
            parts.append(_covered(one.file, one.summary))
    return "".join([*parts, "\n", _closing(tested), "\n"])


def _covered(file: str, summary: Summary) -> str:
    """The coverage of one spec, and what is missing."""
    lines = [
        f"  coverage {summary.total.percent} %: {summary.states.covered} of {counted(summary.states.total, 'state')}, "
        f"{summary.rows.covered} of {counted(summary.rows.total, 'row')}, "
        f"{summary.guards.covered} of {counted(summary.guards.total, 'outcome')} of guards"
    ]
    lines += [f"    {visible(file)}:{visible(line)}" for line in summary.missing]
    return "\n".join(lines) + "\n"


def _closing(tested: Sequence[Tested]) -> str:
    total = sum(len(one.outcomes) for one in tested)
    failed = sum(one.failed for one in tested)
    broken = sum(one.summary is None for one in tested)
    text = f"{counted(total, 'test')} in {counted(len(tested), 'file')}: {total - failed} passed, {failed} failed"
    return text + (f"; {counted(broken, 'file')} with errors" if broken else "")


# -- for tools -------------------------------------------------------------------------------------------------------


def _json(problems: Sequence[Diagnostic], tested: Sequence[Tested]) -> str:
    files = [
        {
            "file": one.file,
            "findings": [finding(d) for d in one.problems],
            "tests": [
                {"name": o.name, "line": o.span.line, "passed": o.passed, "findings": [finding(d) for d in o.findings]}
                for o in one.outcomes
            ],
            "coverage": _coverage_plain(one.summary),
        }
        for one in tested
    ]
    counts = {"tests": sum(len(one.outcomes) for one in tested), "failed": sum(one.failed for one in tested)}
    report = {"version": VERSION, "problems": [finding(d) for d in problems], "files": files, "counts": counts}
    return json.dumps(report, indent=2) + "\n"


def _coverage_plain(summary: Summary | None) -> dict[str, object] | None:
    if summary is None:
        return None
    counts = {"states": summary.states, "rows": summary.rows, "guards": summary.guards}
    return {
        **{name: {"covered": count.covered, "total": count.total} for name, count in counts.items()},
        "missing": list(summary.missing),
    }


def _junit(problems: Sequence[Diagnostic], tested: Sequence[Tested]) -> str:
    """One suite a file, one case a test; a file that cannot be tested is a suite with one error."""
    root = Xml.Element("testsuites")
    for problem in problems:
        _broken(root, problem.span.file, [problem], {})
    for one in tested:
        if one.summary is None:
            _broken(root, one.file, one.problems, one.sources)
            continue
        suite = Xml.SubElement(
            root,
            "testsuite",
            name=visible(one.file),
            tests=str(len(one.outcomes)),
            failures=str(one.failed),
            errors="0",
            skipped="0",
        )
        for outcome in one.outcomes:
            case = Xml.SubElement(suite, "testcase", classname=visible(one.file), name=visible(outcome.name))
            if outcome.findings:
                failure = Xml.SubElement(
                    case, "failure", message=visible(outcome.findings[0].message), type=outcome.findings[0].code
                )
                failure.text = render_text(outcome.findings, one.sources, color=False, width=WIDTH)
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _broken(root: Xml.Element, file: str, found: Sequence[Diagnostic], sources: dict[str, str]) -> None:
    suite = Xml.SubElement(root, "testsuite", name=visible(file), tests="1", failures="0", errors="1", skipped="0")
    case = Xml.SubElement(suite, "testcase", classname=visible(file), name="spec")
    error = Xml.SubElement(case, "error", message=visible(found[0].message), type=found[0].code)
    error.text = render_text(found, sources, color=False, width=WIDTH)
