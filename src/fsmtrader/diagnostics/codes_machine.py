"""Codes of the group `machine`: events, states, rows, actions, slots."""

from __future__ import annotations

from fsmtrader.diagnostics import Severity
from fsmtrader.diagnostics.codes import Code

_LEG = "fsm: 1\naccounts: {main: {exchange: binanceusdm}}\nlegs: {L: {symbol: BTC/USDT:USDT, side: long}}\n"
_END = "  EXIT: {final: true}\n"
_LEAVE = "{if: mark(L) > 100, transition_to: EXIT}"


def _row(row: str, more: str = "", event: str = "price_update") -> str:
    """A machine with this row and one that ends it."""
    return f"{_LEG}{more}states:\n  ACTIVE:\n    on:\n      {event}: {row}\n      exit: {{transition_to: EXIT}}\n{_END}"


def _of_a_leg(event: str) -> str:
    return (
        f"{_LEG[:-2]}, M: {{symbol: ETH/USDT:USDT, side: short}}}}\n"
        f"states:\n  ACTIVE: {{on: {{{event}: {_LEAVE}}}}}\n{_END}"
    )


def _parents(second: str) -> str:
    return (
        f"{_LEG}states:\n  RUNNING:\n    on: {{price_update: {_LEAVE}}}\n    states: {{OPEN: {{}}}}\n"
        f"  EXIT:\n    on: {{price_update: {{if: mark(L) < 50, transition_to: RUNNING}}}}\n"
        f"    states: {{{second}: {{}}}}\n"
    )


def _filters(second: str) -> str:
    bid = "quotes: {bid: {leg: L, side: buy, price: mark(L) - 1, quantity: 1}}\n"
    return (
        f"{_LEG}{bid}variables: {{fails: {{initial: 0}}}}\ninvariants: {{few: fails < 3}}\nstates:\n  ACTIVE:\n    on:\n"
        f"      rejected(bid): {{do: {{fails: fails + 1}}}}\n      {second}: {{do: {{fails: 0}}}}\n"
    )


def _pause(guard: str) -> str:
    return (
        f"{_LEG}variables: {{traded: {{initial: now}}}}\nstates:\n"
        "  ACTIVE:\n    on: {price_update: [{if: since(traded) > 6h, transition_to: PAUSE}, "
        "{if: mark(L) > 100, do: [{qL: qL / 2}, {traded: now}]}]}\n"
        f"  PAUSE: {{on: {{monitor: {{if: {guard}, transition_to: ACTIVE}}}}}}\n"
    )


def _promised(name: str, guard: str) -> str:
    return (
        f"{_LEG}invariants: [{name}]\nstates:\n  ACTIVE:\n    on:\n"
        f'      price_update: {{if: "{guard}", transition_to: EXIT}}\n{_END}'
    )


_STOP = "{if: mark(L) > 100, do: stop_it}"

