"""Machine and kernel on random specs over random markets: transitions, orders and fills, event by event, and equity.

A failure shows the seed, a smaller spec that fails, too, and the first difference. To look at one seed by hand:
`case_of(seed)` of `random_specs`, `compare(case)` of `random_runs`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache

import pytest
from tests.parity.random_runs import Machine, Verdict, compare, difference, on_kernel, on_machine
from tests.parity.random_shrink import shrunk
from tests.parity.random_specs import Case, case_of

from fsmtrader.catalog.functions import FUNCTIONS
from fsmtrader.catalog.indicators import INDICATORS
from fsmtrader.diagnostics import DataError, RunError, UsageError
from fsmtrader.kernel import cache as modules
from fsmtrader.kernel import runtime, runtime_venue
from fsmtrader.kernel.emit_loop import emit_module
from fsmtrader.kernel.run import KernelStopped
from fsmtrader.research.compiled import kernel_of
from fsmtrader.research.run import Prepared

BLOCK, BLOCKS = 52, 10
COMPILED = range(20)
WITH_BUGS = 60
SHRINK_TRIES = 150
FILLS = 4


def shown(case: Case, verdict: Verdict) -> str:
    """All that is needed to see a difference again."""
    small = shrunk(case, _differs, SHRINK_TRIES)
    markets = "\n".join(map(str, small.plans.values()))
    return (
        f"seed {case.seed}: {verdict.difference}\n\na smaller one: {compare(small).difference}\n"
        f"{json.dumps(small.tree)}\nevents: {small.count or 'all'}; {small.settings}\n{markets}"
    )


def _differs(case: Case) -> bool:
    program = case.program()
    try:
        if program is None or kernel_of(case.prepared(program)).why_not:
            return False
        return compare(case).difference != ""
    except (RunError, UsageError, DataError):
        return False


# -- parity ------------------------------------------------------------------------------------------------------------

AT_LEAST = {
    "RowTaken": 30,
    "moves": 16,
    "fills": 20,
    "done": 18,
    "failed": 8,
    "compensations": 1,
    "rejected": 1,
    "expired": 1,
    "alert refused": 3,
    "FundingBooked": 2,
    "alerts": 14,
    "broken promises": 4,
}
"""in how many runs of a block each of these happens, so that parity says something"""


@pytest.mark.parametrize("block", range(BLOCKS))
def test_machine_and_kernel_agree(block: int) -> None:
    runs: Counter[str] = Counter()
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        case = case_of(seed)
        verdict = compare(case)
        if verdict.difference:
            pytest.fail(shown(case, verdict))
        runs.update(name for name, count in verdict.counts.items() if count)
        runs["handed over"] += bool(verdict.stopped)
        runs["left out"] += not verdict.compared
    assert {name: runs[name] for name, least in AT_LEAST.items() if runs[name] < least} == {}, dict(runs)
    assert runs["handed over"] <= BLOCK // 3, "the kernel leaves too many runs to the machine to be compared"
    assert runs["left out"] <= BLOCK // 5


def test_specs_use_the_language() -> None:
    """Every function and indicator, and every form, stands in some of the first specs."""
    texts = [case_of(seed).text for seed in range(BLOCK)]
    clocked = "every=" if not all("every=" in text for text in texts) else ""
    words = [f"{entry.name}(" for entry in (*FUNCTIONS, *INDICATORS) if entry.name != "opposite"]
    words += [
        '"wait"',
        '"let"',
        '"on_fail"',
        '"net"',
        '"within"',
        '"final"',
        '"after"',
        '"exit"',
        '"enter"',
        '"regions"',
    ]
    words += ['"for_each"', '"repeat"', '"each"', '"one_of"', '"orders": "reduce"', '"orders": "none"', '"initial"']
    words += [
        '"rebalance"',
        '"reduce_positions"',
        '"max_slippage"',
        '"position"',
        '"maker_only"',
        '"hedge"',
        "time_in_state",
    ]
    words += [
        "every(",
        "funding(",
        "trade(",
        "book(",
        "bar(",
        '"done',
        '"failed',
        '"filled',
        '"told"',
        "implies",
        " if ",
        "not (",
    ]
    words += [
        "on=",
        "ready=",
        "entered(",
        "anchored(",
        "since(",
        "**",
        "min_notional(",
        "lot(",
        "tick(",
        "funding_rate(",
    ]
    assert clocked == "every="
    missing = [word for word in words if not any(word in text for text in texts)]
    assert missing == []


# -- compiled ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def one_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, worker_id: str) -> None:
    """Modules of this session, of all its processes, are kept in one place."""
    base = tmp_path_factory.getbasetemp()
    monkeypatch.setenv(modules.PLACE, str((base if worker_id == "master" else base.parent) / "kernels"))


def trading(number: int) -> tuple[Case, Machine]:
    """A small case with some fills, and its run on the machine."""
    for seed in range(10_000 + 100 * number, 10_100 + 100 * number):
        case = case_of(seed, small=True)
        verdict = compare(case)
        if verdict.counts["fills"] >= FILLS and not verdict.stopped:
            program = case.program()
            assert program is not None
            return case, on_machine(case.prepared(program))
    raise AssertionError("the generator has become dull")


@pytest.mark.usefixtures("one_cache")
@pytest.mark.parametrize("number", COMPILED)
def test_compiled_agrees(number: int) -> None:
    case, heard = trading(number)
    program = case.program()
    assert program is not None
    outcome = on_kernel(case.prepared(program), plain=False)
    found = difference(program, heard, outcome)
    assert not found, f"seed {case.seed}: {found}\n{case.text}\n{case.settings}"


# -- planted bugs ------------------------------------------------------------------------------------------------------


@cache
def machine_of(seed: int) -> tuple[Prepared, Machine, str] | None:
    """A seed's run on the machine, and the module of its kernel; None for a run that the kernel hands over."""
    case = case_of(seed)
    program = case.program()
    assert program is not None
    prepared = case.prepared(program)
    try:
        outcome = on_kernel(prepared)
    except KernelStopped:
        return None
    heard = on_machine(prepared)
    assert difference(program, heard, outcome) == "", f"seed {seed} differs without any bug planted"
    return prepared, heard, emit_module(program, kernel_of(prepared).layout)


