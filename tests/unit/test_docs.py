"""The documentation runs: every document in it is valid, every command says what is printed under it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from fsmtrader.cli.main import main
from fsmtrader.diagnostics import Severity
from fsmtrader.program.compiler import check
from fsmtrader.research.spec_tests import run_tests
from fsmtrader.spec.source import Source

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
EXAMPLES = sorted((ROOT / "examples").glob("*.yml"))

FRAME = {
    "fsm": "fsm: 1\n",
    "accounts": "accounts: {main: {exchange: binanceusdm}}\n",
    "legs": "legs: {X: {account: main, symbol: BTC/USDT:USDT}}\n",
    "events": "events: {tick: price(X)}\n",
    "states": "states: {A: {on: {tick: {if: mark(X) > 1, do: {qX: 1}}}}}\n",
}
"""what a part of a document is completed with"""


def blocks(path: Path, kind: str) -> Iterator[tuple[int, str]]:
    """The fenced blocks of a kind with the line at which each begins."""
    text = path.read_text(encoding="utf-8")
    for match in re.finditer(rf"^```{kind}\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE):
        yield text.count("\n", 0, match.start()) + 1, match.group(1)


def whole(part: str) -> str:
    """A part of a document with what it needs to be one."""
    keys = YAML(typ="safe", pure=True).load(part)
    needed = [text for key, text in FRAME.items() if key not in keys and not (key == "states" and "regions" in keys)]
    return "".join(needed) + part


LANGUAGE = list(blocks(DOCS / "language.md", "yaml"))
GUIDE = list(blocks(DOCS / "guide.md", "yaml"))


@pytest.mark.parametrize(("line", "part"), LANGUAGE, ids=[f"line-{line}" for line, _ in LANGUAGE])
def test_every_part_of_the_language_page_is_valid_and_its_tests_pass(line: int, part: str) -> None:
    result = check(Source(f"language.md:{line}", whole(part).encode()))
    assert [f"{d.span} {d.code} {d.message}" for d in result.diagnostics if d.severity is Severity.ERROR] == []
    assert [o.findings for o in run_tests(result.require()) if not o.passed] == []


@pytest.mark.parametrize(("page", "commands"), [("guide.md", 14), ("sweeps.md", 3), ("market-making.md", 3)])
def test_the_guide_runs(
    page: str, commands: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In order: a block that names its file is written, a command is run and its first line compared ("…": anything)."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs").symlink_to(DOCS.parent / "specs")
    text = (DOCS / page).read_text(encoding="utf-8")
    ran = 0
    for kind, block in re.findall(r"^```(\w+)\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE):
        if kind == "yaml":
            name = re.match(r"# (\w+\.yml)\n", block)
            assert name is not None, block
            (tmp_path / name.group(1)).write_text(block, encoding="utf-8")
        elif kind == "python":
            exec(compile(block, page, "exec"), {})
        elif kind == "console":
            for command, shown in re.findall(r"^\$ fsm (.*)\n((?:(?!\$).*\n)*)", block, flags=re.MULTILINE):
                main(shlex.split(command))
                said = capsys.readouterr()
                wanted = ".*".join(re.escape(part) for part in shown.splitlines()[0].split("…"))
                assert re.fullmatch(wanted, (said.out + said.err).splitlines()[0].rstrip()), command
                ran += 1
    assert ran >= commands and len(GUIDE) == 3


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_have_no_findings_and_pass_their_tests(path: Path) -> None:
    result = check(Source(path.name, path.read_bytes()))
    assert result.diagnostics == ()
    outcomes = list(run_tests(result.require()))
    assert outcomes and [o.findings for o in outcomes if not o.passed] == []
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# yaml-language-server: ") and lines[1].startswith("# ")


def test_links_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *DOCS.glob("*.md"), *(DOCS / "reference").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_pictures_of_the_readme_are_there_and_small() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    pictures = re.findall(r'(?:src|srcset)="([^"]+)"', text)
    assert len(pictures) == 2
    for picture in pictures:
        content = (ROOT / picture).read_bytes()
        assert content.startswith(b"\x89PNG") and len(content) < 250_000, picture


def test_every_key_of_a_document_is_in_the_language_page() -> None:
    import json

    schema = json.loads((ROOT / "schemas" / "strategy.schema.json").read_text(encoding="utf-8"))
    text = (DOCS / "language.md").read_text(encoding="utf-8")
    assert [key for key in schema["properties"] if not key.startswith("$") and f"`{key}`" not in text] == []
