"""Rows that stand in a file of their own: `for_each: {in: {file: rows.csv}}`, as CSV, YAML or JSON.

The bytes come with the source (`reading`); here they become the same rows that the spec could have written itself, with
places in their own file. A CSV file has the fields in its first line, and one row a line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace

from fsmtrader.diagnostics import Findings, Span
from fsmtrader.spec.document import Entry, Mapping, Node, Scalar, ScalarKind, Sequence, Table
from fsmtrader.spec.expression import is_name
from fsmtrader.spec.json_reader import read_json
from fsmtrader.spec.source import Source
from fsmtrader.spec.text import Text, check_number, decode, is_number
from fsmtrader.spec.yaml_reader import read_yaml

SUFFIXES = (".csv", ".json", ".yml", ".yaml")


def table_files(root: Node | None) -> Iterator[tuple[Scalar, bool]]:
    """Each file of rows that a spec names, at the top and in its regions; and whether a run may name another."""
    if not isinstance(root, Mapping):
        return
    regions = root.get("regions")
    inner = [entry.value for entry in regions] if isinstance(regions, Mapping) else []
    for place in (root, *inner):
        long = place.get("for_each") if isinstance(place, Mapping) else None
        inside = long.get("in") if isinstance(long, Mapping) else None
        if isinstance(inside, Mapping):
            name = inside.get("file")
            if isinstance(name, Scalar) and name.kind is not ScalarKind.NULL:
                yield name, place is root and inside.get("env") is not None


def load_tables(root: Node | None, source: Source, findings: Findings) -> tuple[Table, ...]:
    """The tables that the spec names. FSM308 for one that cannot be read or holds something else than rows."""
    return tuple(table for name, open_ in table_files(root) for table in _load(name, open_, source, findings))


def _load(name: Scalar, is_open: bool, source: Source, findings: Findings) -> Iterator[Table]:
    attached = next((file for file in source.tables if file.name == name.text), None)
    reason = attached.reason if attached is not None else "this text was given without its folder"
    if attached is None or attached.data is None:
        if not is_open or (attached is not None and not attached.is_missing):
            _refuse(findings, name.span, f"cannot read the rows in {name.text!r}: {reason}")
        return
    text = decode(Source(attached.file, attached.data), findings)
    if text is None:
        return
    rows = _rows(text, findings)
    if rows is not None and all(_is_row(row, findings) for row in rows):
        yield Table(name.text, rows, text.file, text.text)


def _rows(text: Text, findings: Findings) -> Sequence | None:
    if text.file.lower().endswith(".csv"):
        return _csv(text, findings)
    root = (read_json if text.file.lower().endswith(".json") else read_yaml)(text, findings)
    if isinstance(root, Sequence):
        return root
    if root is not None or not findings.has_errors:
        start = root.span if root is not None else Span(text.file, 1, 1, 1, 1)
        _refuse(findings, start, "this file is no list of rows")
    return None


def _is_row(node: Node, findings: Findings) -> bool:
    """A mapping of plain cells."""
    if isinstance(node, Mapping) and node.entries:
        unsayable = next((e.key for e in node if not is_name(e.key.text)), None)
        if unsayable is not None:
            _refuse(findings, unsayable.span, f"{unsayable.text!r} is no name for a field")
            return False
        nested = next((e for e in node if not isinstance(e.value, Scalar) or e.value.kind is ScalarKind.NULL), None)
        if nested is None:
            return True
        _refuse(findings, nested.value.span, f"the cell {nested.key.text} is no number, word or truth")
        return False
    _refuse(findings, node.span, "this is no row")
    return False


def _refuse(findings: Findings, span: Span, message: str) -> None:
    findings.error(
        "FSM308",
        span,
        message,
        expected="a CSV, YAML or JSON file of rows in the spec's folder",
        hint="each row gives every field a value: `side,s` and `buy,1` in CSV, `[{side: buy, s: 1}]` in YAML",
    )


# -- CSV -------------------------------------------------------------------------------------------------------------


def _csv(text: Text, findings: Findings) -> Sequence | None:
    lines = [(number, line) for number, line in enumerate(text.text.splitlines(), 1) if line.strip()]
    parsed = [(number, _cells(text.file, number, line)) for number, line in lines]
    if not parsed:
        _refuse(findings, Span(text.file, 1, 1, 1, 1), "this file is empty")
        return None
    fields = parsed[0][1]
    for number, cells in parsed:
        if cells is None or fields is None or len(cells) != len(fields) or not all(cell.text for cell in cells):
            held = "no CSV" if cells is None else f"{sum(bool(cell.text) for cell in cells)} cells"
            wanted = "" if fields is None else f" under {len(fields)} fields"
            _refuse(findings, Span(text.file, number, 1, number, 2), f"this line holds {held}{wanted}")
            return None
    unsayable = next((field for field in fields or () if not is_name(field.text)), None)
    if unsayable is not None:
        _refuse(findings, unsayable.span, f"{unsayable.text!r} is no name for a field")
        return None
    rows = [_row(fields, cells, findings) for _, cells in parsed[1:] if fields is not None and cells is not None]
    return Sequence(tuple(rows), Span(text.file, 1, 1, len(lines) + 1, 1))


def _row(fields: list[Scalar], cells: list[Scalar], findings: Findings) -> Mapping:
    """A row whose findings are about its own line: its keys stand where its cells do."""
    for cell in cells:
        if cell.kind is ScalarKind.NUMBER:
            check_number(cell, findings)
    keys = (replace(cell, text=field.text, kind=ScalarKind.TEXT) for field, cell in zip(fields, cells, strict=True))
    entries = tuple(Entry(key, cell) for key, cell in zip(keys, cells, strict=True))
    return Mapping(entries, cells[0].span.to(cells[-1].span))


def _cells(file: str, number: int, line: str) -> list[Scalar] | None:
    """The cells of one line; None where its quotation marks are not closed. A quoted cell stands at its mark."""
    try:
        texts = next(csv.reader([line], strict=True, skipinitialspace=True))
    except csv.Error:
        return None
    found, column = [], 0
    for raw in texts:
        text = raw.strip()
        start = max(line.find(text, column), column)
        is_quoted = line[:start].rstrip().endswith('"')
        found.append(_cell(file, number, start + 1, text, is_quoted))
        column = start + len(text)
    return found


def _cell(file: str, line: int, column: int, text: str, is_quoted: bool) -> Scalar:
    kind = ScalarKind.TEXT
    if not is_quoted and is_number(text):
        kind = ScalarKind.NUMBER
    elif not is_quoted and text.lower() in ("true", "false"):
        kind = ScalarKind.BOOLEAN
    offsets = tuple((line, column + i) for i in range(len(text) + 1))
    return Scalar(text, kind, is_quoted, Span(file, line, column, line, column + max(len(text), 1)), offsets)
