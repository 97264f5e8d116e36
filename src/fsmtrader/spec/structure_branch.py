"""Which branch of an `anyOf` the author meant, and what is wrong in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jsonschema import ValidationError


def meant(error: ValidationError) -> list[ValidationError]:
    """The errors of the branch that fits best: of the same kind, with the most known keys, then the fewest errors."""
    branches = _branches(error)
    fitting = {index: inner for index, inner in branches.items() if not _is_of_another_kind(inner)}
    if not fitting:
        return []
    best = min(fitting, key=lambda index: (*_misfit(error, index, fitting[index]), index))
    return fitting[best]


def _branches(error: ValidationError) -> dict[int, list[ValidationError]]:
    branches: dict[int, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(int(inner.schema_path[0]), []).append(inner)
    return branches


def no_branch_is_of_this_kind(error: ValidationError) -> bool:
    return all(_is_of_another_kind(inner) for inner in _branches(error).values())


def _is_of_another_kind(errors: list[ValidationError]) -> bool:
    return any(_is_kind_error(error) for error in errors)


def _is_kind_error(error: ValidationError) -> bool:
    if error.relative_path or is_of_key(error):
        return False
    if error.validator in ("anyOf", "oneOf"):
        return no_branch_is_of_this_kind(error)
    return bool(error.validator == "type")


def _misfit(error: ValidationError, index: int, errors: list[ValidationError]) -> tuple[int, int, int]:
    """How badly a branch fits: unknown keys and missing ones at its root, then deeper errors."""
    unknown = missing = known = 0
    for inner in errors:
        if inner.relative_path or not isinstance(inner.instance, dict):
            continue
        if inner.validator == "additionalProperties":
            known = max(known, len(inner.instance.keys() & inner.schema.get("properties", {}).keys()))
            unknown += len(inner.instance.keys() - inner.schema.get("properties", {}).keys())
        elif inner.validator == "required":
            missing += 1
            known = max(known, len(inner.instance.keys() & inner.schema.get("properties", {}).keys()))
    is_hopeless = (unknown or missing) and not known
    return (1 if is_hopeless else 0, -known, unknown + missing + len(errors))


def kinds_of(error: ValidationError) -> set[str]:
    """The kinds that some branch would take."""
    kinds: set[str] = set()
    for inner in _every(error):
        if not inner.relative_path and inner.validator == "type":
            value = inner.validator_value
            kinds |= {value} if isinstance(value, str) else set(value)
    return kinds


def _every(error: ValidationError) -> Iterator[ValidationError]:
    for inner in error.context or ():
        if inner.relative_path or is_of_key(inner):
            continue
        if inner.validator in ("anyOf", "oneOf"):
            yield from _every(inner)
        else:
            yield inner


def is_of_key(error: ValidationError) -> bool:
    return "propertyNames" in error.relative_schema_path
