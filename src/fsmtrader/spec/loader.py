"""Bytes to a document: the one way into the front end.

YAML and JSON give the same tree. Whatever the bytes are, the outcome is a document or findings, in bounded time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence as Several
from dataclasses import replace
from pathlib import PurePath

from fsmtrader.diagnostics import Findings, Severity, Span
from fsmtrader.spec.document import Document, Entry, Mapping, Node, Scalar, ScalarKind, Sequence
from fsmtrader.spec.json_reader import read_json
from fsmtrader.spec.source import STDIN_NAME, Source, start_of
from fsmtrader.spec.tables import load_tables
from fsmtrader.spec.text import Text, decode, number_from_text, shortened
from fsmtrader.spec.yaml_reader import read_yaml

_LOOKS_LIKE_JSON = re.compile(r"\s*\{")
_SURELY_JSON = re.compile(r'\s*\{\s*"[^"\r\n]*"\s*:')


def load_document(source: Source, findings: Findings) -> Document | None:
    """Read one source. None when its errors leave nothing to read; with lesser errors the rest is given.

    A file that ends in `.json` is JSON; standard input, and what has no ending (`/dev/fd/63`), is JSON if it reads as
    such; all else is YAML.
    """
    text = decode(source, findings)
    if text is None:
        return None
    before = len(findings.items)
    root = _read(text, findings)
    if isinstance(root, Mapping):
        return Document(root, ((text.file, text.text),), load_tables(root, source, findings))
    if root is None or (isinstance(root, Scalar) and root.kind is ScalarKind.NULL):
        if not any(item.severity is Severity.ERROR for item in findings.items[before:]):
            hint = "a spec begins with `fsm: 1`"
            findings.error("FSM007", start_of(text.file), "this document is empty", expected="a strategy", hint=hint)
        return None
    what = "a list" if isinstance(root, Sequence) else "a single value"
    hint = "begin with `fsm: 1`, then `strategy:`, `states:` and so on, each at the start of its line"
    findings.error("FSM008", root.span, f"this document is {what}", expected="a mapping, `key: value`", hint=hint)
    return None


def _read(text: Text, findings: Findings) -> Node | None:
    if text.file.lower().endswith(".json"):
        return read_json(text, findings)
    has_ending = text.file != STDIN_NAME and bool(PurePath(text.file).suffix)
    if has_ending or not _LOOKS_LIKE_JSON.match(text.text):
        return read_yaml(text, findings)
    as_json, as_yaml = Findings(), Findings()
    root = read_json(text, as_json)
    if not as_json.has_errors:
        findings.items.extend(as_json.items)
        return root
    other = read_yaml(text, as_yaml)
    if as_yaml.has_errors and _SURELY_JSON.match(text.text):
        findings.items.extend(as_json.items)
        return root
    findings.items.extend(as_yaml.items)
    return other


def merge_documents(documents: Several[Document], findings: Findings) -> Document:
    """Several documents as one, in their order. A key in two of them must mean the same, else FSM028 and the later one.

    Mappings are merged key by key; lists are compared as a whole. The actions of the seed's two blocks are left to the
    cross-check, which knows that `realize_profit` and `realize_profit_on_winning_side` are one step.
    """
    assert documents, "there is nothing to merge"
    root, unlike = documents[0].root, Findings()
    for document in documents[1:]:
        root = _merged(root, document.root, unlike)
    compared = _actions_of_both_blocks([document.root for document in documents])
    findings.items.extend(item for item in unlike.items if item.span not in compared)
    sources = dict(source for document in documents for source in document.sources)
    return Document(root, tuple(sources.items()), tuple(table for document in documents for table in document.tables))


def _actions_of_both_blocks(roots: Several[Mapping]) -> frozenset[Span]:
    """The keys under `actions`, when one document is the seed's description and another its machine; else none."""
    is_seed = all(root.get("fsm") is None for root in roots)
    machine = any(root.get("states") is not None for root in roots)
    described = any(root.get("triggers") is not None and root.get("states") is None for root in roots)
    if not (is_seed and machine and described):
        return frozenset()
    actions = (root.get("actions") for root in roots)
    return frozenset(entry.key.span for block in actions if isinstance(block, Mapping) for entry in block)


def _merged(first: Mapping, second: Mapping, findings: Findings) -> Mapping:
    entries = {entry.key.text: entry for entry in first}
    for entry in second:
        known = entries.get(entry.key.text)
        entries[entry.key.text] = entry if known is None else _merged_entry(known, entry, findings)
    return replace(first, entries=tuple(entries.values()))


def _merged_entry(first: Entry, second: Entry, findings: Findings) -> Entry:
    if isinstance(first.value, Mapping) and isinstance(second.value, Mapping):
        return Entry(first.key, _merged(first.value, second.value, findings))
    if not _means_the_same(first.value, second.value):
        findings.warn(
            "FSM028",
            second.key.span,
            f"the key {shortened(second.key.text)} means something else in {first.key.span.file}",
            expected="the same in both files",
            hint="this one, the later, stands; remove one of the two",
            related=((first.key.span, "the earlier one is here"),),
        )
    return second


def _means_the_same(first: Node, second: Node) -> bool:
    """Equal but for places, quotation marks and the order of keys."""
    if isinstance(first, Scalar) and isinstance(second, Scalar):
        nulls = (first.kind is ScalarKind.NULL, second.kind is ScalarKind.NULL)
        return all(nulls) or (not any(nulls) and first.text == second.text)
    if isinstance(first, Sequence) and isinstance(second, Sequence):
        pairs = zip(first.items, second.items, strict=False)
        return len(first.items) == len(second.items) and all(_means_the_same(a, b) for a, b in pairs)
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        others = {entry.key.text: entry.value for entry in second}
        return len(first.entries) == len(others) and all(
            entry.key.text in others and _means_the_same(entry.value, others[entry.key.text]) for entry in first
        )
    return False


def to_plain(node: Node) -> object:
    """The node as Python's own dict, list, str, int, float, bool or None, for the check against a JSON Schema.

    Keys are texts always. The depth is that of a document, so recursion is safe.
    """
    if isinstance(node, Mapping):
        return {entry.key.text: to_plain(entry.value) for entry in node}
    if isinstance(node, Sequence):
        return [to_plain(item) for item in node]
    if node.kind is ScalarKind.NUMBER:
        return number_from_text(node.text)
    if node.kind is ScalarKind.BOOLEAN:
        return node.text.lower() == "true"
    return None if node.kind is ScalarKind.NULL else node.text