def caught(change: Callable[[str], str]) -> int:
    """The first seed that shows a bug in the emitted text (or in what it calls); -1 for none."""
    for seed in range(WITH_BUGS):
        known = machine_of(seed)
        if known is None:
            continue
        prepared, heard, text = known
        try:
            outcome = on_kernel(prepared, modules.loop_of(change(text)))
        except (KernelStopped, IndexError):
            return seed
        if difference(prepared.program, heard, outcome):
            return seed
    return -1


IN_THE_TEXT = {
    "an order that failed is no failure": (r"1 if s\[(FAILED_\d+)\] else", r"2 if s[\1] else"),
    "no permission": (r"PERMISSION_\d+\[int\(s\[LEAF_\d+\]\)\]", "2"),
    "a state lasts a moment less": (r"(x\[\w*ENTERED_S\d+\]) = float\(now\)", r"\1 = float(now) + 1.0"),
    "intervals are a millionth longer": (r"(step_\d+) = max\((.*)\)  #", r"\1 = max(\2) + 50.0  #"),
    "alerts repeat half as often": (r"( now - s?\[?\w+\]? >= .*?) \* 1000000", r"\1 * 2000000"),
    "no spread": (r"spread_around\((\w+), half_spread\)", r"spread_around(\1, 0.0)"),
    "a streak counts everything": (r"streak_update\((g\d+), value", r"streak_update(\1, 1.0"),
    "windows are twice as long": (r"(highest|lowest)_update\((g\d+), value, now, ", r"\1_update(\2, value, now, 2 * "),
    "what was anchored stays": (r"anchored_update\((g\d+), value", r"anchored_update(\1, 1.0"),
    "the mark is the last price": (r"(has_mark_\d+) = True", r"\1 = False"),
    "what is held gains a millionth more": (r"equity \+= (gain_\d+) \*", r"equity += 1.000001 * \1 *"),
    "promises hold everywhere": (r"if s\[LEAF_\d+\] == 0:", "if True:"),
    "the size of the bid is that of the ask": (r"\bask_size_(\d+), ask_used_", r"bid_size_\1, ask_used_"),
}


@pytest.mark.parametrize("name", IN_THE_TEXT)
def test_a_bug_in_the_emitted_text_is_caught(name: str) -> None:
    pattern, wrong = IN_THE_TEXT[name]
    found = 0

    def planted(text: str) -> str:
        nonlocal found
        changed, count = re.subn(pattern, wrong, text)
        found += count
        return changed

    seed = caught(planted)
    assert found, "the emitter writes it another way now: plant the bug there"
    assert seed >= 0


def _carries_nothing(real: Callable[..., object]) -> Callable[..., object]:
    def change_towards(books: list[list[float]], legs: object, leg: int, *rest: object) -> object:
        books[leg, runtime.c.CARRIED] = 0.0  # type: ignore[call-overload]  # an array
        return real(books, legs, leg, *rest)

    return change_towards


IN_WHAT_IS_CALLED: dict[str, tuple[str, Callable[[Callable[..., object]], Callable[..., object]]]] = {
    "funding is paid by the wrong side": (
        "pay_funding",
        lambda real: lambda m, mark, rate, *rest: real(m, mark, -rate, *rest),
    ),
    "no margin is asked for": ("has_margin", lambda real: lambda *given: True),
    "everything is permitted": ("is_allowed", lambda real: lambda *given: True),
    "what rounding left is forgotten": ("change_towards", _carries_nothing),
    "sizes suffice": ("take", lambda real: lambda left, price, touch, *rest: (left, 0.0, 0.0)),
    "fees are a millionth less": ("fee", lambda real: lambda *given: real(*given) * (1.0 - 1e-6)),
    "nothing reduces": ("reduces", lambda real: lambda held, change: False),
    "slippage is doubled": (
        "slippage_limit",
        lambda real: lambda price, share, is_buy: real(price, 2.0 * share, is_buy),
    ),
    "no least size": ("least_of", lambda real: lambda *given: 0.0),
    "positions are unlimited": ("is_refused", lambda real: lambda *given: False),
    "the last event comes first": (
        "raise_first",
        lambda real: lambda gathered, count, works, waiting: _all(runtime.push, gathered, count, works, waiting),
    ),
}


def _all(push: Callable[..., int], gathered: object, count: int, works: object, waiting: int) -> int:
    """`raise_first` the wrong way round."""
    for work in _rows(gathered, count):
        waiting = push(works, waiting, *(int(value) for value in work))
    return waiting


def _rows(table: object, count: int) -> Iterator[list[float]]:
    for number in range(count):
        yield list(table[number])  # type: ignore[index]  # an array


@pytest.mark.parametrize("name", IN_WHAT_IS_CALLED)
def test_a_bug_in_what_is_called_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = [machine_of(seed) for seed in range(WITH_BUGS)]
    assert len(known) - known.count(None) >= WITH_BUGS // 2
    function, wrong = IN_WHAT_IS_CALLED[name]
    places = [module for module in (runtime, runtime_venue) if hasattr(module, function)]
    assert places, "it is called otherwise now: plant the bug there"
    for module in places:
        monkeypatch.setattr(module, function, wrong(getattr(module, function)))
    assert caught(lambda text: text) >= 0
