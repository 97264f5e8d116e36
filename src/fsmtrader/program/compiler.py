"""Text to Program: the one way in. A Program comes out only when there is no error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fsmtrader.catalog import callables
from fsmtrader.diagnostics import Diagnostic, Findings, SpecError
from fsmtrader.program import prelude
from fsmtrader.program.cascades import drop_cascades
from fsmtrader.program.draft import Draft, new_draft
from fsmtrader.program.ir import Program
from fsmtrader.program.passes import (
    actions,
    capabilities,
    checks,
    events,
    freeze,
    idle,
    instances,
    leaving,
    moved_time,
    overlap,
    ownership,
    permissions,
    promises,
    quotes,
    ranges,
    rows,
    run_block,
    settle,
    shadowing,
    states,
    tests,
    things,
    unused,
    values,
    vows,
    working,
)
from fsmtrader.spec.document import Document
from fsmtrader.spec.loader import load_document, merge_documents
from fsmtrader.spec.reader import read_spec
from fsmtrader.spec.seed_dialect import cross_check
from fsmtrader.spec.source import Source
from fsmtrader.spec.spec import Dialect, Spec
from fsmtrader.spec.structure import check_structure

PASSES: tuple[Callable[[Draft], None], ...] = (
    things.run,
    values.run,
    states.run,
    events.run,
    settle.run,
    rows.run,
    instances.run,
    quotes.run,
    promises.run,
    actions.run,
    overlap.run,
    shadowing.run,
    leaving.run,
    permissions.run,
    vows.run,
    ownership.run,
    capabilities.run,
    tests.run,
    moved_time.run,
    run_block.run,
    working.run,
    ranges.run,
    checks.run,
    unused.run,
    idle.run,
    freeze.run,
)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What checking a text gave: every finding, and the Program when none is an error."""

    program: Program | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]

    def require(self) -> Program:
        """The Program, or SpecError with every finding."""
        if self.program is None:
            raise SpecError(self.diagnostics, self.sources)
        return self.program


def check(source: Source) -> CheckResult:
    """Check one text."""
    return check_merged((source,))


def check_merged(sources: Sequence[Source]) -> CheckResult:
    """Check several texts as one spec: their keys are merged."""
    findings = Findings()
    texts = {s.file: s.data.decode("utf-8", errors="replace") for s in sources}
    loaded = [load_document(source, findings) for source in sources]
    documents = [document for document in loaded if document is not None]
    if not documents or len(documents) < len(sources):
        return CheckResult(None, findings.in_order(), texts)
    for document in documents:
        texts.update(dict(document.sources))
        texts.update((table.file, table.text) for table in document.tables)
    document = documents[0] if len(documents) == 1 else merge_documents(documents, findings)
    program = compile_document(document, findings, tuple(documents) if len(documents) > 1 else ())
    if any(item.span.file == prelude.SHOWN_AS for item in findings.items):
        texts[prelude.SHOWN_AS] = prelude.text()
    return CheckResult(program, findings.in_order(), texts)


def compile_document(document: Document, findings: Findings, parts: tuple[Document, ...] = ()) -> Program | None:
    """`parts` are the files before they were merged, when there were several."""
    dialect = check_structure(document, findings)
    spec = read_spec(document, dialect, findings, callables(), parts)
    if dialect is Dialect.SEED:
        cross_check(spec, findings)
    program = compile_spec(spec, findings)
    if program is None:
        drop_cascades(document, findings)
    return program


def compile_spec(spec: Spec, findings: Findings) -> Program | None:
    """Run every pass; the Program, or None when something is an error."""
    draft = new_draft(spec, prelude.read(), prelude.Prelude(), findings)
    for run in PASSES:
        run(draft)
    return draft.program
