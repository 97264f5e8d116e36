"""Is a document without fault in the eyes of its JSON Schema? A quick yes, for the documents that are right.

`jsonschema` says what is wrong and where, and its import alone costs more than checking a spec: it is asked when this
module does not say yes. Only the keywords that our own schemas use are known here; any other one is no yes either, so
that a new keyword costs time and never a finding. A property test compares both on changed documents.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Test = Callable[[Any, Any, Mapping[str, Any]], bool]
"""(the keyword's value, what stands in the document, every definition of the schema)"""


def fits(document: object, schema: Mapping[str, Any]) -> bool:
    """True only if the schema accepts the document (as `spec.loader.to_plain` gives it)."""
    return _fits(schema, document, schema.get("$defs", {}))


def _fits(schema: Any, found: Any, definitions: Mapping[str, Any]) -> bool:
    if isinstance(schema, bool):
        return schema
    for keyword, value in schema.items():
        if keyword in _SILENT:
            continue
        if keyword == "additionalProperties":
            known = schema.get("properties", {})
            if isinstance(found, dict) and not all(
                _fits(value, inner, definitions) for key, inner in found.items() if key not in known
            ):
                return False
            continue
        test = _TESTS.get(keyword)
        if test is None or not test(value, found, definitions):
            return False
    return True


def _is_of_type(names: Any, found: Any, _: Mapping[str, Any]) -> bool:
    return any(_KINDS[name](found) for name in ([names] if isinstance(names, str) else names))


def _is_reference_met(reference: Any, found: Any, definitions: Mapping[str, Any]) -> bool:
    place, _, name = reference.rpartition("/")
    return place == "#/$defs" and name in definitions and _fits(definitions[name], found, definitions)


def _has_properties(properties: Any, found: Any, definitions: Mapping[str, Any]) -> bool:
    if not isinstance(found, dict):
        return True
    return all(_fits(properties[key], inner, definitions) for key, inner in found.items() if key in properties)


def _is_equal(wanted: Any, found: Any) -> bool:
    """As JSON has it: true is not 1."""
    return isinstance(wanted, bool) == isinstance(found, bool) and bool(wanted == found)


def _is_number(found: Any) -> bool:
    return isinstance(found, int | float) and not isinstance(found, bool)


_KINDS: dict[str, Callable[[Any], bool]] = {
    "object": lambda found: isinstance(found, dict),
    "array": lambda found: isinstance(found, list),
    "string": lambda found: isinstance(found, str),
    "boolean": lambda found: isinstance(found, bool),
    "null": lambda found: found is None,
    "number": _is_number,
    "integer": lambda found: _is_number(found) and float(found).is_integer(),
}

_SILENT = frozenset({"$schema", "$defs", "title", "description", "default"})

_TESTS: dict[str, Test] = {
    "$ref": _is_reference_met,
    "type": _is_of_type,
    "properties": _has_properties,
    "required": lambda keys, found, _: not isinstance(found, dict) or all(key in found for key in keys),
    "propertyNames": lambda inner, found, d: not isinstance(found, dict) or all(_fits(inner, k, d) for k in found),
    "items": lambda inner, found, d: not isinstance(found, list) or all(_fits(inner, item, d) for item in found),
    "anyOf": lambda branches, found, d: any(_fits(branch, found, d) for branch in branches),
    "not": lambda inner, found, d: _knows(inner) and not _fits(inner, found, d),
    "enum": lambda values, found, _: any(_is_equal(value, found) for value in values),
    "const": lambda value, found, _: _is_equal(value, found),
    "pattern": lambda text, found, _: not isinstance(found, str) or re.fullmatch(text, found) is not None,
    "minItems": lambda least, found, _: not isinstance(found, list) or len(found) >= least,
    "minProperties": lambda least, found, _: not isinstance(found, dict) or len(found) >= least,
    "minimum": lambda least, found, _: not _is_number(found) or found >= least,
}


def _knows(schema: Any) -> bool:
    """Under `not`, a no for want of knowledge would become a yes: only plain tests may stand there."""
    return isinstance(schema, dict) and schema.keys() <= {"required", "enum", "const", "type", "pattern"}
