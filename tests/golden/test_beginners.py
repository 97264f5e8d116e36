"""What someone new to YAML and to the language gets wrong, and what is said of it: each file has its findings beside it.

`pytest tests/golden/test_beginners.py --update-golden` rewrites the findings; read them as that person would.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmtrader.cli.render import render_text
from fsmtrader.program.compiler import check
from fsmtrader.spec.source import Source

SPECS = tuple(sorted((Path(__file__).parent / "beginners").glob("*.yml")))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_findings_of_a_beginners_mistake(path: Path, update_golden: bool) -> None:
    result = check(Source(path.name, path.read_bytes()))
    assert result.diagnostics
    assert all(item.hint for item in result.diagnostics), "each says how to mend it"
    text = render_text(result.diagnostics, result.sources, color=False, width=100)
    golden = path.with_suffix(".txt")
    if update_golden:
        golden.write_text(text, encoding="utf-8", newline="\n")
    assert text == golden.read_text(encoding="utf-8")


def test_no_findings_outlive_their_spec() -> None:
    assert {path.stem for path in SPECS[0].parent.glob("*.txt")} == {path.stem for path in SPECS}
