"""The example notebook: committed without output, and its code runs from top to bottom as plain Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

NOTEBOOK = Path(__file__).parents[2] / "examples" / "python_api.ipynb"
CELL_KEYS = {"cell_type", "id", "metadata", "source"}


@pytest.fixture(scope="module")
def notebook() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    return found


def test_it_is_a_notebook_without_output(notebook: dict[str, Any]) -> None:
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert set(cell) == CELL_KEYS | {"execution_count", "outputs"}
            assert cell["outputs"] == [] and cell["execution_count"] is None
        else:
            assert set(cell) == CELL_KEYS and cell["cell_type"] == "markdown"


def test_its_cells_run_in_order(notebook: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """By hand: half a coin is bought one percent under the highest price, 60300, and sold when that is back."""
    scope: dict[str, Any] = {}
    said = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"{NOTEBOOK.name}:{cell['id']}", "exec"), scope)
            said.append(capsys.readouterr().out)
    assert "FSM301 ancor" in said[1] and "did you mean anchor?" in said[1]
    assert said[2].startswith("band ['FLAT', 'LONG'] ")
    assert scope["path"] == [
        (60_000, "FLAT", 0.0, 60_000.0),
        (60_300, "FLAT", 0.0, 60_300.0),
        (59_800, "FLAT", 0.0, 60_300.0),
        (59_600, "LONG", 0.5, 60_300.0),
        (60_300, "FLAT", 0.0, 60_300.0),
    ]
    assert said[4] == "LONG and again FLAT\n"
    results = scope["results"]
    assert list(results) == ["0.5%", "1%", "2%"]
    assert {summary.events for summary in results.values()} == {len(scope["bars"])} == {4320}
    assert all(summary.fills == len(summary.moves) and summary.is_sound for summary in results.values())
    assert len(results["0.5%"].moves) > len(results["2%"].moves)
