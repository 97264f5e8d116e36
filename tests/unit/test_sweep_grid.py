"""Which sets a grid, a draw and the spec's own `run.sweep` mean, worked out by hand."""

from __future__ import annotations

import pytest
from tests.unit.sweeps import COUNTING, SPEC, program

from fsmtrader.diagnostics import UsageError
from fsmtrader.program.compiler import check
from fsmtrader.research.sweep.grid import Axis, axes_of, axis_of, command_of, drawn, sets_of, values_of
from fsmtrader.spec.source import Source


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("k=6,7,8", "6 7 8"),
        ("k= 6 , 7.50,8 ", "6 7.50 8"),
        ("eta=0.2:0.4:0.05", "0.2 0.25 0.3 0.35 0.4"),
        ("eta=0.1:0.3:0.1", "0.1 0.2 0.3"),
        ("f=2bp:8bp:2bp", "2bp 4bp 6bp 8bp"),
        ("f=0.05%:8bp:1bp", "5bp 6bp 7bp 8bp"),
        ("tau=12h:1d:6h", "12h 18h 24h"),
        ("tau=90s:3m:30s", "90s 120s 150s 180s"),
        ("d=-2:2:2", "-2 0 2"),
        ("k=1,4:8:2,10", "1 4 6 8 10"),
        ("k=6,6,7", "6 7"),
        ("n=1e3:3e3:1e3", "1000 2000 3000"),
        ("way=once,twice", "once twice"),
        ("k=5:5:1", "5"),
    ],
)
def test_values_of_an_axis(text: str, values: str) -> None:
    axis = axis_of(text)
    assert axis.name == text.partition("=")[0] and " ".join(axis.texts) == values


