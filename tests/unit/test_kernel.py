"""The kernel: what it refuses, how its modules are kept, `fsm compile`. That it does what the machine does: parity."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

from fsmtrader.cli.main import main
from fsmtrader.diagnostics import RunError
from fsmtrader.domain.instruments import Latency
from fsmtrader.kernel import cache
from fsmtrader.kernel.columns import O_AT, O_CHANGE, O_FEE, O_FILLED
from fsmtrader.kernel.emit_loop import emit_module, emit_scout
from fsmtrader.kernel.jit import by_address
from fsmtrader.program.compiler import check_merged
from fsmtrader.program.ir import Program
from fsmtrader.research.compiled import compilable, kernel_of, run_compiled
from fsmtrader.research.run import prepare
from fsmtrader.research.run_settings import Settings
from fsmtrader.spec.source import Source

ROOT = Path(__file__).parents[2]
BAND = ROOT / "specs" / "band_limited_hedging.yml"
HEAD = """
fsm: 1
strategy: {name: T}
accounts: {main: {exchange: EXCHANGE}}
legs: {A: {account: main, symbol: "BTC/USDT:USDT"}}
run: {capital: {main: 200000 USDT}}
"""
BUY = 'states: {S: {on: {"price(A)": {if: qA == 0, do: {qA: 0.25}}}}}\n'


def program_of(text: str, exchange: str = "binanceusdm") -> Program:
    head = HEAD.replace("EXCHANGE", exchange)
    return check_merged([Source("spec.yml", (head + text).encode())]).require()


def test_one_order_by_hand() -> None:
    """At the first close of 60,000 or so half a basis point worse, 0.25 are bought for a fee of 0.05 %."""
    prepared = prepare(program_of(BUY), Settings(bars=5, fee=0.0005))
    first = next(iter(next(iter(prepared.stream))))
    outcome = run_compiled(prepared, plain=True)
    assert len(outcome.orders) == 1
    order = outcome.orders[0]
    assert (order[O_CHANGE], order[O_FILLED]) == (0.25, 0.25)
    assert order[O_AT] == pytest.approx(first.d * 1.00005, rel=1e-12)
    assert order[O_FEE] == pytest.approx(0.25 * first.d * 1.00005 * 0.0005, rel=1e-12)
    assert outcome.books[0, 0] == 0.25


REFUSED = (
    (BUY + "quotes: {bid: {leg: A, side: buy, price: mark(A), quantity: 1}}\n", "working quotes"),
    (BUY + "risk: {loss: {per: day, max: 100, then: halt}}\n", "`risk: loss`"),
    (BUY + "reports: {r: {at: '09:00', show: [qA]}}\n", "`reports`"),
    (BUY + 'observe: {v: "realized_vol(mark(A), window=1h, every=1m)"}\nalerts: {a: {if: v > 1, say: x}}\n', "`every`"),
    ('states: {S: {on: {"price(A)": {if: qA == 0, do: {target: {leg: A, to: 1, how: {style: ioc}}}}}}}\n', "`how`"),
    ('states: {S: {on: {"price(A)": {if: qA > 0, do: {emergency_close: A}}}}}\n', "emergency_close"),
    ('states: {S: {on: {"price(A)": {if: "margin_ratio(main) > 1", do: {qA: 0}}}}}\n', "margin_ratio"),
)


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_what_the_kernel_has_not_is_refused_by_name(text: str, reason: str) -> None:
    found = compilable(program_of(text), Settings(bars=5))
    assert any(reason in entry for entry in found.why_not), found.why_not


def test_a_run_that_is_refused_says_why() -> None:
    prepared = prepare(program_of(BUY), Settings(bars=5, latency=Latency(0, 1000, 1000)))
    with pytest.raises(RunError, match="with latency orders are on their way"):
        run_compiled(prepared, plain=True)


def test_what_only_the_machine_can_go_on_with_is_said() -> None:
    """The leg's first 100 coins are worth 6,000,000; with 200,000 and a leverage of 20 the venue refuses them."""
    text = (HEAD + BUY).replace("EXCHANGE", "binanceusdm").replace('USDT:USDT"}', 'USDT:USDT", initial: 100}')
    program = check_merged([Source("spec.yml", text.encode())]).require()
    with pytest.raises(RunError, match="a leg's first quantity was not filled whole"):
        run_compiled(prepare(program, Settings(bars=5)), plain=True)


