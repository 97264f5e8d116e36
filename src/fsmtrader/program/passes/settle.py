"""Pass: everything that is declared is typed, whether used or not, so that its mistakes are found."""

from __future__ import annotations

from fsmtrader.program.declare import circles, enumerators, settle_all
from fsmtrader.program.draft import Draft


def run(draft: Draft) -> None:
    enumerators(draft)
    settle_all(draft, draft.top)
    for region in draft.regions:
        settle_all(draft, region.scope)
    circles(draft)
