"""From text to moves: hierarchy, order of rows, actions and phases, quotes, events, permissions, digest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fsmtrader.program import ir
from fsmtrader.program.compiler import check
from fsmtrader.program.typed import Either, Every, Inverse, Read
from fsmtrader.spec.source import Source

LEGS = (
    "fsm: 1\naccounts: {main: {exchange: binanceusdm, position_mode: hedge}}\nlegs:\n"
    "  L: {account: main, symbol: BTC/USDT:USDT, side: long}\n"
    "  S: {account: main, symbol: BTC/USDT:USDT, side: short}\n"
)
SKETCH = Path(__file__).parents[1] / "data" / "sketches" / "band_limited_hedging.yml"


def program(text: str) -> ir.Program:
    return check(Source("spec.yml", text.encode())).require()


def codes(text: str) -> list[str]:
    return [finding.code for finding in check(Source("spec.yml", text.encode())).diagnostics]


def one_row(do: str, more: str = "") -> ir.Action:
    """The compiled action of a machine's only row."""
    made = program(f"{LEGS}{more}states:\n  A: {{on: {{price_update: {{if: mark(L) > 100, do: {do}}}}}}}\n")
    return made.actions[made.rows[0].action]


TREE = (
    LEGS
    + """\
variables: {n: {initial: 0}}
states:
  OUT:
    enter: {n: n + 1}
    exit: {n: n + 10}
    on:
      monitor: {if: n > 100, transition_to: FAR}
      exit: {transition_to: OUT}
    states:
      X:
        enter: {n: n + 2}
        exit: {n: n + 20}
        on:
          monitor: {if: n > 50, transition_to: Y}
          stop: {transition_to: X}
      Y:
        enter: {n: n + 3}
        on: {monitor: {if: n > 60, transition_to: X}}
  FAR: {enter: {n: n + 4}, on: {monitor: {if: n > 70, transition_to: OUT}}}
"""
)


def names_of(made: ir.Program, actions: tuple[int, ...]) -> list[str]:
    return [made.actions[index].name for index in actions]


def moves(made: ir.Program, leaf: str) -> dict[str, ir.Move]:
    region = made.regions[0]
    index = next(item.index for item in region.leaves if item.name == leaf)
    return {f"{made.rows[m.row].trigger}>{made.rows[m.row].target}": m for m in region.moves if m.leaf == index}


def test_hierarchy_is_flattened_to_leaves_and_the_first_is_the_initial_one() -> None:
    made = program(TREE)
    region = made.regions[0]
    assert [leaf.name for leaf in region.leaves] == ["X", "Y", "FAR"]
    assert [leaf.path for leaf in region.leaves] == [("OUT", "X"), ("OUT", "Y"), ("FAR",)]
    assert region.initial == 0
    assert names_of(made, region.start) == ["enter OUT", "enter X"]


def test_parents_rows_stand_before_their_childrens() -> None:
    assert list(moves(program(TREE), "X")) == ["monitor>FAR", "exit>OUT", "monitor>Y", "stop>X"]


def test_a_move_leaves_up_to_the_common_parent_and_enters_down_from_it() -> None:
    made = program(TREE)
    inside, outside = moves(made, "X")["monitor>Y"], moves(made, "X")["monitor>FAR"]
    assert (names_of(made, inside.exits), names_of(made, inside.enters)) == (["exit X"], ["enter Y"])
    assert (names_of(made, outside.exits), names_of(made, outside.enters)) == (["exit X", "exit OUT"], ["enter FAR"])
    back = moves(made, "FAR")["monitor>OUT"]
    assert (names_of(made, back.exits), names_of(made, back.enters)) == ([], ["enter OUT", "enter X"])


def test_a_move_to_the_own_state_or_parent_enters_it_again() -> None:
    made = program(TREE)
    own, parent = moves(made, "X")["stop>X"], moves(made, "Y")["exit>OUT"]
    assert (names_of(made, own.exits), names_of(made, own.enters)) == (["exit X"], ["enter X"])
    assert (names_of(made, parent.exits), names_of(made, parent.enters)) == (["exit OUT"], ["enter OUT", "enter X"])


