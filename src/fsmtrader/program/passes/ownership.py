"""Pass: the targets of a leg come from one region; two that pull at it would undo each other's trades."""

from __future__ import annotations

from collections.abc import Iterator

from fsmtrader.diagnostics import Span
from fsmtrader.program import ir
from fsmtrader.program.draft import Draft, RegionDraft
from fsmtrader.program.passes.states import all_states


def run(draft: Draft) -> None:
    owners: dict[str, RegionDraft] = {}
    told: set[tuple[str, str]] = set()
    for region in draft.regions:
        for leg, span in _worked(draft, region):
            owner = owners.setdefault(leg, region)
            if owner is region or (leg, region.base) in told:
                continue
            told.add((leg, region.base))
            draft.findings.error(
                "FSM609",
                span,
                f"{owner.name} and {region.name} both trade the leg {leg}",
                expected="one region that trades a leg",
                hint=f"leave {leg} to {owner.name}, and let {region.name} move to a state that it looks at"
                if owner.base != region.base
                else f"give each row of {region.base} a leg of its own",
            )


def _worked(draft: Draft, region: RegionDraft) -> Iterator[tuple[str, Span]]:
    """Every leg that an action of the region works, with the place of the action."""
    for state in all_states(region):
        for action in (state.enter, state.exit, *(draft.rows[index].action for index in state.rows)):
            for part in _with_remedies(draft, action):
                for leg in _legs(draft, part):
                    yield leg, part.span


def _with_remedies(draft: Draft, action: int) -> Iterator[ir.Action]:
    """An action, what it does when it fails, and what that does."""
    seen: set[int] = set()
    while action >= 0 and action not in seen:
        seen.add(action)
        yield draft.actions[action]
        action = draft.actions[action].on_fail


def _legs(draft: Draft, action: ir.Action) -> Iterator[str]:
    for phase in action.phases:
        for step in phase.steps:
            if isinstance(step, ir.Assign):
                yield from (draft.legs[e.leg].name for e in step.entries if isinstance(e, ir.Target))
            elif isinstance(step, ir.Primitive) and step.trades:
                yield from step.legs
