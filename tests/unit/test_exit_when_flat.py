"""Document 000's exit with nothing held: 0 < epsilon must hold, else the machine would stay in EXIT for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

import fsmtrader
from fsmtrader.program.compiler import check_merged
from fsmtrader.program.ir import Program
from fsmtrader.spec.source import read_sources

ROOT = Path(__file__).parents[2]
SEED = """\
states:
  ACTIVE: {on: {monitor: {if: C2, transition_to: EXIT}}}
  EXIT:
    on:
      price_update: {if: abs(P_t - P_ref_exit) >= MES_exit * P_ref_exit, do: reduce_positions}
      terminate: {if: qL + qS < epsilon, transition_to: TERMINATED}
  TERMINATED: {final: true}
actions:
  reduce_positions: [{qL: qL * (1 - eta), qS: qS * (1 - eta)}]
"""
GIVEN = {"f": 0.001, "E_max": 150}


def spec(name: str) -> Program:
    sources, _ = read_sources((str(ROOT / "specs" / name),))
    return check_merged(sources).require()


@pytest.mark.parametrize("name", ["band_limited_hedging.yml", "band_limited_hedging_literal.yml", "seed"])
def test_an_exit_with_nothing_held_ends_at_the_next_price(name: str) -> None:
    program = fsmtrader.compile(SEED) if name == "seed" else spec(name)
    known = {parameter.name for parameter in program.parameters}
    machine = fsmtrader.Machine(program, {key: value for key, value in GIVEN.items() if key in known})
    machine.set(P_t=100)
    machine.set(qL=0, qS=0)
    machine.raise_event("exit")
    assert (machine.mode, machine["qL"], machine["qS"]) == ("EXIT", 0.0, 0.0)
    machine.tick()
    assert machine.mode == "TERMINATED"


def test_a_flat_exit_of_the_one_that_comes_back_ends_as_well() -> None:
    machine = fsmtrader.Machine(spec("band_limited_hedging_reentry.yml"), {"f": 0.001, "E_max": 150})
    machine.set(P_t=100)
    machine.set(qL=0, qS=0)
    machine.raise_event("exit")
    machine.tick()
    assert machine.mode in ("TERMINATED", "COOLING")