def test_if_exit_stands_before_if_and_more_filters_stand_first() -> None:
    made = program(
        LEGS + "quotes: {bid: {leg: L, side: buy, price: 1, quantity: 1}}\nvariables: {n: {initial: 0}}\n"
        "invariants: {few: n < 9}\nstates:\n  A:\n    on:\n"
        "      monitor: {if: n > 1, transition_to: B, if_exit: {condition: n > 2, transition_to: C}}\n"
        "      rejected: {do: {n: 1}}\n      rejected(bid): {do: {n: 2}}\n      rejected(bid, post_only): {do: {n: 3}}\n"
        "  B: {final: true}\n  C: {final: true}\n"
    )
    rows = [made.rows[move.row] for move in made.regions[0].moves]
    assert [row.target for row in rows if row.trigger == "monitor"] == ["C", "B"]
    assert [row.filter.words for row in rows if row.trigger == "rejected"] == [("bid", "post_only"), ("bid",), ()]


def test_wait_cuts_an_action_into_phases() -> None:
    action = one_row("{steps: [{qL: 1}, {qL: 2}, wait, {qS: qL}], within: 10s, on_fail: {qL: 0, qS: 0}}")
    assert [len(phase.steps) for phase in action.phases] == [2, 1]
    assert action.trades
    assert action.net
    assert action.within is not None
    assert action.on_fail >= 0


def test_locals_reach_across_inlined_actions() -> None:
    action = one_row("both", "actions: {both: [first, second], first: {let: {half: qL / 2}}, second: {qL: half}}\n")
    let, assign = action.phases[0].steps
    assert isinstance(let, ir.Let)
    assert isinstance(assign, ir.Assign)
    [entry] = assign.entries
    assert isinstance(entry, ir.Target)
    assert entry.value.tree == Read(let.entries[0].slot, let.entries[0].value.tree.type)


def test_arguments_of_an_action_are_locals() -> None:
    assert one_row("{grow: {by: 2}}", "actions: {grow: {steps: [{qL: qL + by}], with: [by]}}\n").trades
    bad = f"{LEGS}actions: {{grow: {{steps: [{{qL: qL + by}}], with: [by]}}}}\nstates: {{A: {{on: {{price_update: {{do: grow}}}}}}}}\n"
    assert "FSM304" in codes(bad)


def test_lock_pair_fills_one_leg_then_as_much_of_the_other_and_undoes_both() -> None:
    made = program(
        LEGS
        + "states:\n  A: {on: {price_update: {if: mark(L) > 100, do: {lock_pair: {first: L, second: S, quantity: 1}}}}}\n"
    )
    action = made.actions[made.rows[0].action]
    first, second = (phase.steps[0] for phase in action.phases)
    assert isinstance(first, ir.Assign)
    assert isinstance(second, ir.Assign)
    [then] = second.entries
    assert isinstance(then, ir.Target)
    assert then.value.text == "qL"
    undo = made.actions[action.on_fail].phases[0].steps[0]
    assert isinstance(undo, ir.Assign)
    assert [entry.value.text for entry in undo.entries] == ["0", "0"]


def test_assignments_alone_are_no_trade() -> None:
    assert not one_row("{n: 1}", "variables: {n: {initial: 0}}\ninvariants: {few: n < 9}\n").trades


def test_without_events_the_seeds_table_holds() -> None:
    made = program(TREE)
    table = {event.name: [made.sources[i].name for i in event.sources] for event in made.events}
    assert table == {
        "monitor": ["price(L)", "every(1s)"],
        "price_update": ["price(L)"],
        "terminate": ["price(L)", "done"],
    }
    assert list(table) == ["monitor", "price_update", "terminate"]


def test_logic_keeps_its_shape_for_kleene() -> None:
    made = program(
        LEGS
        + "states:\n  A: {on: {price_update: {if: not (qL > 1 and qS > 1) or (qL > 2 implies qS > 2), transition_to: B}}}\n"
        "  B: {final: true}\n"
    )
    guard = made.rows[0].guard
    assert guard is not None
    assert isinstance(guard.tree, Either)
    denied, premise, _ = guard.tree.operands
    assert isinstance(denied, Inverse)
    assert isinstance(denied.operand, Every)
    assert isinstance(premise, Inverse)