def test_a_changed_parameter_is_no_other_module_and_a_changed_spec_is() -> None:
    text = BAND.read_text(encoding="utf-8")
    program = check_merged([Source("spec.yml", text.encode())]).require()
    texts = [
        emit_module(program, kernel_of(prepare(program, Settings(bars=50, overrides=given))).layout)
        for given in ({}, {"k": "7", "tau_max": "1h"})
    ]
    assert texts[0] == texts[1]
    other = check_merged([Source("spec.yml", text.replace("C1: streak", "C1: 1 + streak").encode())]).require()
    changed = emit_module(other, kernel_of(prepare(other, Settings(bars=50))).layout)
    assert cache.digest(changed) != cache.digest(texts[0])


def test_modules_are_kept_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(cache.PLACE, str(tmp_path))
    assert cache.folder() == tmp_path
    monkeypatch.delenv(cache.PLACE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert cache.folder() == tmp_path / "x" / "fsmtrader"


def test_compile_shows_the_loop(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "--show", str(BAND)]) == 0
    shown = capsys.readouterr().out
    compile(shown, "loop.py", "exec")
    assert "def run(" in shown
    assert "P_ref" in shown


def test_compile_shows_what_looks_ahead_where_the_whole_is_the_machines(capsys: pytest.CaptureFixture[str]) -> None:
    quotes = str(Path(BAND).parents[1] / "examples" / "quotes.yml")
    assert main(["compile", quotes]) == 1
    said = capsys.readouterr().out
    assert "as a whole is for the machine engine only:\n" in said
    assert "`quotes`" in said
    assert said.endswith("`fsm run --engine compiled` lets quiet events pass in machine code all the same.\n")
    assert main(["compile", "--show", quotes]) == 0
    shown = capsys.readouterr().out
    compile(shown, "loop.py", "exec")
    assert "would_act(slot_0" in shown


def test_compile_lists_what_stands_against_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "quotes.yml"
    path.write_text(HEAD.replace("EXCHANGE", "binanceusdm") + REFUSED[0][0])
    assert main(["compile", str(path)]) == 1
    assert "working quotes" in capsys.readouterr().out


SMALL = """
fsm: 1
strategy: {name: Small}
accounts: {main: {exchange: exact}}
legs: {A: {account: main, symbol: "BTC/USDT:USDT"}}
states: {S: {on: {"price(A)": {if: qA == 0, do: {qA: 1}}}}}
run: {capital: {main: 200000 USDT}}
"""


def small_text() -> str:
    prepared = prepare(check_merged([Source("small.yml", SMALL.encode())]).require(), Settings(bars=5))
    return emit_scout(prepared.program, kernel_of(prepared).layout)


def test_a_cache_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    """A file where a folder is wanted: the loop is compiled all the same."""
    place = tmp_path / "file"
    place.write_text("not a folder")
    assert cache.compiled(small_text(), place).state
    assert place.read_text() == "not a folder"


@pytest.mark.parametrize("damage", [b"", b"junk", None])
def test_a_damaged_cache_is_made_anew(tmp_path: Path, damage: bytes | None) -> None:
    """Emptied, overwritten and cut off."""
    text = small_text()
    cache.compiled(text, tmp_path)
    found = [path for path in tmp_path.rglob("*.nb?") if path.is_file()]
    assert found
    for path in found:
        path.write_bytes(path.read_bytes()[:40] if damage is None else damage)
    loop = cache.compiled(text, tmp_path)
    assert dict(loop.state)["price_0"] == "float"


def test_a_function_called_by_address_is_no_part_of_what_calls_it() -> None:
    def rare(x: Any, n: int) -> int:
        x[0] += n
        return n + 1

    part = numba.njit((numba.float64[::1], numba.int64))(rare)
    called = by_address(part, "rare_of_a_test")
    loop: Any = numba.njit((numba.float64[::1], numba.int64))(lambda x, n: 10 * called(x, n))
    x = np.array([0.5])
    assert loop(x, 3) == 40
    assert x[0] == 3.5
    text = loop.inspect_llvm(loop.signatures[0])
    assert re.search(r"^declare .*@rare_of_a_test\(", text, re.MULTILINE)
    assert not re.search(r"^define .*rare", text, re.MULTILINE)
