"""Every code of the group `text`: its bad example gives it, its good one nothing."""

from __future__ import annotations

import pytest

from fsmtrader.diagnostics import Findings, Severity
from fsmtrader.diagnostics.codes import Code
from fsmtrader.diagnostics.codes_text import CODES
from fsmtrader.spec.loader import load_document
from fsmtrader.spec.source import Source

WITH_EXAMPLE = [entry for entry in CODES if entry.bad]


def found(text: str, entry: Code) -> list[tuple[str, Severity]]:
    findings = Findings()
    load_document(Source("spec.json" if entry.is_json else "spec.yml", text.encode()), findings)
    return [(item.code, item.severity) for item in findings.items]


@pytest.mark.parametrize("entry", WITH_EXAMPLE, ids=lambda entry: entry.code)
def test_the_bad_example_gives_exactly_its_code(entry: Code) -> None:
    assert found(entry.bad, entry) == [(entry.code, entry.severity)]


@pytest.mark.parametrize("entry", CODES, ids=lambda entry: entry.code)
def test_the_good_example_gives_nothing(entry: Code) -> None:
    assert found(entry.good, entry) == []


def test_codes_are_in_order_and_unique() -> None:
    assert [entry.code for entry in CODES] == [f"FSM{number:03d}" for number in range(1, len(CODES) + 1)]


def test_only_paths_bytes_sizes_and_pairs_of_files_have_no_example() -> None:
    assert [entry.code for entry in CODES if not entry.bad] == [
        "FSM001",
        "FSM002",
        "FSM003",
        "FSM004",
        "FSM011",
        "FSM028",
    ]
