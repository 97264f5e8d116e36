"""Codes of the group `names`: what is declared, what is used, and whether they meet."""

from __future__ import annotations

from fsmtrader.diagnostics import Severity
from fsmtrader.diagnostics.codes import Code

_LEG = "fsm: 1\naccounts: {main: {exchange: binanceusdm}}\nlegs: {L: {symbol: BTC/USDT:USDT, side: long}}\n"


def _machine(guard: str) -> str:
    """The least machine: one guard, from one state to the end."""
    return (
        f"states:\n  ACTIVE: {{on: {{price_update: {{if: {guard}, transition_to: EXIT}}}}}}\n  EXIT: {{final: true}}\n"
    )


def _maker(rows: str, wish: str = "s * mark(L) > 0") -> str:
    return (
        f"{_LEG}regions:\n  maker:\n    for_each: [{rows}]\n    states:\n"
        f"      ACTIVE: {{on: {{price_update: {{if: {wish}, transition_to: EXIT}}}}}}\n      EXIT: {{final: true}}\n"
    )


_LIMIT = "parameters: {limit: {value: 100, unit: price}}\n"


def _alert(text: str) -> str:
    """A machine with an alert that says this."""
    return (
        "fsm: 1\naccounts: {main: {exchange: binanceusdm}}\n"
        "legs: {L: {account: main, symbol: BTC/USDT:USDT, side: long}}\n"
        f'alerts: {{high: {{if: mark(L) > 200, say: "{text}"}}}}\n'
        "states:\n  ACTIVE: {on: {price_update: {if: mark(L) > 100, do: {qL: 0}}}}\n"
    )


def _chain(length: int) -> str:
    """Definitions that each read the next, the last one the market; so many to a line that a page is wide enough."""
    entries = [*(f"a{i}: a{i + 1}" for i in range(length)), f"a{length}: mark(L)"]
    lines = (", ".join(entries[i : i + 8]) for i in range(0, len(entries), 8))
    return "observe: {\n  " + ",\n  ".join(lines) + "}\n"


