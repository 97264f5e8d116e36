"""The habits of the house that a test can see."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "fsmtrader"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST_FILE = 420
LONGEST_FUNCTION = 60
CATCHES_ALL = {
    "cli/main.py",  # the end of every error
    "engine/loop.py",  # a fault halts the machine; it does not end the process
    "machine/frozen.py",  # the library's own rule for finalize callbacks, kept
}

DECLARATIONS = {"program/ir.py"}
"""a list of plain dataclasses that is read as one"""

PRINTS = {"cli", "__main__"}


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    return {name_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}


def test_every_module_says_what_it_is_for(trees: dict[str, ast.Module]) -> None:
    assert [name for name, tree in trees.items() if not ast.get_docstring(tree)] == []


def test_every_module_with_code_postpones_annotations(trees: dict[str, ast.Module]) -> None:
    def has_code(tree: ast.Module) -> bool:
        return any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in tree.body)

    def postpones(tree: ast.Module) -> bool:
        return any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)

    assert [name for name, tree in trees.items() if has_code(tree) and not postpones(tree)] == []


def test_files_are_about_one_thing() -> None:
    def is_data(name: str) -> bool:
        return name.startswith("diagnostics/codes_") or name in DECLARATIONS

    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: n for name, n in lengths.items() if n > LONGEST_FILE and not is_data(name)} == {}


def test_functions_fit_one_screen(trees: dict[str, ast.Module]) -> None:
    long = {
        f"{name}:{node.name}": node.end_lineno - node.lineno + 1
        for name, tree in trees.items()
        for node in functions(tree)
        if node.end_lineno is not None and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    }
    assert long == {}


def test_nothing_catches_everything(trees: dict[str, ast.Module]) -> None:
    def catches_all(handler: ast.ExceptHandler) -> bool:
        names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        passes_on = any(isinstance(node, ast.Raise) and node.exc is None for node in ast.walk(handler))
        wide = any(n is None or (isinstance(n, ast.Name) and n.id in {"Exception", "BaseException"}) for n in names)
        return wide and not passes_on

    found = {
        name
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and catches_all(node)
    }
    assert found <= CATCHES_ALL


def test_only_the_command_line_prints(trees: dict[str, ast.Module]) -> None:
    found = {
        name
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert {name for name in found if name.split("/")[0] not in PRINTS} == set()


def test_nothing_is_left_undone() -> None:
    undone = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    found = [name_of(path) for path in MODULES if undone.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_nothing_names_the_machine_it_was_written_on() -> None:
    place = re.compile(r"(?<![\w.$-])/(work|home/\w+|root)/\w")
    suffixes = {".py", ".md", ".yml", ".yaml", ".json", ".toml", ".txt", ".ipynb", ""}
    folders = [ROOT / name for name in ("src", "tests", "docs", "specs", "schemas", "examples", "benchmarks", ".ci")]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file() and path.suffix in suffixes]
    files += [path for path in ROOT.iterdir() if path.is_file() and path.suffix in suffixes]
    found = [
        str(path.relative_to(ROOT))
        for path in files
        if path.name != Path(__file__).name and place.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []
