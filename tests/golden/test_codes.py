"""Every code: its bad document gives it, as its golden file shows; its good document does not.

`pytest tests/golden/test_codes.py --update-golden` rewrites the files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import fsmtrader
from fsmtrader.cli.render import render_text
from fsmtrader.diagnostics import Diagnostic
from fsmtrader.diagnostics.codes import Code, table
from fsmtrader.diagnostics.pages import page
from fsmtrader.program.compiler import check_merged
from fsmtrader.research.spec_tests import run_tests
from fsmtrader.spec.source import Source, read_sources

FOLDER = Path(__file__).parent / "codes"
PACKAGE = Path(fsmtrader.__file__).parent
WITHOUT_DOCUMENT: dict[str, tuple[Source, ...]] = {
    "FSM001": (),  # paths: see test_codes_of_paths
    "FSM002": (),
    "FSM003": (Source("spec.yml", b"fsm: 1\n" + b"#" * 128 * 1024),),
    "FSM004": (Source("spec.yml", b"fsm: 1\nstrategy: {name: \xe9clair}\n"),),
    "FSM011": (Source("spec.yml", b"fsm: 1\nstates: [" + b"1," * 30_000 + b"]\n"),),
    "FSM028": (
        Source("spec.yml", b"fsm: 1\nstrategy: {name: here}\nstates: {IDLE: {}}\n"),
        Source("spec_2.yml", b"strategy: {name: there}\n"),
    ),
}
"""codes that no document can show have an empty `bad`"""

CODES = tuple(table().values())
SHOWN = tuple(code for code in CODES if code.bad or WITHOUT_DOCUMENT[code.code])


def sources_of(code: Code, text: str) -> tuple[Source, ...]:
    """An example as files. Half surrogates in it stand for the bytes that they escape."""
    return (Source(f"spec.{'json' if code.is_json else 'yml'}", text.encode("utf-8", "surrogateescape")),)


def findings_of(code: Code, sources: tuple[Source, ...]) -> tuple[tuple[Diagnostic, ...], Mapping[str, str]]:
    """What checking finds; for a code that running the document's tests gives, what they find, too."""
    result = check_merged(sources)
    found = list(result.diagnostics)
    if code.by_tests:
        found += [finding for outcome in run_tests(result.require()) for finding in outcome.findings]
    return tuple(found), result.sources


@pytest.mark.parametrize("code", SHOWN, ids=lambda code: code.code)
def test_the_bad_example_gives_the_code(code: Code, update_golden: bool) -> None:
    sources = sources_of(code, code.bad) if code.bad else WITHOUT_DOCUMENT[code.code]
    found, texts = findings_of(code, sources)
    own = [diagnostic for diagnostic in found if diagnostic.code == code.code]
    assert own, [f"{diagnostic.span} {diagnostic.code} {diagnostic.message}" for diagnostic in found]
    assert {diagnostic.severity for diagnostic in own} == {code.severity}
    assert all(diagnostic.hint or diagnostic.expected for diagnostic in own), "a finding says how to mend it"
    text = render_text(found, texts, color=False, width=100)
    golden = FOLDER / f"{code.code}.txt"
    if update_golden:
        golden.write_text(text, encoding="utf-8", newline="\n")
    assert golden.exists(), "run pytest with --update-golden and read what it writes"
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.code)
def test_the_good_example_does_not(code: Code) -> None:
    found, _ = findings_of(code, sources_of(code, code.good))
    assert code.code not in {diagnostic.code for diagnostic in found}


UNSEEN = {"FSM005", "FSM006"}
"""their examples hold characters that nothing shows: a page writes them out, so it cannot be copied"""


def examples(page_text: str) -> list[str]:
    """The fenced blocks of a page, in order, as somebody copies them."""
    return [block[1] for block in re.findall(r"^(`{3,})(?:yaml|json)\n(.*?)^\1$", page_text, re.DOTALL | re.MULTILINE)]


@pytest.mark.parametrize("code", [code for code in CODES if code.bad], ids=lambda code: code.code)
def test_a_page_s_examples_can_be_copied(code: Code) -> None:
    bad, good = examples(page(code))
    assert all(len(line) <= 150 for line in (bad + good).splitlines()) and bad.count("\n") <= 40
    if code.code not in UNSEEN:
        assert code.code in {found.code for found in findings_of(code, sources_of(code, bad))[0]}
    assert code.code not in {found.code for found in findings_of(code, sources_of(code, good))[0]}


def test_a_warning_about_a_group_is_alone() -> None:
    found, _ = findings_of(table()["FSM111"], sources_of(table()["FSM111"], table()["FSM111"].bad))
    assert [finding.code for finding in found] == ["FSM111"]


def test_codes_of_paths(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    _, found = read_sources([str(tmp_path / "missing.yml"), str(tmp_path / "empty")])
    assert [diagnostic.code for diagnostic in found] == ["FSM001", "FSM002"]


def test_codes_without_a_document_are_the_ones_that_are_known() -> None:
    assert {code.code for code in CODES if not code.bad} == set(WITHOUT_DOCUMENT)


def test_no_golden_file_outlives_its_code(update_golden: bool) -> None:
    known = {f"{code.code}.txt" for code in SHOWN}
    stale = [path for path in sorted(FOLDER.glob("*")) if path.name not in known]
    if update_golden:
        for path in stale:
            path.unlink()
        stale = []
    assert stale == []


def used() -> Iterator[tuple[str, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if not path.name.startswith("codes"):
            for code in re.findall(r'"(FSM[0-9]{3})"', path.read_text(encoding="utf-8")):
                yield code, path.relative_to(PACKAGE).as_posix()


def test_every_code_that_is_used_is_declared_and_every_declared_one_used() -> None:
    places = dict(used())
    assert {code: place for code, place in places.items() if code not in table()} == {}
    assert set(table()) - set(places) == set()
