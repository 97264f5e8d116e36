"""Pass: what the draft holds becomes a Program."""

from __future__ import annotations

from fsmtrader.program import ir
from fsmtrader.program.digest import digest_of
from fsmtrader.program.draft import Draft
from fsmtrader.program.passes.moves import freeze_region
from fsmtrader.program.passes.things import plain


def run(draft: Draft) -> None:
    if draft.findings.has_errors:
        return
    draft.program = digest_of(
        ir.Program(
            name=draft.spec.name,
            version=draft.spec.version,
            description=draft.spec.description,
            file=draft.spec.file,
            is_seed=draft.is_seed,
            words=tuple(draft.words),
            slots=tuple(draft.slots),
            now=draft.now,
            accounts=tuple(ir.Account(a.name.text, plain(a.settings)) for a in draft.spec.accounts),
            legs=tuple(draft.legs),
            parameters=tuple(draft.parameters),
            row_fields=tuple(draft.row_fields),
            family=draft.family,
            checks=tuple(draft.checks),
            observables=tuple(draft.observables),
            queries=tuple(draft.queries),
            indicators=tuple(draft.indicators),
            variables=tuple(draft.variables),
            regions=tuple(freeze_region(draft, region) for region in draft.regions),
            rows=tuple(draft.rows),
            actions=tuple(draft.actions),
            quotes=tuple(draft.quotes),
            sources=tuple(draft.sources),
            events=tuple(draft.events),
            lots=tuple(draft.lots),
            invariants=tuple(draft.invariants),
            alerts=tuple(draft.alerts),
            reports=tuple(draft.reports),
            metrics=tuple(draft.metrics),
            limits=tuple(draft.limits),
            ranges=tuple(draft.ranges),
            stop=draft.stop,
            run=plain(draft.spec.run),
            tests=tuple(draft.tests),
            digest="",
        )
    )