def test_an_axis_without_steps_is_to_be_drawn_from() -> None:
    axis = axis_of("eta=10%:40%")
    assert axis == Axis("eta", low=10.0, high=40.0, suffix="%") and axis.is_open
    assert [axis.between(share) for share in (0.0, 0.5, 1.0)] == ["10%", "25%", "40%"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("k", "takes NAME=VALUES"),
        ("k=", "takes NAME=VALUES"),
        ("k=6,,7", "takes NAME=VALUES"),
        ("=6", "takes NAME=VALUES"),
        ("k=6:8:0", "'6:8:0' has a step of 0; write one above it, or 6 alone"),
        ("k=6:8:-1", "goes nowhere"),
        ("far=0.2%:1%:0.3%", "would end at 0.8%: the step must fit; write 0.2%:0.8%:0.3%, or another step"),
        ("eta=0.2:0.39:0.05", "would end at 0.35: the step must fit; write 0.2:0.35:0.05"),
        ("tau=1h:1d:12h", "would end at 13h: the step must fit"),
        ("k=1,4:8:5", "'4:8:5' would end at 4: the step must fit; write 4, or another step"),
        ("k=8:6:1", "goes nowhere"),
        ("k=8:6", "goes nowhere"),
        ("k=6:8:1:2", "is no range"),
        ("k=a:b:c", "no range of numbers"),
        ("k=6:8h:1", "mixes units"),
        ("f=2bp:8bp:2", "mixes units"),
        ("k=0:1:0.00001", "more than 10,000"),
        ("k=5,6:7", "is no range"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        axis_of(text)


def test_every_combination_the_last_axis_first() -> None:
    axes = (axis_of("low=90,95"), axis_of("size=1:3:1"))
    found = [" ".join(text for _, text in case) for case in sets_of(axes)]
    assert found == ["90 1", "90 2", "90 3", "95 1", "95 2", "95 3"]
    assert command_of(sets_of(axes)[4]) == "--set low=95 --set size=2"
    with pytest.raises(UsageError, match="has no step: add one"):
        sets_of((axis_of("low=90:95"),))
    with pytest.raises(UsageError, match="1,000,000 sets"):
        sets_of((axis_of("low=1:1000:1"), axis_of("high=1:1000:1")))


def test_a_draw_is_of_different_sets_and_the_same_for_the_same_seed() -> None:
    axes = (axis_of("low=90,95"), axis_of("size=1:10:1"))
    some = drawn(axes, 7, 3)
    assert len(set(some)) == 7 and set(some) < set(sets_of(axes))
    assert some == drawn(axes, 7, 3) != drawn(axes, 7, 4)
    assert drawn(axes, 20, 3) == sets_of(axes) == drawn(axes, 99, 3)
    free = drawn((axis_of("low=90:95"), axis_of("way=once,twice")), 30, 1)
    values = [float(dict(case)["low"]) for case in free]
    assert len(set(free)) == 30 and all(90.0 <= value <= 95.0 for value in values) and max(values) - min(values) > 3.0
    assert {dict(case)["way"] for case in free} == {"once", "twice"}
    assert len(drawn((axis_of("low=90:90.0001"),), 500, 1)) < 500
    with pytest.raises(UsageError, match="at most 200,000 sets"):
        drawn(axes, 200_001, 1)


def test_axes_are_judged_by_what_their_parameters_take() -> None:
    of = program()
    assert [axis.name for axis in axes_of(of, ["size=1,2", "way=twice"])] == ["size", "way"]
    with pytest.raises(UsageError, match="did you mean size"):
        axes_of(of, ["sizes=1,2"])
    with pytest.raises(UsageError, match="way is one of once, twice"):
        axes_of(of, ["way=once,never"])
    with pytest.raises(UsageError, match="size is a quantity of base, but 2% is a ratio"):
        axes_of(of, ["size=1,2%"])
    with pytest.raises(UsageError, match="it is given twice"):
        axes_of(of, ["size=1", "size=2"])
    with pytest.raises(UsageError, match="nothing to try"):
        axes_of(of, [])
    assert [axis.texts for axis in axes_of(of, ["low=1,2"])] == [("1", "2")]  # below the bound: a row that fails


def test_what_counts_takes_whole_numbers() -> None:
    of = program(COUNTING)
    assert axes_of(of, ["n=10,20.0,20,3e1"])[0].texts == ("10", "20.0", "3e1")
    said = r"--grid n: 12\.5 is no whole number, but n of mean\(price, n=n, on=tick\) counts; write whole numbers"
    for grid in ("n=10,12.5", "n=10:15:2.5", "n=12.5:20"):
        with pytest.raises(UsageError, match=said):
            axes_of(of, [grid])
    (axis,) = axes_of(of, ["n=10:40"])
    assert [axis.between(share) for share in (0.0, 0.51, 1.0)] == ["10", "25", "40"]
    found = [dict(case)["n"] for case in drawn((axis,), 100, 1)]
    assert sorted(found) == [str(n) for n in range(10, 41)]
    assert not axes_of(of, ["low=80:90"])[0].is_whole


def test_values_have_the_unit_of_their_parameter_and_words_stay_words() -> None:
    assert values_of(program(), (("size", "2"), ("way", "twice"))) == {"size": 2.0, "way": "twice"}
    timed = check(
        Source("t.yml", SPEC.replace("size: {value: 1, unit: base", "d: 1h\n  size: {value: 1, unit: base").encode())
    )
    assert values_of(timed.require(), (("d", "90m"),)) == {"d": 5400.0}


def test_without_a_grid_the_spec_says_what_is_tried() -> None:
    own = SPEC.replace("run: {", "run: {sweep: {size: [1, 2.5], way: [once, twice]}, ")
    assert [(axis.name, axis.texts) for axis in axes_of(program(own), [])] == [
        ("size", ("1", "2.5")),
        ("way", ("once", "twice")),
    ]
    assert [axis.name for axis in axes_of(program(own), ["low=90"])] == ["low"]


def test_a_sweep_of_the_spec_takes_plain_values_only() -> None:
    own = SPEC.replace("run: {", "run: {sweep: {size: [1, 2 * 3], high: [-1]}, ")
    found = check(Source("t.yml", own.encode())).diagnostics
    assert [(d.code, d.message, d.hint) for d in found] == [
        ("FSM902", "`2 * 3` is worked out", "write the number, as `--set` takes it")
    ]


def test_what_is_swept_and_compared_is_no_part_of_what_the_spec_does() -> None:
    """Results are known by the digest: one more value to try must not make all of them unknown."""
    own = SPEC.replace("run: {", "run: {sweep: {size: [1, 2]}, periods: {early: 20240101..20240103}, ")
    assert program(own).digest == program().digest != program(SPEC.replace("value: 95", "value: 96")).digest
