"""The table of diagnostic codes: one declaration a code, from which `fsm explain`, the pages and the golden tests come."""

from __future__ import annotations

from dataclasses import dataclass

from fsmtrader.diagnostics import Severity


@dataclass(frozen=True, slots=True)
class Code:
    """A stable code. `bad` is a whole document that gives this finding, `good` the same one mended.

    `by_tests`: it is found when the tests of the document are run (`fsm test`), not when it is checked.
    """

    code: str
    severity: Severity
    title: str
    what: str
    why: str
    bad: str
    good: str
    is_json: bool = False
    by_tests: bool = False


def table() -> dict[str, Code]:
    """Every code, by its text, in order."""
    from fsmtrader.diagnostics import (
        codes_accounts,
        codes_expressions,
        codes_machine,
        codes_names,
        codes_run,
        codes_seed,
        codes_structure,
        codes_tests,
        codes_text,
        codes_units,
    )

    groups = (
        codes_text.CODES,  # FSM001..: files, encodings, YAML and JSON
        codes_structure.CODES,  # FSM101..: keys and shapes
        codes_expressions.CODES,  # FSM201..: the text of an expression
        codes_names.CODES,  # FSM301..: names and what they mean
        codes_units.CODES,  # FSM401..: types, units, ranges
        codes_machine.CODES,  # FSM501..: states, rows, actions
        codes_accounts.CODES,  # FSM601..: accounts, legs, permissions
        codes_seed.CODES,  # FSM701..: document 000's own form
        codes_tests.CODES,  # FSM801..: the tests of a spec
        codes_run.CODES,  # FSM901..: the defaults of a run
    )
    return {entry.code: entry for group in groups for entry in group}
