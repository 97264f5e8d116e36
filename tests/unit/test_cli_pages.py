"""The pages of the codes: their text, and the command that writes and checks them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmtrader.diagnostics import Severity
from fsmtrader.diagnostics.codes import Code, table
from fsmtrader.diagnostics.pages import index, main, page, pages

CODE = Code("FSM999", Severity.WARNING, "a | b", "What.", "Why.\n", "a: 1\n", "b: 2")


def test_a_page() -> None:
    assert page(CODE) == (
        "# FSM999: a | b\n\nA warning. What.\n\n## Why\n\nWhy.\n\n"
        "## Gives FSM999\n\n```yaml\na: 1\n```\n\n## Mended\n\n```yaml\nb: 2\n```\n"
    )


def test_examples_cannot_break_out_of_their_block() -> None:
    odd = Code("FSM999", Severity.ERROR, "t", "w", "y", "a: ```` \x1b[2J\u202e", "{}", is_json=True)
    assert "`````json\na: ```` \\u{1b}[2J\\u{202e}\n`````\n" in page(odd)


def test_the_index_lists_codes_by_group() -> None:
    entry = Code("FSM101", Severity.ERROR, "a | b", "", "", "", "")
    assert (
        "## Keys and shapes\n\n| code | severity | what it says |\n|---|---|---|\n| [FSM101](FSM101.md) | error | a \\| b |"
        in index([entry])
    )


def test_every_code_is_in_a_group_and_has_a_page() -> None:
    text = pages()["index.md"]
    for code in table():
        assert f"[{code}]({code}.md)" in text and f"{code}.md" in pages()


def test_write_and_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "docs"
    assert main(["--check", str(folder)]) == 1
    assert main([str(folder)]) == 0
    assert main(["--check", str(folder)]) == 0
    (folder / "own.md").write_text("kept")
    (folder / "FSM998.md").write_text("of a code that is gone")
    (folder / "index.md").write_text("changed")
    capsys.readouterr()
    assert main(["--check", str(folder)]) == 1
    said = capsys.readouterr().err
    assert "FSM998.md" in said and "index.md" in said and "own.md" not in said
    assert main([str(folder)]) == 0
    assert (folder / "own.md").exists() and not (folder / "FSM998.md").exists()
    assert main(["--check", str(folder)]) == 0
    assert main(["--wrong"]) == 2
