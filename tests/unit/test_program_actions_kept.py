"""An action is known by the identities of its steps and its scope: while it is, both have to live."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmtrader.program.action_steps import ActionCompiler
from fsmtrader.program.compiler import check
from fsmtrader.program.draft import Draft
from fsmtrader.spec.source import Source

SPEC = Path(__file__).parents[2] / "specs" / "market_making.yml"


def test_no_other_scope_comes_to_have_the_identity_of_a_known_one(monkeypatch: pytest.MonkeyPatch) -> None:
    drafts: list[Draft] = []
    compiled = ActionCompiler.__init__

    def seen(self: ActionCompiler, draft: Draft) -> None:
        drafts.append(draft)
        compiled(self, draft)

    monkeypatch.setattr(ActionCompiler, "__init__", seen)
    check(Source(SPEC.name, SPEC.read_bytes())).require()
    known = {key: kept for draft in drafts for key, kept in draft.action_index.items()}
    assert len(known) > 20
    assert all(key == (id(steps), id(scope)) for key, (steps, scope, _) in known.items())
