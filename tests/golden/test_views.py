"""Diagram and table of every example, as they are.

`pytest tests/golden/test_views.py --update-golden` rewrites the files.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fsmtrader.program.compiler import check
from fsmtrader.program.ir import Program
from fsmtrader.spec.source import Source
from fsmtrader.views.diagram import mermaid
from fsmtrader.views.table import text_table

FOLDER = Path(__file__).parent / "views"
EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.yml"))
VIEWS: dict[str, Callable[[Program], str]] = {"mmd": mermaid, "txt": text_table}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("suffix", VIEWS)
def test_a_view_of_an_example(path: Path, suffix: str, update_golden: bool) -> None:
    text = VIEWS[suffix](check(Source(path.name, path.read_bytes())).require())
    golden = FOLDER / f"{path.stem}.{suffix}"
    if update_golden:
        golden.write_text(text, encoding="utf-8", newline="\n")
    assert golden.exists(), "run pytest with --update-golden and read what it writes"
    assert text == golden.read_text(encoding="utf-8")


def test_no_golden_file_outlives_its_example() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == {path.stem for path in EXAMPLES}
