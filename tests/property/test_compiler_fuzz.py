"""The compiler is total: whatever becomes of a spec's text, checking it gives findings or a Program, never an error."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from fsmtrader.program.compiler import check
from fsmtrader.spec.source import Source

FOLDER = Path(__file__).parents[1] / "data"
SPECS = (*sorted((FOLDER / "sketches").glob("*.yml")), FOLDER / "whole_language.yml")
TREES = {path.stem: YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")) for path in SPECS}
WORDS = (
    "qL",
    "mark(L)",
    "P_t",
    "30s",
    "0.5%",
    "true",
    "never",
    "wait",
    "EXIT",
    "mode",
    "buy",
    "L",
    "main",
    "-1",
    "1e400",
)


def places(node: object) -> Iterator[tuple[dict[str, object] | list[object], str | int]]:
    """Every place in a tree that holds something."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in list(pairs):
        assert isinstance(node, dict | list)
        yield node, key
        yield from places(value)


def mutated(name: str, seed: int) -> str:
    """A spec's text after one to four nodes were deleted, renamed, replaced or swapped with others."""
    chance = random.Random(seed)
    tree = copied(TREES[name])
    for _ in range(chance.randint(1, 4)):
        found = list(places(tree))
        owner, key = chance.choice(found)
        match chance.randrange(5):
            case 0:
                del owner[key]  # type: ignore[arg-type]  # a place's key fits its owner
            case 1 if isinstance(owner, dict):
                other, word = chance.choice(found)
                owner[str(word) if isinstance(other, dict) else "x"] = owner.pop(str(key), None)
            case 2:
                owner[key] = chance.choice(WORDS)  # type: ignore[index]  # as above
            case 3:
                other, word = chance.choice(found)
                owner[key] = copied(other[word])  # type: ignore[index]  # as above
            case _:
                text = owner[key]  # type: ignore[index]  # as above
                if isinstance(text, str) and text:
                    at = chance.randrange(len(text))
                    owner[key] = text[:at] + chance.choice("()+-*/, x1.") + text[at + 1 :]  # type: ignore[index]
    stream = io.StringIO()
    YAML(typ="safe", pure=True).dump(tree, stream)
    return stream.getvalue()


def copied(node: object) -> object:
    if isinstance(node, dict):
        return {key: copied(value) for key, value in node.items()}
    return [copied(item) for item in node] if isinstance(node, list) else node


@pytest.mark.parametrize("name", sorted(TREES))
@settings(max_examples=20, derandomize=True)
@given(seed=st.integers(0, 2**32))
def test_checking_a_mutated_spec_never_fails(name: str, seed: int) -> None:
    result = check(Source(f"{name}.yml", mutated(name, seed).encode()))
    assert (result.program is None) == any(finding.severity.value == "error" for finding in result.diagnostics)
    for finding in result.diagnostics:
        assert finding.message
        assert finding.hint or finding.code.startswith("FSM1"), finding
        assert finding.span.line >= 1