CODES: tuple[Code, ...] = (
    Code(
        code="FSM301",
        severity=Severity.ERROR,
        title="unknown name",
        what="A name in an expression stands for nothing here.",
        why="Every name is declared in the spec, or is one of the documents' own vocabulary (which speaks of the legs "
        "L and S). A misspelt name would otherwise be a condition that never holds.",
        bad=f"{_LEG}{_LIMIT}{_machine('mark(L) > limt')}",
        good=f"{_LEG}{_LIMIT}{_machine('mark(L) > limit')}",
    ),
    Code(
        code="FSM302",
        severity=Severity.ERROR,
        title="name taken",
        what="One name stands for two things.",
        why="Names live in one flat space (parameters, observables, variables, legs, regions, states, slots, words of "
        "enumerations, fields of rows), so that a name means the same wherever it is read.",
        bad=f"{_LEG}{_LIMIT}observe: {{limit: mark(L)}}\n{_machine('mark(L) > limit')}",
        good=f"{_LEG}{_LIMIT}observe: {{price: mark(L)}}\n{_machine('price > limit')}",
    ),
    Code(
        code="FSM303",
        severity=Severity.ERROR,
        title="unknown function",
        what="A call names nothing of the catalog.",
        why="A spec can call the catalog's functions only; it cannot run code of its own. `fsm catalog` lists them.",
        bad=f"{_LEG}{_LIMIT}{_machine('marc(L) > limit')}",
        good=f"{_LEG}{_LIMIT}{_machine('mark(L) > limit')}",
    ),
    Code(
        code="FSM304",
        severity=Severity.ERROR,
        title="wrong arguments, or no value",
        what="A function or action is called with arguments that it does not take or without one that it needs, or a "
        "thing that is no value (a leg, an account) stands where a value belongs.",
        why="What a call means depends on each of its arguments; none is guessed.",
        bad=f"{_LEG}{_LIMIT}{_machine('mark() > limit')}",
        good=f"{_LEG}{_LIMIT}{_machine('mark(L) > limit')}",
    ),
    Code(
        code="FSM305",
        severity=Severity.ERROR,
        title="defined through itself",
        what="A parameter, an observable or the first value of a variable depends on itself.",
        why="Such a definition has no value. What should remember its own last value is a variable.",
        bad=f"{_LEG}observe: {{fast: slow / 2, slow: 2 * fast}}\n{_machine('fast > 100')}",
        good=f"{_LEG}observe: {{fast: slow / 2, slow: 2 * mark(L)}}\n{_machine('fast > 100')}",
    ),
    Code(
        code="FSM306",
        severity=Severity.ERROR,
        title="not that kind of thing",
        what="A leg, an account, a slot or a lots queue is wanted, and the name is of none.",
        why="Prices, positions and orders belong to one leg or account; which one must be certain.",
        bad=f"{_LEG}{_LIMIT}{_machine('mark(M) > limit')}",
        good=f"{_LEG}{_LIMIT}{_machine('mark(L) > limit')}",
    ),
    Code(
        code="FSM307",
        severity=Severity.ERROR,
        title="unknown event",
        what="A key under `on` or a source under `events` is no event, or a filter names nothing that events are about.",
        why="A row that waits for an event that never comes is never taken.",
        bad=f"{_LEG}{_LIMIT}{_machine('mark(L) > limit').replace('price_update', 'price_updat')}",
        good=f"{_LEG}{_LIMIT}{_machine('mark(L) > limit')}",
    ),
    Code(
        code="FSM308",
        severity=Severity.ERROR,
        title="unusable rows",
        what="`for_each` has no rows or too many, a row lacks a field that others have, two rows have one key, or the file "
        "of the rows cannot be read. A spec reads files below its own folder only.",
        why="Each row is one machine, named by its key and reading its own fields.",
        bad=_maker("{name: buy, s: 1}, {name: buy, s: -1}"),
        good=_maker("{name: buy, s: 1}, {name: sell, s: -1}"),
    ),
    Code(
        code="FSM309",
        severity=Severity.WARNING,
        title="nothing reads it",
        what="A parameter, a variable or an observable is declared and never read, or an event never waited for.",
        why="Changing it changes nothing, which whoever tunes the strategy does not expect.",
        bad=f"{_LEG}{_LIMIT}{_machine('mark(L) > 100')}",
        good=f"{_LEG}{_LIMIT}{_machine('mark(L) > limit')}",
    ),
    Code(
        code="FSM310",
        severity=Severity.ERROR,
        title="a name that nothing can say",
        what="A declared name is a word of the language, such as `and` or `never`, or has characters that no name has.",
        why="No expression could read it: there the word means something else.",
        bad=f"{_LEG}parameters: {{never: {{value: 100, unit: price}}}}\n{_machine('mark(L) > 100')}",
        good=f"{_LEG}{_LIMIT}{_machine('mark(L) > limit')}",
    ),
    Code(
        code="FSM311",
        severity=Severity.ERROR,
        title="too long a chain of definitions",
        what="A definition reads another, which reads another, and so on, more than 32 deep (or, in long expressions, less).",
        why="Nobody can follow such a chain, and every limit of the language is there so that checking always ends.",
        bad=f"{_LEG}{_chain(33)}{_machine('a0 > 100')}",
        good=f"{_LEG}{_chain(31)}{_machine('a0 > 100')}",
    ),
    Code(
        code="FSM312",
        severity=Severity.WARNING,
        title="named like something in the catalog",
        what="A parameter or a variable has the name of a function, an observable, an indicator or a primitive.",
        why="`mark` would be the parameter and `mark(L)` the price; whoever reads it takes one for the other.",
        bad=f"{_LEG}parameters: {{mark: {{value: 100, unit: price}}}}\n{_machine('mark(L) > mark')}",
        good=f"{_LEG}{_LIMIT}{_machine('mark(L) > limit')}",
    ),
    Code(
        code="FSM313",
        severity=Severity.ERROR,
        title="a brace without its partner",
        what="The text of an alert has a `{` that is never closed, or a `}` that was never opened.",
        why="What stands in braces is worked out when the alert is raised; half a pair would be said as it stands.",
        bad=_alert("mark is {mark(L)"),
        good=_alert("mark is {mark(L)}"),
    ),
)
