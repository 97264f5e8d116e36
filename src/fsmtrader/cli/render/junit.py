"""Findings as JUnit XML: one test case a file, so that a CI service shows which specs are wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as Xml

from fsmtrader.cli.render.text import render_text
from fsmtrader.diagnostics import Diagnostic, Severity
from fsmtrader.diagnostics.visible import visible

_WIDTH = 120


def render_junit(
    diagnostics: Sequence[Diagnostic], sources: Mapping[str, str], *, strict: bool = False, suite: str = "fsm validate"
) -> str:
    """A case fails for its errors (with `strict` for warnings too); a case that holds has its warnings as output."""
    files = sorted(set(sources) | {diagnostic.span.file for diagnostic in diagnostics})
    root = Xml.Element("testsuites")
    element = Xml.SubElement(root, "testsuite", name=suite, tests=str(len(files)), errors="0", skipped="0")
    failures = sum(_add_case(element, file, diagnostics, sources, strict, suite) for file in files)
    element.set("failures", str(failures))
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _add_case(
    suite: Xml.Element,
    file: str,
    diagnostics: Sequence[Diagnostic],
    sources: Mapping[str, str],
    strict: bool,
    classname: str,
) -> bool:
    """Add the case of one file; whether it fails."""
    case = Xml.SubElement(suite, "testcase", classname=classname.replace(" ", "."), name=visible(file))
    own = [diagnostic for diagnostic in diagnostics if diagnostic.span.file == file]
    if not own:
        return False
    failing = [diagnostic for diagnostic in own if strict or diagnostic.severity is Severity.ERROR]
    text = render_text(own, sources, color=False, width=_WIDTH)
    if not failing:
        Xml.SubElement(case, "system-out").text = text
        return False
    first = visible(f"{failing[0].code} {failing[0].message}")
    more = f" (and {len(failing) - 1} more)" if len(failing) > 1 else ""
    failure = Xml.SubElement(case, "failure", message=first + more, type=failing[0].code)
    failure.text = text
    return True
