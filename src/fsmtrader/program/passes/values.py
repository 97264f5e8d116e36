"""Pass: parameters, variables and observables enter the names; regions are unrolled to one scope each."""

from __future__ import annotations

from fsmtrader.diagnostics import Span, closest
from fsmtrader.program import declare, family
from fsmtrader.program.draft import Draft, RegionDraft
from fsmtrader.program.expressions import expression_of
from fsmtrader.program.ir import SlotRole
from fsmtrader.program.symbols import (
    ConstantSymbol,
    LegSymbol,
    ModeSymbol,
    ObservableSymbol,
    QuoteSymbol,
    Scope,
    Symbol,
)
from fsmtrader.program.typed import BARE, INSTANT, TRUTH, Constant, Kind, Type
from fsmtrader.spec import spec as written
from fsmtrader.spec.document import Scalar, ScalarKind

ROW_LIMIT = 256
"""rows of one region's `for_each`"""


def run(draft: Draft) -> None:
    spec = draft.spec
    _row_fields(draft)
    for parameter in spec.parameters:
        declare.parameter(draft, parameter)
    for variable in spec.variables:
        declare.variable(draft, draft.top, variable, region=-1)
    _observe(draft, draft.top, spec.observe)
    for quote in spec.quotes:
        _quote(draft, draft.top, quote, "")
    for region in spec.regions:
        _region(draft, region)


def _observe(draft: Draft, scope: Scope, entries: written.Named) -> None:
    for word, expression in entries:
        draft.declare(scope, word, ObservableSymbol(word.text, expression, scope, word.span))


def _quote(draft: Draft, scope: Scope, quote: written.Quote, region: str) -> None:
    known = scope.find(quote.name.text)
    if not isinstance(known, QuoteSymbol):
        draft.declare(draft.top, quote.name, QuoteSymbol(quote.name.text, quote.name.span))
    draft.quote_specs.append((quote, scope, region))


def _row_fields(draft: Draft) -> None:
    """The fields of the top `for_each` are parameters whose values come with each row."""
    if draft.for_each is None:
        return
    check_rows(draft, draft.for_each, "for_each")
    for field in family.fields(draft.for_each):
        if field.type == "symbol":
            draft.row_fields.append(field.name.text)
            continue
        bounds = {name: expression_of(node, draft.findings) for name, node in field.bounds}
        declare.parameter(
            draft,
            written.Parameter(
                field.name,
                None,
                True,
                field.unit,
                bounds.get("min"),
                bounds.get("max"),
                bounds.get("above"),
                bounds.get("below"),
                field.one_of,
                "",
                None,
                None,
            ),
            row_field=True,
        )
        if field.type == "boolean":
            draft.retype(draft.parameters[-1].slot, TRUTH)


def _region(draft: Draft, region: written.Region) -> None:
    rows: tuple[tuple[tuple[written.Word, Scalar], ...], ...] = ((),)
    if region.for_each is not None:
        rows = region.for_each.rows
        is_unread = region.for_each.file is not None and not rows
        if (not rows and not is_unread) or len(rows) > ROW_LIMIT:
            draft.findings.error(
                "FSM308",
                region.for_each.span,
                f"for_each has {len(rows)} rows",
                expected=f"1 to {ROW_LIMIT} rows",
                hint="list the rows, or split the spec",
            )
            rows = rows[:ROW_LIMIT]
        check_rows(draft, region.for_each, region.name.text)
    mode_symbol = ModeSymbol(region.name.text, (), region.name.span)
    draft.declare(draft.top, region.name, mode_symbol)
    indices: list[int] = []
    for row in rows:
        index = len(draft.regions)
        indices.append(index)
        scope = draft.top.inner(index)
        entry = RegionDraft(index, region.name.text, _keys(region, row), region, scope)
        draft.regions.append(entry)
        for word, cell in row:
            scope.names[word.text] = _cell(draft, word, cell)
        entry.mode = draft.slot(entry.name, SlotRole.MODE, Type(Kind.WORD, words=()))
        entry.entered = draft.slot(f"{entry.name} entered", SlotRole.ENTERED, INSTANT)
        if len(rows) > 1 or region.for_each is not None:
            scope.names[region.name.text] = ModeSymbol(region.name.text, (index,), region.name.span)
        for variable in region.variables:
            declare.variable(draft, scope, variable, region=index)
        _observe(draft, scope, region.observe)
        for quote in region.quotes:
            _quote(draft, scope, quote, entry.name)
    mode_symbol.regions = tuple(indices)


def _keys(region: written.Region, row: tuple[tuple[written.Word, Scalar], ...]) -> tuple[str, ...]:
    """The cells that tell one row from the others: those of `key`, else the first field's."""
    if region.for_each is None or not row:
        return ()
    wanted = {word.text for word in region.for_each.key} or {row[0][0].text}
    return tuple(cell.text for word, cell in row if word.text in wanted)


def check_rows(draft: Draft, for_each: written.ForEach, name: str) -> None:
    """Every row has the fields of all, and a key of its own."""
    fields = tuple(dict.fromkeys(word.text for row in for_each.rows for word, _ in row))
    wanted = [word.text for word in for_each.key] or list(fields[:1])
    for word in for_each.key:
        if for_each.rows and word.text not in fields:
            guess = closest(word.text, fields)
            draft.findings.error(
                "FSM308",
                word.span,
                f"no row has the field {word.text}, which `key` names",
                expected="a field of the rows",
                hint=f"did you mean {guess}?" if guess else f"the fields are {', '.join(fields)}",
            )
            return
    seen: dict[tuple[str, ...], Span] = {}
    for row in for_each.rows:
        cells = {word.text: cell for word, cell in row}
        missing = [field for field in fields if field not in cells]
        span = row[0][0].span.to(row[-1][1].span) if row else for_each.span
        if missing:
            draft.findings.error(
                "FSM308",
                span,
                f"this row of {name} lacks {', '.join(missing)}",
                expected=f"the fields {', '.join(fields)}",
                hint=f"add `{missing[0]}:` to the row",
            )
            continue
        key = tuple(cells[field].text for field in wanted)
        if key in seen:
            draft.findings.error(
                "FSM308",
                span,
                f"two rows of {name} have the key {'.'.join(key)}",
                expected="a key of its own for each row",
                hint=f"change {' or '.join(wanted)} in one of them, or name more fields in `key`",
                related=((seen[key], "the other row"),),
            )
        seen.setdefault(key, span)


def _cell(draft: Draft, word: written.Word, cell: Scalar) -> Symbol:
    if cell.kind is ScalarKind.NUMBER:
        return ConstantSymbol(Constant(float(cell.text), BARE), word.span)
    if cell.kind is ScalarKind.BOOLEAN:
        return ConstantSymbol(Constant(1.0 if cell.text.lower() == "true" else 0.0, TRUTH), word.span)
    known = draft.top.find(cell.text)
    if isinstance(known, LegSymbol):
        known.used = True
        return LegSymbol(known.index, known.name, word.span)
    words = _column(draft, word, cell)
    return ConstantSymbol(Constant(float(draft.word(cell.text)), Type(Kind.WORD, words=words)), word.span, cell.text)


def _column(draft: Draft, word: written.Word, cell: Scalar) -> tuple[str, ...]:
    """Every word that stands in this column: the enumeration of the field."""
    for region in draft.spec.regions:
        if region.for_each is None:
            continue
        for row in region.for_each.rows:
            if any(own is cell for _, own in row):
                cells = [c.text for r in region.for_each.rows for w, c in r if w.text == word.text]
                return tuple(dict.fromkeys(cells))
    return (cell.text,)
