"""The top `for_each`: what its rows hold, as declared or as the rows show it."""

from __future__ import annotations

from dataclasses import dataclass

from fsmtrader.spec.document import Node, Scalar, ScalarKind, Sequence
from fsmtrader.spec.spec import ForEach, Word


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the rows. `type` is symbol, boolean, number or word; `bounds` are min, max, above, below."""

    name: Word
    type: str
    unit: Word | None = None
    one_of: tuple[Word, ...] = ()
    bounds: tuple[tuple[str, Node], ...] = ()


def fields(for_each: ForEach) -> tuple[Field, ...]:
    """The fields as declared; without a declaration what the rows' own cells are."""
    if for_each.fields:
        return tuple(_declared(word, {s.name.text: s.value for s in settings}) for word, settings in for_each.fields)
    names: dict[str, list[tuple[Word, Scalar]]] = {}
    for row in for_each.rows:
        for word, cell in row:
            names.setdefault(word.text, []).append((word, cell))
    return tuple(_shown(cells) for cells in names.values())


def _declared(name: Word, settings: dict[str, Node]) -> Field:
    one_of = settings.get("one_of")
    words = tuple(Word(i.text, i.span) for i in one_of if isinstance(i, Scalar)) if isinstance(one_of, Sequence) else ()
    unit = settings.get("unit")
    type_ = settings.get("type")
    return Field(
        name,
        type_.text if isinstance(type_, Scalar) else ("word" if words else "number"),
        Word(unit.text, unit.span) if isinstance(unit, Scalar) else None,
        words,
        tuple((key, settings[key]) for key in ("min", "max", "above", "below") if key in settings),
    )


def _shown(cells: list[tuple[Word, Scalar]]) -> Field:
    """A column of cells: numbers, truths, symbols (with a slash or an underscore pair), else words."""
    name = cells[0][0]
    kinds = {cell.kind for _, cell in cells}
    if kinds == {ScalarKind.NUMBER}:
        return Field(name, "number")
    if kinds == {ScalarKind.BOOLEAN}:
        return Field(name, "boolean")
    if any(not cell.text.isidentifier() for _, cell in cells):
        return Field(name, "symbol")
    return Field(name, "word", one_of=tuple({cell.text: Word(cell.text, cell.span) for _, cell in cells}.values()))