def test_a_slot_of_a_region_is_named_by_its_row() -> None:
    made = program(
        LEGS + "regions:\n  maker:\n    for_each: [{side: buy}, {side: sell}]\n"
        "    quotes: {base: {leg: L, side: side, price: 'touch(L, side)', quantity: 1, every: 2s}}\n    states: {A: {}}\n"
    )
    assert [quote.name for quote in made.quotes] == ["maker.buy.base", "maker.sell.base"]


@pytest.mark.parametrize(
    ("orders", "do", "code"),
    [
        ("none", "{qL: 0}", ["FSM605"]),
        ("none", "cancel_all", []),
        ("reduce", "{qL: qL / 2}", []),
        ("reduce", "{qL: qL + 1}", ["FSM605"]),
        ("any", "{qL: qL + 1}", []),
    ],
)
def test_what_a_state_permits(orders: str, do: str, code: list[str]) -> None:
    text = f"{LEGS}states:\n  A: {{orders: {orders}, on: {{price_update: {{if: mark(L) > 100, do: {do}}}}}}}\n"
    assert codes(text) == code


@pytest.mark.parametrize(
    ("guard", "code"),
    [
        ("since(traded) < 6h", ["FSM513"]),  # C000-05
        ("not (since(traded) >= 6h)", ["FSM513"]),
        ("idle < 6h", ["FSM513"]),
        ("rebalance_time > 6h", []),
    ],
)
def test_a_pause_that_waits_for_what_only_grows_is_a_trap(guard: str, code: list[str]) -> None:
    text = (
        f"{LEGS}variables: {{traded: {{initial: now}}}}\n"
        "observe: {idle: since(traded), rebalance_time: 6h * mark(L) / mark(S)}\nstates:\n"
        "  ACTIVE: {on: {price_update: [{if: since(traded) > 6h, transition_to: PAUSE}, "
        "{if: mark(L) > 100, do: [{qL: qL / 2}, {traded: now}]}]}}\n"
        f"  PAUSE: {{on: {{monitor: {{if: {guard}, transition_to: ACTIVE}}}}}}\n"
    )
    assert [found for found in codes(text) if found != "FSM309"] == code  # not every case reads both observables


def digest(text: str, name: str = "spec.yml") -> str:
    return check(Source(name, text.encode())).require().digest


def test_json_is_the_same_program_as_yaml() -> None:
    from ruamel.yaml import YAML

    tree = YAML(typ="safe", pure=True).load(TREE)
    assert digest(json.dumps(tree), "spec.json") == digest(TREE)


def test_comments_and_descriptions_do_not_count_and_a_guard_does() -> None:
    described = TREE.replace("  OUT:\n", "  # why\n  OUT:\n    description: all of it\n")
    assert described != TREE
    assert digest(described) == digest(TREE)
    assert digest(TREE.replace("n > 50", "n > 51")) != digest(TREE)
    assert digest(TREE.replace("n > 50", "n >= 50")) != digest(TREE)


def test_the_digest_does_not_depend_on_how_python_hashes() -> None:
    code = (
        "import sys; from fsmtrader.program.compiler import check; from fsmtrader.spec.source import Source;"
        "print(check(Source('s.yml', open(sys.argv[1], 'rb').read())).require().digest)"
    )
    given = [
        subprocess.run(
            [sys.executable, "-c", code, str(SKETCH)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    ]
    assert len(set(given)) == 1


def test_checking_imports_nothing_heavy() -> None:
    code = (
        "import sys; from fsmtrader.cli.main import main; main(['validate', sys.argv[1]]);"
        "print(sorted({'numpy', 'polars', 'transitions', 'numba', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(SKETCH)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]", done.stdout


def test_a_slot_that_fills_changes_what_a_guard_reads() -> None:
    """A guard over the quantity alone can become true where a slot quotes the leg."""
    text = """\
fsm: 1
accounts: {a: {exchange: binanceusdm}}
legs: {X: {account: a, symbol: BTC/USDT:USDT}}
parameters: {most: {value: 3, unit: base}}
events: {tick: book(X)}
quotes:
  bid: {leg: X, side: buy, price: bid(X), quantity: 1, post_only: true, when: mode == QUOTING}
states:
  QUOTING: {on: {tick: {if: abs(qX) >= most, transition_to: FULL}}}
  FULL: {on: {tick: {if: abs(qX) < most, transition_to: QUOTING}}}
"""
    assert check(Source("t.yml", text.encode())).diagnostics == ()
