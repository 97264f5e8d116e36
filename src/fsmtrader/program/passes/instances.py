"""Pass: one machine for each row of the top `for_each`, and the fields that plain text takes from it (`$name`)."""

from __future__ import annotations

from fsmtrader.diagnostics import closest
from fsmtrader.program import ir
from fsmtrader.program.draft import Draft
from fsmtrader.program.typer import Typer


def run(draft: Draft) -> None:
    _symbols(draft)
    for_each = draft.for_each
    if for_each is None:
        return
    condition = Typer(draft).truth(for_each.condition, draft.top) if for_each.condition is not None else None
    for word in for_each.key:
        if word.text not in draft.row_fields:
            guess = closest(word.text, draft.row_fields)
            draft.findings.error(
                "FSM308",
                word.span,
                f"the rows have no field {word.text}",
                expected=", ".join(draft.row_fields),
                hint=f"did you mean {guess}?" if guess else "name a field of the rows",
            )
    draft.family = ir.Family(
        key=tuple(word.text for word in for_each.key),
        file=for_each.file.text if for_each.file is not None else "",
        env=for_each.env.text if for_each.env is not None else "",
        condition=condition,
        rows=tuple(tuple((word.text, cell.text) for word, cell in row) for row in for_each.rows),
    )


def _symbols(draft: Draft) -> None:
    """`symbol: $field` needs a row that has the field."""
    for leg in draft.spec.legs:
        if leg.symbol is None or not leg.symbol.text.startswith("$"):
            continue
        name = leg.symbol.text[1:]
        if name not in draft.row_fields:
            guess = closest(name, draft.row_fields)
            fields = ", ".join(draft.row_fields) or "none"
            draft.findings.error(
                "FSM301",
                leg.symbol.span,
                f"{leg.symbol.text} names no field of a row",
                expected="a field of the top `for_each`",
                hint=f"did you mean ${guess}?" if guess else f"the fields are {fields}",
            )
