"""Pass: actions that nothing starts."""

from __future__ import annotations

from fsmtrader.program.draft import Draft
from fsmtrader.program.passes.leaving import is_whole


def run(draft: Draft) -> None:
    if not is_whole(draft):
        return  # a row that could not be read may have started it
    reached = set(draft.used_actions)
    for word, _ in draft.spec.actions:
        if word.text not in reached:
            draft.findings.warn(
                "FSM510",
                word.span,
                f"nothing starts the action {word.text}",
                expected="a row, `enter` or action that names it",
                hint=f"add `do: {word.text}` to a row, or delete the action",
            )
