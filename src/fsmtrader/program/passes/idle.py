"""Pass: what is declared and yet does nothing, and names that read like something else (warnings)."""

from __future__ import annotations

from collections.abc import Iterator

from fsmtrader.diagnostics import Span
from fsmtrader.program.draft import Draft
from fsmtrader.spec import spec as written


def run(draft: Draft) -> None:
    if draft.findings.has_errors:
        return
    for word in _named(draft.spec):
        if word.text in draft.catalog:
            shown = draft.catalog[word.text].examples[0]
            draft.findings.warn(
                "FSM312",
                word.span,
                f"{word.text} is also the name of something in the catalog, e.g. `{shown}`",
                expected="a name that is not mistaken for another",
                hint=f"rename it, e.g. {word.text}_2; with brackets the catalog's is meant, without them this one",
            )
    for what, span in _empty(draft.spec):
        draft.findings.warn(
            "FSM519",
            span,
            f"{what} is empty: nothing is done",
            expected="at least one entry",
            hint="say what is to be done, or delete it",
        )
    if not draft.spec.regions and not draft.spec.quotes:
        draft.findings.warn(
            "FSM520",
            Span(draft.spec.file, 1, 1, 1, 2),
            "there is nothing to run: the spec has neither states nor quotes",
            expected="`states`, `regions` or `quotes`",
            hint="add `states:`, or give the file that has them too",
        )


def _named(spec: written.Spec) -> Iterator[written.Word]:
    yield from (parameter.name for parameter in spec.parameters)
    yield from (variable.name for variable in spec.variables)
    for region in spec.regions:
        yield from (variable.name for variable in region.variables)


def _empty(spec: written.Spec) -> Iterator[tuple[str, Span]]:
    """Lists of steps or rows without an entry: what they are, and where."""
    for word, steps in spec.actions:
        if not steps.steps:
            yield f"the action {word.text}", word.span
    for region in spec.regions:
        for state in region.states:
            yield from _empty_in(state)


def _empty_in(state: written.State) -> Iterator[tuple[str, Span]]:
    for name, steps in (("enter", state.enter), ("exit", state.exit)):
        if steps is not None and not steps.steps:
            yield f"`{name}` of {state.name.text}", steps.span
    for entry in state.on:
        if not entry.rows:
            yield f"the list of rows of {entry.pattern.name.text}", entry.pattern.span
    for after in state.after:
        if not after.rows:
            yield f"the list of rows after {after.delay.text}", after.delay.span
    lists = (*(entry.rows for entry in state.on), *(after.rows for after in state.after))
    for row in (row for rows in lists for row in rows):
        if row.do is not None and not row.do.steps:
            yield "`do`", row.do.span
    for inner in state.states:
        yield from _empty_in(inner)
