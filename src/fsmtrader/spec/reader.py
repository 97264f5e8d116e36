"""Document -> Spec: everything that is written, by name and with its place; nothing is resolved here.

Whatever has the wrong shape was reported by `structure.check_structure` and is passed over, so that one mistake gives
one finding and the compiler can look at all the rest.
"""

from __future__ import annotations

from collections.abc import Sequence as Several
from pathlib import PurePath

from fsmtrader.diagnostics import Findings
from fsmtrader.spec.document import Document, Mapping
from fsmtrader.spec.reader_events import event_sets
from fsmtrader.spec.reader_states import read_quotes, read_regions
from fsmtrader.spec.reader_steps import action_names, read_actions
from fsmtrader.spec.reader_tests import read_tests
from fsmtrader.spec.reader_things import (
    read_accounts,
    read_alerts,
    read_checks,
    read_for_each,
    read_invariants,
    read_legs,
    read_lots,
    read_parameters,
    read_reports,
    read_variables,
)
from fsmtrader.spec.reader_values import Reading, get, named, settings, text, words
from fsmtrader.spec.seed_dialect import as_seed
from fsmtrader.spec.spec import Dialect, Spec
from fsmtrader.spec.structure_misplaced import CODE as MISPLACED_CODE
from fsmtrader.spec.structure_split import CODE as SPLIT_CODE
from fsmtrader.spec.structure_split import refused_spans


def read_spec(
    document: Document,
    dialect: Dialect,
    findings: Findings,
    callables: frozenset[str] = frozenset(),
    parts: Several[Document] = (),
) -> Spec:
    """Read a whole or partial document. `callables` are the names of the catalog's primitives and shipped actions.

    `parts` are the documents that `document` was merged from, if there were several; only the seed's form needs them.
    """
    root = document.root
    split = tuple(item.span for item in findings.items if item.code == SPLIT_CODE)
    misplaced = frozenset(item.span for item in findings.items if item.code == MISPLACED_CODE)
    split = (*split, *refused_spans(findings))
    reading = Reading(findings, callables | action_names(root), split, misplaced, document.tables)
    if dialect is Dialect.SEED:
        return as_seed(document, parts, reading, lambda machine: _spec(document, machine, dialect, reading))
    return _spec(document, root, dialect, reading)


def _spec(document: Document, root: Mapping, dialect: Dialect, reading: Reading) -> Spec:
    about = root.get("strategy")
    return Spec(
        dialect=dialect,
        file=document.file,
        name=text(get(about, "name")) or PurePath(document.file).stem,
        version=text(get(about, "version")),
        description=text(get(about, "description")),
        accounts=read_accounts(root.get("accounts")),
        legs=read_legs(root.get("legs"), reading),
        parameters=read_parameters(root.get("parameters"), reading),
        checks=tuple(read_checks(root.get("checks"), reading)),
        observe=named(root.get("observe"), reading),
        variables=read_variables(root.get("variables"), reading),
        events=event_sets(root.get("events"), reading),
        for_each=read_for_each(root.get("for_each"), reading),
        quotes=read_quotes(root.get("quotes"), reading),
        regions=read_regions(root, reading),
        actions=read_actions(root.get("actions"), reading),
        lots=read_lots(root.get("lots"), reading),
        invariants=tuple(read_invariants(root.get("invariants"), reading)),
        alerts=read_alerts(root.get("alerts"), reading),
        reports=read_reports(root.get("reports"), reading),
        metrics=words(root.get("metrics")),
        risk=settings(root.get("risk")),
        stop=settings(root.get("stop")),
        run=settings(root.get("run")),
        tests=tuple(read_tests(root.get("tests"), reading)),
        sources=document.sources,
    )