CODES: tuple[Code, ...] = (
    Code(
        code="FSM501",
        severity=Severity.ERROR,
        title="unknown state",
        what="A row leads to a state that is never declared, or a test or promise names one.",
        why="The machine would end where nothing is stated about it. (In document 000's form it is read as a final "
        "state, with a warning.)",
        bad=_row("{if: mark(L) > 100, transition_to: EXTI}"),
        good=_row(_LEAVE),
    ),
    Code(
        code="FSM502",
        severity=Severity.ERROR,
        title="state declared twice",
        what="Two states of a region have one name.",
        why="Leaf states are named without their parents, so `transition_to` could mean either.",
        bad=_parents("OPEN"),
        good=_parents("CLOSING"),
    ),
    Code(
        code="FSM503",
        severity=Severity.ERROR,
        title="incomplete event",
        what="An event lacks what it is about (the leg, the interval) or has a filter that it cannot have.",
        why="With two legs, `price` alone does not say whose price is meant.",
        bad=_of_a_leg("price"),
        good=_of_a_leg("price(M)"),
    ),
    Code(
        code="FSM504",
        severity=Severity.ERROR,
        title="cannot be written",
        what="An assignment is to something other than a variable or a leg's quantity.",
        why="Parameters are constant, observables follow from the market; only variables remember.",
        bad=_row("{if: mark(L) > limit, do: {limit: 200}}", "parameters: {limit: 100}\n"),
        good=_row("{if: mark(L) > limit, do: {limit: 200}}", "variables: {limit: {initial: 100, unit: price}}\n"),
    ),
    Code(
        code="FSM505",
        severity=Severity.ERROR,
        title="unknown action, alert or invariant",
        what="A step names no action of the spec and no primitive, or an alert or invariant that does not exist.",
        why="What is to be done must be known before it is needed.",
        bad=_row("{if: mark(L) > 100, do: {flaten: {leg: L}}}"),
        good=_row("{if: mark(L) > 100, do: {flatten: {leg: L}}}"),
    ),
    Code(
        code="FSM506",
        severity=Severity.ERROR,
        title="action without end",
        what="An action calls itself, or has more steps than an action may have.",
        why="Actions are planned whole before the first order is sent; a plan must end.",
        bad=_row(_STOP, "actions: {stop_it: [{qL: 0}, stop_it]}\n"),
        good=_row(_STOP, "actions: {stop_it: [{qL: 0}]}\n"),
    ),
    Code(
        code="FSM507",
        severity=Severity.ERROR,
        title="`exit` trades",
        what="The action `exit` of a state trades.",
        why="A state is left within one instant; orders take time. `exit` assigns and cancels only.",
        bad=f"{_LEG}states:\n  ACTIVE:\n    exit: {{qL: 0}}\n    on: {{price_update: {_LEAVE}}}\n{_END}",
        good=f"{_LEG}states:\n  ACTIVE:\n    on: {{price_update: {_LEAVE}}}\n  EXIT: {{final: true, enter: {{qL: 0}}}}\n",
    ),
    Code(
        code="FSM508",
        severity=Severity.ERROR,
        title="row without effect",
        what="A row has neither `do` nor `transition_to`.",
        why="It would still be taken and so keep the rows below it from being looked at.",
        bad=_row("{if: mark(L) > 100}"),
        good=_row(_LEAVE),
    ),
    Code(
        code="FSM510",
        severity=Severity.WARNING,
        title="action never started",
        what="No row, `enter` or action names this action.",
        why="Most often the row that should start it is missing.",
        bad=_row(_LEAVE, "actions: {stop_it: {qL: 0}}\n"),
        good=_row(_STOP, "actions: {stop_it: {qL: 0}}\n"),
    ),
    Code(
        code="FSM512",
        severity=Severity.ERROR,
        title="filters that overlap",
        what="Two keys under `on` can both be meant by one event and neither is narrower than the other.",
        why="At most one row is taken for an event, and nothing says which of the two.",
        bad=_filters("rejected(post_only)"),
        good=_filters("rejected(bid, post_only)"),
    ),
    Code(
        code="FSM513",
        severity=Severity.WARNING,
        title="no way back",
        what="A state is left only by rows whose guards cannot become true in it.",
        why="In document 000 a PAUSE is left when the time since the last trade is short, but no trade happens in it, "
        "so that time only grows (C000-05): the strategy waits for ever.",
        bad=_pause("since(traded) <= 6h"),
        good=_pause("mark(L) < 50"),
    ),
    Code(
        code="FSM514",
        severity=Severity.WARNING,
        title="never true",
        what="A condition can't hold as it is written: constants that say so, two limits with nothing between them, a "
        "value that should be less than itself, a price below zero, another state than the row's own. Parameters' values play no part, as a run may set them.",
        why="Whoever reads it believes that it does something.",
        bad=_row("[{if: 2 > 3, do: {qL: 0}}, {if: mark(L) > 100, transition_to: EXIT}]"),
        good=_row("[{if: mark(L) > 200, do: {qL: 0}}, {if: mark(L) > 100, transition_to: EXIT}]"),
    ),
    Code(
        code="FSM515",
        severity=Severity.WARNING,
        title="row never reached",
        what="A row above this one is taken whenever this one could be: it asks the same or less, such as `p > 100` above "
        "`p > 110`.",
        why="The first row that holds is taken. A parent's rows stand before its children's.",
        bad=_row("[{if: mark(L) > 100, do: {qL: 0}}, {if: mark(L) > 100, transition_to: EXIT}]"),
        good=_row("[{if: mark(L) > 200, do: {qL: 0}}, {if: mark(L) > 100, transition_to: EXIT}]"),
    ),
    Code(
        code="FSM516",
        severity=Severity.WARNING,
        title="state never reached",
        what="No chain of rows leads from the initial state to this one.",
        why="What it states never happens.",
        bad=_row(_LEAVE) + "  PAUSE: {on: {exit: {transition_to: EXIT}}}\n",
        good=_row(_LEAVE),
    ),
    Code(
        code="FSM517",
        severity=Severity.WARNING,
        title="state never left",
        what="A state that is not final has no row that leads out of it.",
        why="It looks like an oversight; a state that is the end says `final: true`.",
        bad=_row(_LEAVE).replace("{final: true}", "{orders: reduce}"),
        good=_row(_LEAVE),
    ),
    Code(
        code="FSM518",
        severity=Severity.WARNING,
        title="always true",
        what="A condition can't fail as it is written.",
        why="It looks as if something were asked. A row without `if` is always taken, and says so.",
        bad=_row('{if: "mark(L) > 100 or mark(L) < 200", transition_to: EXIT}'),
        good=_row('{if: "mark(L) < 100 or mark(L) > 200", transition_to: EXIT}'),
    ),
    Code(
        code="FSM519",
        severity=Severity.WARNING,
        title="an empty list",
        what="An action, `do`, `enter` or `exit` has no step, or an event no row.",
        why="It looks as if something were done.",
        bad=_row(_STOP, "actions: {stop_it: []}\n"),
        good=_row(_STOP, "actions: {stop_it: [{qL: 0}]}\n"),
    ),
    Code(
        code="FSM520",
        severity=Severity.WARNING,
        title="nothing to run",
        what="The spec has neither states nor quotes.",
        why="It would watch the market and do nothing. (A file that is one part of a spec is given with the others.)",
        bad=_LEG,
        good=_row(_LEAVE),
    ),
    Code(
        code="FSM521",
        severity=Severity.ERROR,
        title="a decision that predicts",
        what="The spec promises `no_direction_prediction`, and a row or an action reads a trend, an average of prices, "
        "the book or a funding rate.",
        why="The promise is that only prices of the moment, positions, realised variance and parameters decide "
        "(R000-51).",
        bad=_promised("no_direction_prediction", "mark(L) > ema(mark(L), n=21, every=1m)"),
        good=_promised("no_direction_prediction", "realized_variance(mark(L), window=1h) > 1%"),
    ),
    Code(
        code="FSM522",
        severity=Severity.ERROR,
        title="an exit at a price",
        what="The spec promises `exit_not_price_stop`, and a row that leaves asks on which side of a level the price is, "
        "or what was won or lost. Rows leave that lead to, or stand in, EXIT, a final state or one with "
        "`orders: reduce`.",
        why="Such an exit is a stop loss: it sells when the price has gone against the position (R000-39).",
        bad=_promised("exit_not_price_stop", "mark(L) < 95"),
        good=_promised("exit_not_price_stop", "abs(mark(L) - 100) > 5"),
    ),
    Code(
        code="FSM523",
        severity=Severity.ERROR,
        title="no hour of the day",
        what="`daily`, or `at` of a report, is not an hour and a minute, or names a time zone that there is not.",
        why="The run would not know when the hour has come. An hour without a zone is in UTC.",
        bad=_row(_LEAVE, 'events: {noon: {daily: "12:00 Asia/Shangai"}}\n', "noon"),
        good=_row(_LEAVE, 'events: {noon: {daily: "12:00 Asia/Shanghai"}}\n', "noon"),
    ),
)
