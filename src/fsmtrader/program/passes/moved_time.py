"""Pass: how far the tests of a spec move time, and how often its timers would fire on the way."""

from __future__ import annotations

from fsmtrader.program import ir
from fsmtrader.program.certain import constant, is_constant
from fsmtrader.program.draft import Draft

FARTHEST_S = 10 * 365.25 * 86_400
"""how far one item may move time: ten years"""
TIMER_LIMIT = 1_000_000
"""how often timers may fire in one item of a test: eleven days of `every(1s)`"""


def run(draft: Draft) -> None:
    """FSM812 for a literal interval that is too short for the time; others are counted when the test runs."""
    beats = [source for source in draft.sources if source.interval is not None and _is_waited_for(draft, source)]
    for case in draft.tests:
        for item in case.items:
            for beat in beats:
                _check(draft, item, beat)


def _is_waited_for(draft: Draft, source: ir.Source) -> bool:
    index = draft.sources.index(source)
    names = {source.name, *(event.name for event in draft.events if index in event.sources)}
    return any(row.trigger in names for row in draft.rows)


def _check(draft: Draft, item: ir.TestItem, beat: ir.Source) -> None:
    assert beat.interval is not None
    if not is_constant(beat.interval.tree):
        return
    seconds = constant(beat.interval.tree)
    if seconds > 0 and item.advance_us / 1e6 / seconds > TIMER_LIMIT:
        draft.findings.error(
            "FSM812",
            item.span,
            f"{beat.name} would fire {item.advance_us / 1e6 / seconds:,.0f} times in this item",
            expected=f"at most {TIMER_LIMIT:,} times",
            hint="move time less far, or test with a longer interval",
        )
