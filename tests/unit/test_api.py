"""The Python interface: its names, that importing it costs nothing, and a machine to try things on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import fsmtrader
from fsmtrader import api
from fsmtrader.diagnostics import UsageError

SPEC = """
fsm: 1
strategy: {name: dips}
accounts: {main: {exchange: binanceusdm}}
legs: {X: {account: main, symbol: BTC/USDT:USDT}}
parameters: {size: {value: 2, unit: base}}
events: {tick: price(X)}
observe: {p: mark(X)}
states:
  FLAT:
    on:
      tick: {if: p <= 90, do: {qX: size}, transition_to: LONG}
  LONG:
    on:
      tick: {if: p >= 100, do: {qX: 0}, transition_to: FLAT}
    after: {1h: {do: {qX: 0}, transition_to: FLAT}}
"""


def test_the_public_names() -> None:
    assert sorted(api.__all__) == ["CheckResult", "Diagnostic", "Machine", "Program", "SpecError", "compile", "load"]
    assert set(api.__all__) <= set(dir(fsmtrader))
    for name in api.__all__:
        assert getattr(fsmtrader, name) is getattr(api, name)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        fsmtrader.nothing  # noqa: B018  # asking is the test


def test_the_import_is_light() -> None:
    code = "import sys, fsmtrader; print([n for n in ('numpy', 'numba', 'pydantic', 'transitions', 'ruamel.yaml', 'click', 'fsmtrader.api') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_load_and_compile_take_a_path_or_a_text(tmp_path: Path) -> None:
    file = tmp_path / "dips.yml"
    file.write_text(SPEC)
    assert fsmtrader.compile(file).digest == fsmtrader.compile(str(file)).digest == fsmtrader.compile(SPEC).digest
    missing = fsmtrader.load(tmp_path / "none.yml")
    assert missing.program is None and [d.code for d in missing.diagnostics] == ["FSM001"]
    with pytest.raises(fsmtrader.SpecError) as wrong:
        fsmtrader.compile(SPEC.replace("p <= 90", "pp <= 90"))
    assert str(wrong.value.diagnostics[0].span).startswith("<text>:12:")
    (tmp_path / "other.yml").write_text(SPEC)
    with pytest.raises(UsageError, match="a folder of 2 specs"):
        fsmtrader.load(tmp_path)


def test_a_machine_is_driven_by_hand() -> None:
    machine = fsmtrader.Machine(fsmtrader.compile(SPEC))
    machine.set(p=95)
    machine.raise_event("tick")
    assert (machine.mode, machine.orders) == ("FLAT", ())
    machine.set(p=90)
    machine.raise_event("tick")
    assert (machine.mode, machine["qX"], machine["pX"], machine["p"]) == ("LONG", 2.0, 90.0, 90.0)
    assert [order.leg for order in machine.orders] == ["X"]
    machine.set({"mark(X)": 100})
    assert machine.modes == {"mode": "LONG"}


def test_a_snapshot_brings_a_machine_back() -> None:
    program = fsmtrader.compile(SPEC)
    machine = fsmtrader.Machine(program, {"size": 3})
    machine.set(p=90)
    machine.tick()
    machine.advance(3000)
    kept = machine.snapshot()
    machine.advance(600)
    assert (machine.mode, machine["qX"]) == ("FLAT", 0.0)
    other = fsmtrader.Machine(program)
    other.restore(kept)
    assert (other.mode, other["qX"]) == ("LONG", 3.0)
    other.advance(599)
    assert other.mode == "LONG"
    other.advance(1)
    assert other.mode == "FLAT"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda machine: machine.set(pp=1), "did you mean 'p'"),
        (lambda machine: machine.raise_event("tik"), "did you mean 'tick'"),
        (lambda machine: fsmtrader.Machine(machine.program, {"sice": 1}), "did you mean 'size'"),
    ],
)
def test_mistakes_are_named(wrong: object, said: str) -> None:
    machine = fsmtrader.Machine(fsmtrader.compile(SPEC))
    assert callable(wrong)
    with pytest.raises(UsageError, match=said):
        wrong(machine)


BOUNDED = SPEC.replace(
    "{value: 2, unit: base}}",
    "{value: 2, unit: base, min: 1}, most: {value: 5, unit: base}}\nchecks: [{error: size <= most, because: too much}]",
)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"size": 0.5}, "size is 0.5, but its min is 1"),
        ({"size": 6}, "the check `size <= most` does not hold: too much"),
        ({"size": "LONG"}, "size cannot be 'LONG'"),
    ],
)
def test_a_machine_takes_the_parameters_that_a_run_takes(parameters: dict[str, float | str], said: str) -> None:
    program = fsmtrader.compile(BOUNDED)
    with pytest.raises(UsageError) as wrong:
        fsmtrader.Machine(program, parameters)
    assert str(wrong.value).startswith(said)
    assert fsmtrader.Machine(program, {"size": 6, "most": 6})["size"] == 6


def test_time_is_given_in_seconds_or_as_in_a_spec() -> None:
    machine = fsmtrader.Machine(fsmtrader.compile(SPEC))
    machine.set(p=90)
    machine.tick()
    machine.advance("59m")
    assert machine.mode == "LONG"
    machine.advance(60)
    assert machine.mode == "FLAT"
    for wrong in (-5, float("nan"), float("inf"), "later", None):
        with pytest.raises(UsageError, match="time cannot advance by"):
            machine.advance(wrong)  # type: ignore[arg-type]  # what a notebook may well do


def test_a_snapshot_does_not_grow_and_junk_is_none() -> None:
    machine = fsmtrader.Machine(fsmtrader.compile(SPEC))

    def rounds(count: int) -> int:
        for _ in range(count):
            machine.set(p=95)
            machine.tick()
            machine.advance(1)
        return len(repr(machine.snapshot()))

    first = rounds(2)
    assert rounds(200) <= first + 40  # some numbers get longer
    with pytest.raises(UsageError, match="'junk' is no snapshot"):
        machine.restore("junk")  # type: ignore[arg-type]  # the mistake is the test
    with pytest.raises(UsageError, match="another program"):
        machine.restore(fsmtrader.Machine(fsmtrader.compile(BOUNDED)).snapshot())


def test_a_snapshot_holds_what_was_set_before_and_after_the_start() -> None:
    """Nothing known: nothing held. Then the question mark(X) and the last orders are there again, and can be changed."""
    program = fsmtrader.compile(SPEC)
    machine, other = fsmtrader.Machine(program), fsmtrader.Machine(program)
    empty = machine.snapshot()
    machine.set({"p": 90})
    machine.tick()
    kept = machine.snapshot()
    other.restore(kept)
    assert (other.orders, other.notes, other["p"], other["pX"]) == (machine.orders, machine.notes, 90.0, 90.0)
    assert len(other.orders) == 1
    other.tick()
    assert other.mode == "LONG"
    other.set(p=100)
    other.tick()
    assert (other.mode, other["qX"]) == ("FLAT", 0.0)
    other.restore(empty)
    assert other["p"] != other["p"]
