"""Codes of the group `seed`: document 000's own form, and where its two blocks differ."""

from __future__ import annotations

from fsmtrader.diagnostics import Severity
from fsmtrader.diagnostics.codes import Code

_HEAD = "parameters: {q0: {value: 1, unit: base}, E_max: {value: 60000, unit: quote}}\n"
_HEAD_WITH_FEE = "parameters: {q0: {value: 1, unit: base}, f: 0.05%, E_max: {value: 60000, unit: quote}}\n"
_HEAD_OF_BAND = "parameters: {q0: {value: 1, unit: base}, f: 0.05%}\n"
_TOP = """\
states:
  ACTIVE:
    on:
      monitor:
        if: "risk_exposure > E_max"
        transition_to: EXIT
"""
_END = """\
  EXIT:
    final: true
"""
_STATES = _TOP + _END
_EXIT_TRIGGER = 'triggers: {exit: "risk_exposure > E_max"}\n'

CODES: tuple[Code, ...] = (
    Code(
        code="FSM701",
        severity=Severity.WARNING,
        title="two names for one thing",
        what="The description calls a parameter, an observable or an action otherwise than the machine does.",
        why="Whoever reads both blocks must know that they are the same; whoever changes one must find the other.",
        bad=f'{_HEAD}triggers: {{exit: "risk_exposure > max_risk_capital"}}\n{_STATES}'.replace(
            "parameters: {", "parameters: {max_risk_capital: E_max, "
        ),
        good=f"{_HEAD}{_EXIT_TRIGGER}{_STATES}",
    ),
    Code(
        code="FSM702",
        severity=Severity.WARNING,
        title="trigger in one block only",
        what="A condition stands in the description but not in the machine, or the other way round.",
        why="The machine runs as it stands; what the description promises beyond it does not happen.",
        bad=f'{_HEAD}triggers: {{exit: ["risk_exposure > E_max", "rebalance_interval > tau_max"]}}\n{_STATES}',
        good=f"{_HEAD}{_EXIT_TRIGGER}{_STATES}",
    ),
    Code(
        code="FSM703",
        severity=Severity.WARNING,
        title="action in one block only",
        what="An action is described but not part of the machine, or its steps differ, or the other way round.",
        why="The machine runs as it stands; a described step that is no part of it is not carried out.",
        bad=f"{_HEAD}{_EXIT_TRIGGER}{_STATES}actions: {{exit: [freeze_reference_price]}}\n",
        good=f"{_HEAD}{_EXIT_TRIGGER}{_STATES}",
    ),
    Code(
        code="FSM704",
        severity=Severity.WARNING,
        title="modes and states differ",
        what="The description's list of modes lacks a state of the machine, or has one that the machine lacks.",
        why="A reader of the list would not know that the strategy can be in that state.",
        bad=f"{_HEAD}state: {{mode: [ACTIVE]}}\n{_EXIT_TRIGGER}{_STATES}",
        good=f"{_HEAD}state: {{mode: [ACTIVE, EXIT]}}\n{_EXIT_TRIGGER}{_STATES}",
    ),
    Code(
        code="FSM705",
        severity=Severity.WARNING,
        title="pause and exit without an order",
        what="The description has the triggers `pause` and `exit`, which can hold at once.",
        why="A mapping gives no order. The machine does: its `if_exit` stands before `if`, so exit comes first.",
        bad=f'{_HEAD_WITH_FEE}triggers: {{pause: "rebalance_interval > tau_max", exit: "risk_exposure > E_max"}}\n'
        "states:\n  ACTIVE:\n    on:\n      monitor:\n"
        '        if: "rebalance_interval > tau_max"\n        transition_to: PAUSE\n'
        '        if_exit: {condition: "risk_exposure > E_max", transition_to: EXIT}\n'
        "  PAUSE:\n    on:\n      monitor:\n"
        '        if_exit: {condition: "risk_exposure > E_max", transition_to: EXIT}\n'
        f"{_END}",
        good=f"{_HEAD}{_EXIT_TRIGGER}{_STATES}",
    ),
    Code(
        code="FSM710",
        severity=Severity.WARNING,
        title="a ratio against a difference of prices",
        what="In the form of document 000 a ratio such as MES is compared with a difference of two prices.",
        why="Taken literally the comparison means nothing (0.004 against dollars). It is read as the ratio times the "
        "second price, which is what the document's own formulas mean. With `fsm: 1` it is an error.",
        bad=f'{_HEAD_OF_BAND}states:\n  ACTIVE:\n    on:\n      price_update: {{if: "abs(P_t - P_ref) >= MES", '
        f"transition_to: EXIT}}\n{_END}",
        good=f'{_HEAD_OF_BAND}states:\n  ACTIVE:\n    on:\n      price_update: {{if: "abs(P_t - P_ref) >= MES * P_ref", '
        f"transition_to: EXIT}}\n{_END}",
    ),
    Code(
        code="FSM711",
        severity=Severity.WARNING,
        title="state never declared",
        what="In the form of document 000 a row leads to a state that `states` does not declare.",
        why="Document 000's own TERMINATED is such a state: it is read as a final one. A misspelt name would end the "
        "strategy in the same way. With `fsm: 1` it is an error.",
        bad=f"{_HEAD}{_STATES}".replace("transition_to: EXIT", "transition_to: TERMINATED").replace(_END, ""),
        good=f"{_HEAD}{_STATES}",
    ),
)
