"""The JSON Schemas: generated from the models, kept in `schemas/` for editors and packaged for the checker.

`python -m fsmtrader.spec.schema` writes both copies, with `--check` it only compares them (exit code 1 on drift).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

STRATEGY = "strategy.schema.json"
SEED_DESCRIPTION = "seed_description.schema.json"
SEED_MACHINE = "seed_machine.schema.json"

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def text_of(name: str) -> str:
    """The packaged schema called `name`, as it stands in its file."""
    return (resources.files("fsmtrader.spec") / "schema_data" / name).read_text(encoding="utf-8")


def load(name: str) -> dict[str, Any]:
    """The packaged schema called `name`."""
    schema: dict[str, Any] = json.loads(text_of(name))
    return schema


def generate() -> dict[str, str]:
    """Every schema as text, by file name: sorted keys, stable from run to run."""
    from fsmtrader.spec.models import StrategyDocument
    from fsmtrader.spec.models_seed import SeedDescriptionDocument, SeedMachineDocument

    documents = {
        STRATEGY: StrategyDocument,
        SEED_DESCRIPTION: SeedDescriptionDocument,
        SEED_MACHINE: SeedMachineDocument,
    }
    return {name: _text(document) for name, document in documents.items()}


def _text(document: Any) -> str:
    schema = document.model_json_schema(by_alias=True, schema_generator=_generator())
    whole = {**_tidy(schema), "$schema": _DRAFT, "title": document.__doc__.strip().splitlines()[0].rstrip(".")}
    return json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _generator() -> Any:
    """pydantic's generator, but with key patterns as `propertyNames` (its `patternProperties` let other keys pass)."""
    from pydantic.json_schema import GenerateJsonSchema

    class Generator(GenerateJsonSchema):
        def dict_schema(self, schema: Any) -> dict[str, Any]:
            keys = self.generate_inner(schema["keys_schema"]) if "keys_schema" in schema else {}
            values = self.generate_inner(schema["values_schema"]) if "values_schema" in schema else {}
            made: dict[str, Any] = {"type": "object", "additionalProperties": values}
            if keys.keys() - {"type"}:
                made["propertyNames"] = keys
            if "min_length" in schema:
                made["minProperties"] = schema["min_length"]
            return made

    return Generator


def _tidy(node: Any) -> Any:
    """Without what pydantic adds for itself: titles made from names, null as the default of a key left out."""
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: {name: _tidy(part) for name, part in value.items()} if key in ("properties", "$defs") else _tidy(value)
        for key, value in node.items()
        if not (key == "title" and isinstance(value, str)) and not (key == "default" and value is None)
    }


def _folders() -> tuple[Path, ...]:
    here = Path(__file__).resolve()
    return here.parents[3] / "schemas", here.parent / "schema_data"


def main(arguments: Sequence[str]) -> int:
    """Write the schemas, or compare them: 0 when all is as generated, 1 on drift, 2 on wrong usage."""
    if list(arguments) not in ([], ["--check"]):
        sys.stderr.write("usage: python -m fsmtrader.spec.schema [--check]\n")
        return 2
    drifted = []
    for folder in _folders():
        for name, text in generate().items():
            path = folder / name
            if arguments:
                if not path.is_file() or path.read_text(encoding="utf-8") != text:
                    drifted.append(path)
            else:
                folder.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    for path in drifted:
        sys.stderr.write(f"{path} differs from the models: run python -m fsmtrader.spec.schema\n")
    return 1 if drifted else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
