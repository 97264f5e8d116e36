"""The schemas are what the models say, in both places, and the models know the whole language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from fsmtrader.diagnostics import Findings
from fsmtrader.spec import schema
from fsmtrader.spec.loader import load_document, to_plain
from fsmtrader.spec.models import StrategyDocument
from fsmtrader.spec.models_seed import SeedDescriptionDocument, SeedMachineDocument
from fsmtrader.spec.source import Source
from fsmtrader.spec.structure import validator

DATA = Path(__file__).parents[1] / "data"


def plain(name: str) -> Any:
    findings = Findings()
    document = load_document(Source(name, (DATA / name).read_bytes()), findings)
    assert document is not None, findings.items
    return to_plain(document.root)


def test_both_copies_are_as_generated() -> None:
    assert schema.main(["--check"]) == 0


def test_generation_is_stable_and_wrong_usage_is_2() -> None:
    assert schema.generate() == schema.generate()
    assert schema.main(["--chek"]) == 2


def test_drift_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "_folders", lambda: (tmp_path,))
    assert schema.main(["--check"]) == 1
    assert schema.main([]) == 0
    assert schema.main(["--check"]) == 0
    (tmp_path / schema.STRATEGY).write_text("{}")
    assert schema.main(["--check"]) == 1


@pytest.mark.parametrize("name", [schema.STRATEGY, schema.SEED_DESCRIPTION, schema.SEED_MACHINE])
def test_each_schema_is_a_valid_schema(name: str) -> None:
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(schema.load(name))


def test_the_models_know_the_whole_language_and_the_seed() -> None:
    StrategyDocument.model_validate(plain("whole_language.yml"))
    SeedMachineDocument.model_validate(plain("seed_000.yml"))
    SeedDescriptionDocument.model_validate(plain("seed_000.json"))


@pytest.mark.parametrize(
    "document",
    [
        {"fsm": True},
        {"fsm": 2},
        {"fsm": "1"},
        {"fsm": 1, "sates": {}},
        {"fsm": 1, "legs": {"9X": {}}},
        {"fsm": 1, "legs": {"X\n": {}}},
        {"fsm": 1, "states": {}},
        {"fsm": 1, "states": {"A": {}}, "regions": {"m": {}}},
        {"fsm": 1, "observe": {"x": None}},
        {"fsm": 1, "parameters": {"k": {"value": 1, "mni": 2}}},
        {"fsm": 1, "strategy": {"name": None}},
        {"fsm": 1, "actions": {"a": [{"let": {"x": 1}, "y": 2}]}},
        {"fsm": 1, "tests": [{"name": "t", "when": [{"times": 1.5}]}]},
        {"fsm": 1, "tests": [{"name": "t", "when": [{"times": 0}]}]},
    ],
)
def test_models_and_schema_refuse(document: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        StrategyDocument.model_validate(document)
    assert not validator(schema.STRATEGY).is_valid(document)


def test_a_whole_number_may_be_written_with_a_point() -> None:
    document = {"fsm": 1.0, "tests": [{"name": "t", "when": [{"times": 2.0}]}]}
    StrategyDocument.model_validate(document)
    assert validator(schema.STRATEGY).is_valid(document)


KEYWORDS = {
    "$defs", "$ref", "$schema", "additionalProperties", "anyOf", "const", "description", "enum", "items", "maxItems",
    "minItems", "minLength", "minProperties", "minimum", "not", "pattern", "properties", "propertyNames", "required",
    "title", "type",
}  # fmt: skip


@pytest.mark.parametrize("name", [schema.STRATEGY, schema.SEED_DESCRIPTION, schema.SEED_MACHINE])
def test_the_schemas_have_only_keywords_that_a_checker_knows(name: str) -> None:
    """pydantic can write a constraint as a word of its own (`ge`), which a checker passes over in silence."""

    def keywords(part: Any) -> set[str]:
        if isinstance(part, list):
            return set().union(*map(keywords, part))
        if not isinstance(part, dict):
            return set()
        named = {key for key in ("properties", "$defs") if key in part}
        inner = [keywords(value) for key, value in part.items() if key not in named]
        inner += [keywords(value) for key in named for value in part[key].values()]
        return set(part).union(*inner)

    assert keywords(schema.load(name)) <= KEYWORDS


def test_validating_what_is_right_imports_neither_pydantic_nor_jsonschema() -> None:
    import subprocess
    import sys

    code = (
        "import sys\n"
        "from fsmtrader.diagnostics import Findings\n"
        "from fsmtrader.spec.loader import load_document\n"
        "from fsmtrader.spec.reader import read_spec\n"
        "from fsmtrader.spec.source import Source\n"
        "from fsmtrader.spec.structure import check_structure\n"
        "document = load_document(Source('a.yml', b'fsm: 1\\nstates: {A: {}}'), Findings())\n"
        "read_spec(document, check_structure(document, Findings()), Findings())\n"
        "assert not {'pydantic', 'jsonschema'} & sys.modules.keys()\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
