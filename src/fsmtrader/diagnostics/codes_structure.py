"""Codes of the group `structure`: keys and shapes."""

from __future__ import annotations

from fsmtrader.diagnostics import Severity
from fsmtrader.diagnostics.codes import Code

_ACCOUNTS = """\
accounts:
  main: {exchange: binanceusdm}
legs:
  X: {account: main, symbol: BTC/USDT:USDT}
"""

CODES: tuple[Code, ...] = (
    Code(
        code="FSM101",
        severity=Severity.ERROR,
        title="unknown key",
        what="A mapping has a key that the language does not know at this place.",
        why="An unknown key is most often a misspelt one. Passing over it would trade without the rule that it states.",
        bad=f"fsm: 1\n{_ACCOUNTS}states:\n  IDLE:\n    descripton: waits\n",
        good=f"fsm: 1\n{_ACCOUNTS}states:\n  IDLE:\n    description: waits\n",
    ),
    Code(
        code="FSM102",
        severity=Severity.ERROR,
        title="no version of the language",
        what="The document has keys of the language but no `fsm:` key.",
        why="Without the key a document is read in the form of document 000, which knows states and actions only.",
        bad=f"{_ACCOUNTS}states:\n  IDLE: {{}}\n",
        good=f"fsm: 1\n{_ACCOUNTS}states:\n  IDLE: {{}}\n",
    ),
    Code(
        code="FSM103",
        severity=Severity.ERROR,
        title="unknown version of the language",
        what="The value of `fsm:` is not the number 1.",
        why="Another version may give other meanings to the same words.",
        bad=f"fsm: 2\n{_ACCOUNTS}states:\n  IDLE: {{}}\n",
        good=f"fsm: 1\n{_ACCOUNTS}states:\n  IDLE: {{}}\n",
    ),
    Code(
        code="FSM104",
        severity=Severity.ERROR,
        title="wrong kind of value",
        what="A value is a text where a list belongs, a list where a mapping belongs, empty, and so on.",
        why="The value cannot be given a meaning.",
        bad=f"fsm: 1\n{_ACCOUNTS}variables:\n  fails: 0\nstates:\n  IDLE: {{}}\n",
        good=f"fsm: 1\n{_ACCOUNTS}variables:\n  fails: {{initial: 0}}\ninvariants: [{{few: fails < 3}}]\nstates:\n  IDLE: {{}}\n",
    ),
    Code(
        code="FSM105",
        severity=Severity.ERROR,
        title="not one of the words",
        what="A place that takes one of a few words (or a number from a range) holds something else.",
        why="`orders: reduced` would otherwise permit what `orders: reduce` forbids.",
        bad=f"fsm: 1\n{_ACCOUNTS}states:\n  IDLE: {{orders: reduced}}\n",
        good=f"fsm: 1\n{_ACCOUNTS}states:\n  IDLE: {{orders: reduce}}\n",
    ),
    Code(
        code="FSM106",
        severity=Severity.ERROR,
        title="not a name",
        what="A name has characters other than letters, digits and _, begins with a digit, or is a word of the language.",
        why="Names stand in expressions, where `take-profit` is a subtraction.",
        bad=f"fsm: 1\n{_ACCOUNTS}parameters:\n  take-profit: 1%\nstates:\n  IDLE: {{}}\n",
        good=f"fsm: 1\n{_ACCOUNTS}parameters:\n  take_profit: 1%\nchecks: [{{warn: take_profit > 0}}]\nstates:\n  IDLE: {{}}\n",
    ),
    Code(
        code="FSM107",
        severity=Severity.ERROR,
        title="expression split at a comma",
        what="An expression with a comma stands unquoted inside { } or [ ].",
        why="YAML ends the entry at the comma: `{a: max(x, y)}` is read as the keys `a` and `y)`.",
        bad=f"fsm: 1\n{_ACCOUNTS}states:\n  IDLE:\n    enter: {{qX: max(qX, 0)}}\n",
        good=f'fsm: 1\n{_ACCOUNTS}states:\n  IDLE:\n    enter: {{qX: "max(qX, 0)"}}\n',
    ),
    Code(
        code="FSM108",
        severity=Severity.ERROR,
        title="too few entries",
        what="A list or mapping has fewer entries than make sense: no state, one leg to match with itself.",
        why="The part would do nothing.",
        bad=f"fsm: 1\n{_ACCOUNTS}states: {{}}\n",
        good=f"fsm: 1\n{_ACCOUNTS}states: {{IDLE: {{}}}}\n",
    ),
    Code(
        code="FSM109",
        severity=Severity.ERROR,
        title="states beside regions",
        what="The document has both `states` and `regions` at the top.",
        why="`states` alone is a spec with one region; beside others it must have a name to be spoken of.",
        bad=f"fsm: 1\n{_ACCOUNTS}states: {{IDLE: {{}}}}\nregions:\n  risk: {{states: {{ARMED: {{}}}}}}\n",
        good=f"fsm: 1\n{_ACCOUNTS}regions:\n  main_part: {{states: {{IDLE: {{}}}}}}\n  risk: {{states: {{ARMED: {{}}}}}}\n",
    ),
    Code(
        code="FSM110",
        severity=Severity.ERROR,
        title="missing key",
        what="A mapping lacks a key that it cannot do without.",
        why="There is no value that could be meant by leaving it out.",
        bad=f"fsm: 1\n{_ACCOUNTS}states: {{IDLE: {{}}}}\ntests:\n  - given: {{qX: 0}}\n",
        good=f"fsm: 1\n{_ACCOUNTS}states: {{IDLE: {{}}}}\ntests:\n  - name: nothing happens\n    given: {{qX: 0}}\n",
    ),
    Code(
        code="FSM111",
        severity=Severity.WARNING,
        title="a group that looks like a parameter",
        what="A mapping under `parameters` has settings such as `above` or `unit`, but no `value`.",
        why="A mapping without `value` is a group: its entries are parameters called `above` and `unit`.",
        bad=f"fsm: 1\n{_ACCOUNTS}parameters:\n  band: {{above: 2, below: 5}}\nchecks: [{{warn: above < below}}]\nstates: {{IDLE: {{}}}}\n",
        good=f"fsm: 1\n{_ACCOUNTS}parameters:\n  band: {{value: 3, above: 2, below: 5}}\nchecks: [{{warn: band < 9}}]\nstates: {{IDLE: {{}}}}\n",
    ),
    Code(
        code="FSM112",
        severity=Severity.ERROR,
        title="not an event",
        what="A key under `on`, an entry of `events` or the event of a test is not a name with or without arguments.",
        why="What happens is named under `on`; whether it matters is said under `if`.",
        bad=f"fsm: 1\n{_ACCOUNTS}states:\n  A: {{on: {{price(X) > 3: {{transition_to: B}}}}}}\n  B: {{final: true}}\n",
        good=f"fsm: 1\n{_ACCOUNTS}states:\n"
        "  A: {on: {price(X): {if: mark(X) > 3, transition_to: B}}}\n  B: {final: true}\n",
    ),
    Code(
        code="FSM113",
        severity=Severity.ERROR,
        title="action among assignments",
        what="A mapping in an action has the name of an action beside assignments.",
        why="The entries of one mapping happen together; an action needs a place in the order.",
        bad=f"fsm: 1\n{_ACCOUNTS}states:\n  IDLE:\n    enter: {{cancel_side: buy, qX: 0}}\n",
        good=f"fsm: 1\n{_ACCOUNTS}states:\n  IDLE:\n    enter: [{{cancel_side: buy}}, {{qX: 0}}]\n",
    ),
    Code(
        code="FSM114",
        severity=Severity.ERROR,
        title="no event under `on`",
        what="A key of a row (`if`, `do`, `transition_to`) or `after` stands under `on`, where events stand.",
        why="A row is looked at when its event happens; without one nobody could say when.",
        bad=f"fsm: 1\n{_ACCOUNTS}states:\n  A:\n    on:\n      if: mark(X) > 3\n      transition_to: B\n  B: {{final: true}}\n",
        good=f"fsm: 1\n{_ACCOUNTS}states:\n"
        "  A:\n    on:\n      price_update: {if: mark(X) > 3, transition_to: B}\n  B: {final: true}\n",
    ),
    Code(
        code="FSM115",
        severity=Severity.ERROR,
        title="two initial states",
        what="Two states that stand side by side both say `initial: true`.",
        why="A region begins in one state; the other would never be begun in.",
        bad=f"fsm: 1\n{_ACCOUNTS}states:\n  A: {{initial: true, on: {{price(X): {{transition_to: B}}}}}}\n"
        "  B: {initial: true, on: {price(X): {transition_to: A}}}\n",
        good=f"fsm: 1\n{_ACCOUNTS}states:\n  A: {{initial: true, on: {{price(X): {{transition_to: B}}}}}}\n"
        "  B: {on: {price(X): {transition_to: A}}}\n",
    ),
    Code(
        code="FSM116",
        severity=Severity.WARNING,
        title="rows in a final state",
        what="A state says `final: true` and has rows (`on`, `after`) or an `exit`.",
        why="In a final state `enter` is carried out, then everything is ignored: the rows would never be taken.",
        bad=f"fsm: 1\n{_ACCOUNTS}states:\n  A: {{on: {{price(X): {{transition_to: B}}}}}}\n"
        "  B: {final: true, on: {price(X): {transition_to: A}}}\n",
        good=f"fsm: 1\n{_ACCOUNTS}states:\n  A: {{on: {{price(X): {{transition_to: B}}}}}}\n"
        "  B: {final: true, enter: {qX: 0}}\n",
    ),
)
