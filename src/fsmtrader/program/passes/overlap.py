"""Pass: two keys under `on` that can both be meant by one event, with nothing to say which comes first."""

from __future__ import annotations

from fsmtrader.program import ir
from fsmtrader.program.draft import REASONS, Draft


def run(draft: Draft) -> None:
    kinds = _kinds(draft)
    for region in draft.regions:
        rows = [row for row in draft.rows if row.region == region.index and row.filter.words]
        for i, later in enumerate(rows):
            for earlier in rows[:i]:
                if (
                    earlier.written_in == later.written_in
                    and earlier.trigger == later.trigger
                    and earlier.filter != later.filter
                    and len(earlier.filter.words) == len(later.filter.words)
                    and _can_both_match(earlier.filter, later.filter, kinds)
                ):
                    first, second = _written(earlier), _written(later)
                    draft.findings.error(
                        "FSM512",
                        later.span,
                        f"{first} and {second} can both be meant by one event",
                        expected="filters of which one is narrower",
                        hint=f"name both: `{later.trigger}({', '.join((*earlier.filter.words, *later.filter.words))})`",
                        related=((earlier.span, "the other row"),),
                    )


def _written(row: ir.Row) -> str:
    return f"{row.trigger}({', '.join(row.filter.words)})"


def _kinds(draft: Draft) -> dict[str, str]:
    """What each filter word is about: two different words of one kind never match the same event."""
    kinds = {quote.name.text: "slot" for quote, _, _ in draft.quote_specs}
    kinds |= {reason: "reason" for reason in REASONS}
    kinds |= {leg.name: "leg" for leg in draft.legs}
    kinds |= {name: "action" for name in draft.named_actions}
    return kinds


def _can_both_match(a: ir.Filter, b: ir.Filter, kinds: dict[str, str]) -> bool:
    return not any(kinds.get(x, "action") == kinds.get(y, "action") and x != y for x in a.words for y in b.words)
