"""What a JSON Schema found, in the words of the language.

A validator's error is a keyword, a place and a part of the schema. Here each becomes one finding that says what was
found and what belongs there, never showing whole instances. Of the branches of an `anyOf` only the one that was meant
is spoken of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from fsmtrader.diagnostics import Findings, Span, closest
from fsmtrader.spec import structure_hints as hints
from fsmtrader.spec.document import Mapping, Node, Scalar, ScalarKind, Sequence
from fsmtrader.spec.reader_tests import ITEM_KEYS
from fsmtrader.spec.structure_branch import is_of_key, kinds_of, meant, no_branch_is_of_this_kind
from fsmtrader.spec.structure_places import Path, Places
from fsmtrader.spec.structure_split import is_within

if TYPE_CHECKING:
    from jsonschema import ValidationError

_SHOWN = 30
_MOST_ERRORS = 500
"""Nobody mends more at a time, and each one costs time to explain."""
_MOST_GUESSES = 100
"""with more unknown keys in one mapping it is no matter of spelling"""
_KINDS = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "nothing",
}
_EXPRESSION = {"string", "number", "boolean"}
_OTHER_LANGUAGES = {  # what the same thing is called elsewhere
    "when": "if",
    "guard": "if",
    "condition": "if",
    "then": "do",
    "action": "do",
    "actions": "do",
    "target": "transition_to",
    "goto": "transition_to",
    "to": "transition_to",
    "reason": "because",
    "default": "value",
    "entry": "enter",
    "on_enter": "enter",
    "on_exit": "exit",
    "events": "on",
}


@dataclass(frozen=True, slots=True)
class _Found:
    """One departure: which code, where, and what to say."""

    code: str
    span: Span
    message: str
    expected: str = ""
    hint: str = ""


def report_schema_errors(
    errors: Iterable[ValidationError], root: Mapping, split: tuple[Span, ...], findings: Findings
) -> None:
    """Turn every error into findings; what stands in `split` was reported before.

    A truth in YAML 1.1's words (FSM022) is one mistake with the wrong kind that it is.
    """
    places = Places(root)
    found = {item: None for error in islice(errors, _MOST_ERRORS) for item in _explain(error, places)}
    kinds = {item.span for item in found if item.code == "FSM104"}
    findings.items[:] = [item for item in findings.items if item.code != "FSM022" or item.span not in kinds]
    for item in found:
        if not is_within(item.span, split):
            findings.error(item.code, item.span, item.message, expected=item.expected, hint=item.hint)


def _explain(error: ValidationError, places: Places) -> Iterator[_Found]:
    path = tuple(error.absolute_path)
    if path[:1] == ("fsm",):
        return
    keyword = str(error.validator)
    if "propertyNames" in error.relative_schema_path or is_of_key(error):
        yield _bad_name(error, places.key(path, str(error.instance)), path, is_key=True)
    elif keyword in ("anyOf", "oneOf"):
        for inner in meant(error):
            yield from _explain(inner, places)
        if not error.context or no_branch_is_of_this_kind(error):
            yield _wrong_kind(error, places, path, kinds_of(error))
    elif keyword == "additionalProperties":
        yield from _unknown_keys(error, places, path)
    elif keyword == "required":
        yield from _missing_keys(error, places, path)
    elif keyword == "type":
        kinds = error.validator_value
        yield _wrong_kind(error, places, path, {kinds} if isinstance(kinds, str) else set(kinds))
    else:
        yield _plain(keyword, error, places, path)


def _plain(keyword: str, error: ValidationError, places: Places, path: Path) -> _Found:
    """The keywords that say one thing about one value."""
    span = places.span(path)
    if keyword in ("enum", "const"):
        words = error.validator_value if keyword == "enum" else [error.validator_value]
        return _bad_word(error, span, [str(word) for word in words])
    if keyword == "pattern":
        return _bad_name(error, span, path)
    if keyword in ("minItems", "minProperties"):
        least = error.validator_value
        what = "entry" if least == 1 else "entries"
        message, hint = f"too few entries in {_place(path)}", hints.of_too_few(int(least), path)
        return _Found("FSM108", span, message, expected=f"at least {least} {what}", hint=hint)
    if keyword == "minimum":
        least = error.validator_value
        message = f"{_brief(error.instance)} is too small"
        return _Found("FSM105", span, message, expected=f"{least} or more", hint=f"write {least} or a larger number")
    return _Found(
        "FSM109",
        places.key(path, "states"),
        "`states` stands beside `regions`",
        expected="one of the two",
        hint="put the states into a region of their own",
    )


def _unknown_keys(error: ValidationError, places: Places, path: Path) -> Iterator[_Found]:
    known = [str(key) for key in error.schema.get("properties", {})]
    present = error.instance.keys()
    unknown = [key for key in present if key not in known]
    free = [name for name in known if name not in present]
    expected = "one of " + ", ".join(f"`{name}`" for name in known if not name.startswith("$"))
    place = _place(path)
    for key in unknown:
        near = _near_key(key, free) if len(unknown) <= _MOST_GUESSES else None
        value = places.node((*path, key))
        hint = f"did you mean `{near}`?" if near else hints.of_unknown_key(key, value, known, path)
        yield _Found("FSM101", places.key(path, key), f"`{_cut(key)}` is not a key of {place}", expected, hint)


def _near_key(key: str, free: list[str]) -> str | None:
    """The key that was meant: what other languages call so, or the nearest one."""
    other = _OTHER_LANGUAGES.get(key)
    if other in free:
        return other
    return None if ":" in key or hints.is_other_idea(key) else closest(key, free)


def _missing_keys(error: ValidationError, places: Places, path: Path) -> Iterator[_Found]:
    for key in error.validator_value:
        if key not in error.instance and key != "fsm":
            text = _describe(error.schema.get("properties", {}).get(key, {}))
            yield _Found(
                "FSM102" if key == "fsm" else "FSM110",
                places.start(path),
                f"`{key}` is missing in {_place(path)}",
                expected=f"`{key}`: {text}" if text else f"`{key}`",
                hint=hints.of_missing_key(key),
            )


def _wrong_kind(error: ValidationError, places: Places, path: Path, kinds: set[str]) -> _Found:
    node = places.node(path)
    expected = _kinds_in_words(kinds)
    return _Found(
        "FSM104",
        places.span(path),
        f"{_place(path)} is {_found_kind(node)}",
        expected=expected,
        hint=_kind_hint(error, node, kinds, path),
    )


def _kind_hint(error: ValidationError, node: Node, kinds: set[str], path: Path) -> str:
    if len(path) == 5 and (path[0], path[2]) == ("tests", "when") and path[4] not in ITEM_KEYS:
        near = closest(str(path[4]), ITEM_KEYS)  # what is no key of an item is read as a fact
        if near:
            return f"did you mean `{near}`?"
    if (
        isinstance(node, Scalar)
        and node.kind in (ScalarKind.NUMBER, ScalarKind.BOOLEAN)
        and _takes_any_text(error, kinds)
    ):
        return f'write "{_cut(node.text)}" to have it as text'
    if isinstance(node, Scalar) and len(path) >= 2 and path[-2] == "variables":
        return f"write {{initial: {_cut(node.text) or '0'}}}"
    if isinstance(node, Scalar) and kinds == {"boolean"}:
        is_yes = node.text.lower() in ("yes", "on", "y", "true")
        is_no = node.text.lower() in ("no", "off", "n", "false")
        return f"write {'`true`' if is_yes else '`false`' if is_no else '`true` or `false`'}, without quotes"
    return hints.of_kind(node, kinds, kinds >= _EXPRESSION, path)


def _takes_any_text(error: ValidationError, kinds: set[str]) -> bool:
    return "string" in kinds and not (isinstance(error.schema, dict) and "pattern" in error.schema)


def _bad_word(error: ValidationError, span: Span, words: list[str]) -> _Found:
    near = closest(str(error.instance), words)
    return _Found(
        "FSM105",
        span,
        f"{_brief(error.instance)} is not one of the words that may stand here",
        expected="one of " + ", ".join(f"`{word}`" for word in words),
        hint=f"did you mean `{near}`?" if near else hints.of_bad_word(words),
    )


def _bad_name(error: ValidationError, span: Span, path: Path, is_key: bool = False) -> _Found:
    word = str(error.instance)
    if error.validator == "not":
        return _Found(
            "FSM106",
            span,
            f"`{_cut(word)}` is a word of the language and cannot stand among other entries here",
            expected="a name of your own, or the word alone",
            hint=f"choose another name, such as {_cut(word)}_2, or move `{_cut(word)}` to an entry of its own",
        )
    return _Found(
        "FSM106",
        span,
        f"`{_cut(word)}` is not a name",
        expected="letters, digits and _, not beginning with a digit",
        hint=hints.of_bad_name(word, () if is_key else path),
    )


def _place(path: Path) -> str:
    """The place by its keys: the last two that are words."""
    words = [f"`{_cut(str(step))}`" for step in path if isinstance(step, str)][-2:]
    which = f"entry {path[-1] + 1} of " if path and isinstance(path[-1], int) else ""
    if not words:
        return "the document"
    return which + " of ".join(reversed(words))


def _found_kind(node: Node) -> str:
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    if node.kind is ScalarKind.NULL:
        return "empty"
    kind = {ScalarKind.NUMBER: "the number", ScalarKind.BOOLEAN: "the truth value", ScalarKind.TEXT: "the text"}
    return f"{kind[node.kind]} `{_cut(node.text)}`"


def _kinds_in_words(kinds: set[str]) -> str:
    words = ["an expression"] if kinds >= _EXPRESSION else []
    rest = kinds - _EXPRESSION if words else kinds
    words += [_KINDS[kind] for kind in _KINDS if kind in rest]
    return ", ".join(words[:-1]) + " or " + words[-1] if len(words) > 1 else "".join(words)


def _describe(part: Any) -> str:
    return str(part.get("description", "")) if isinstance(part, dict) else ""


def _brief(value: object) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f"`{_cut(str(value).lower() if isinstance(value, bool) else str(value))}`"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
