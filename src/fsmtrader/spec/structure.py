"""Does a document have the shape of the language? Every departure becomes a positioned finding in our words.

The packaged JSON Schema decides: `structure_fits` says yes to what is right, and `structure_words` turns what it finds
elsewhere into sentences. What a schema cannot see is looked for first: which dialect it is, expressions that YAML has
split at a comma (`structure_split`), and rows without their event (`structure_misplaced`).
"""

from __future__ import annotations

from collections.abc import Mapping as AbstractMapping
from typing import TYPE_CHECKING, Any

from fsmtrader.diagnostics import Findings, Span, closest
from fsmtrader.spec import schema
from fsmtrader.spec.document import Document, Entry, Mapping, Scalar, ScalarKind
from fsmtrader.spec.loader import to_plain
from fsmtrader.spec.spec import Dialect
from fsmtrader.spec.structure_fits import fits
from fsmtrader.spec.structure_misplaced import report_misplaced
from fsmtrader.spec.structure_split import refused_spans, report_split_expressions
from fsmtrader.spec.structure_states import report_states
from fsmtrader.spec.structure_words import report_schema_errors

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

DESCRIPTION_KEYS = frozenset({"state", "triggers"})
"""Keys that only the seed's JSON block has."""
SEED_KEYS = frozenset(
    {"strategy", "state", "parameters", "triggers", "actions", "invariants", "states", "tests", "run"}
)


def check_structure(document: Document, findings: Findings) -> Dialect:
    """Report every departure from the shape of the document's dialect, and say which dialect that is."""
    dialect, misspelt = _dialect(document.root, findings)
    tagged = refused_spans(findings)
    split = report_split_expressions(document.root, findings)
    covered = (*tagged, *split, *report_misplaced(document.root, findings), *misspelt)
    report_states(document.root, findings)
    for name, root in _parts(document.root, dialect):
        plain = to_plain(root)
        if not fits(plain, schema.load(name)):
            report_schema_errors(validator(name).iter_errors(plain), root, covered, findings)
    return dialect


def validator(name: str) -> Validator:
    """A validator for the packaged schema `name`."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    made: Validator = extend(Draft202012Validator, {"pattern": _whole_pattern})(schema.load(name))
    return made


def _whole_pattern(_: Validator, pattern: str, instance: object, __: AbstractMapping[str, Any]) -> Any:
    """ECMA's `$` is the end of the text; Python's would let a line break pass after it."""
    import re

    from jsonschema import ValidationError

    if isinstance(instance, str) and not re.fullmatch(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _dialect(root: Mapping, findings: Findings) -> tuple[Dialect, tuple[Span, ...]]:
    """The dialect, and where `fsm` was written as something else."""
    version = root.entry("fsm")
    if version is not None:
        _check_version(version, findings)
        return Dialect.FSM_1, ()
    keys = {entry.key.text for entry in root}
    known = schema.load(schema.STRATEGY)["properties"].keys()
    misspelt = next((entry for entry in root if _is_version_misspelt(entry, known)), None)
    if misspelt is None and not keys & (known - SEED_KEYS - {"$schema"}):
        return Dialect.SEED, ()
    place = misspelt.key.span if misspelt else root.entries[0].key.span
    findings.error(
        "FSM102",
        place,
        "the document does not say which version of the language it is written in",
        expected="`fsm: 1`",
        hint=f"write `fsm` for `{misspelt.key.text}`" if misspelt else "add `fsm: 1` as the first line",
    )
    return Dialect.FSM_1, (misspelt.key.span,) if misspelt else ()


def _is_version_misspelt(entry: Entry, known: Any) -> bool:
    if entry.key.text == "version":
        return isinstance(entry.value, Scalar)
    return entry.key.text not in known and closest(entry.key.text, ["fsm"]) is not None


def _check_version(entry: Entry, findings: Findings) -> None:
    value = entry.value
    if isinstance(value, Scalar) and value.kind is ScalarKind.NUMBER and float(value.text) == 1:
        return
    found = f"`{value.text}`" if isinstance(value, Scalar) and len(value.text) <= 20 else "something else"
    if isinstance(value, Scalar) and value.kind is ScalarKind.TEXT and value.text.strip() in ("1", "1.0"):
        hint = "write `fsm: 1`, without quotes"
    else:
        hint = "write `fsm: 1`; a newer version needs a newer fsmtrader"
    findings.error("FSM103", value.span, f"the version of the language is {found}", expected="1", hint=hint)


def _parts(root: Mapping, dialect: Dialect) -> list[tuple[str, Mapping]]:
    """The schemas to check against, each with the entries that it is about."""
    if dialect is Dialect.FSM_1:
        return [(schema.STRATEGY, root)]
    keys = {entry.key.text for entry in root}
    if "states" not in keys and keys & DESCRIPTION_KEYS:
        return [(schema.SEED_DESCRIPTION, root)]
    described = tuple(entry for entry in root if entry.key.text in DESCRIPTION_KEYS)
    others = tuple(entry for entry in root if entry.key.text not in DESCRIPTION_KEYS)
    parts = [(schema.SEED_MACHINE, Mapping(others, root.span))]
    if described:
        parts.append((schema.SEED_DESCRIPTION, Mapping(described, root.span)))
    return parts
