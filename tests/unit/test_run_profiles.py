"""At which venue an account of a run is simulated, what it pays there, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmtrader.diagnostics import UsageError
from fsmtrader.domain.instruments import Fees, Jitter, Latency
from fsmtrader.program.compiler import check
from fsmtrader.program.ir import Program
from fsmtrader.research.assembly import terms_of, venue_accounts
from fsmtrader.research.compiled import kernel_of
from fsmtrader.research.run import prepare, run
from fsmtrader.research.run_settings import DataFile, Settings
from fsmtrader.spec.source import Source

SPEC = (
    "fsm: 1\naccounts: {a: {exchange: grvt}, b: {exchange: lighter}}\n"
    "legs: {X: {account: a, symbol: BTC/USDT:USDT}, Y: {account: b, symbol: BTC/USDC:USDC}}\n"
    "states: {A: {on: {price_update: {if: mark(X) < 0, do: {qX: 1}}}}}\n"
)
ONE = (
    "fsm: 1\naccounts: {main: {exchange: EXCHANGE}}\nlegs: {X: {account: main, symbol: BTC/USDT:USDT}}\n"
    "variables: {n: {initial: 0}}\n"
    "states: {A: {on: {price_update: {if: n == 0, do: [{n: 1}, {qX: 1}]}}}}\n"
)
BARS = "ts,open,high,low,close\n" + "".join(
    f"2024-01-01T{hour:02}:00:00Z,{p},{p},{p},{p}\n" for hour, p in enumerate((100, 200, *range(300, 2_400, 100)))
)


def program(text: str) -> Program:
    return check(Source("t.yml", text.encode())).require()


def fees(text: str, **settings: object) -> dict[str, Fees]:
    of = program(text)
    given = Settings(**settings)  # type: ignore[arg-type]
    return {account.name: account.profile.fees for account in venue_accounts(of, given, terms_of(of, given))}


def test_V09_every_account_pays_its_own_venue() -> None:
    assert fees(SPEC) == {"a": Fees(0.00026, 0.00045), "b": Fees(0.0, 0.0)}
    stated = SPEC + "run: {fees: {b: {taker: 2bp, maker: -0.5bp}}}\n"
    assert fees(stated) == {"a": Fees(0.00026, 0.00045), "b": Fees(-0.00005, 0.0002)}
    assert fees(SPEC, fee=0.001)["b"].taker == 0.001
    assert fees(SPEC, profile="lighter_premium") == dict.fromkeys("ab", Fees(0.00004, 0.00028))
    unknown = SPEC.replace("lighter", "nowhere")
    assert fees(unknown) == dict.fromkeys("ab", Fees(0.00026, 0.00045)), "of a venue that nobody knows: the first's"


def test_the_venue_is_the_runs_else_the_accounts_profile_else_its_exchange() -> None:
    def names(text: str, profile: str = "") -> list[str]:
        of, given = program(text), Settings(profile=profile)
        return [account.profile.name for account in venue_accounts(of, given, terms_of(of, given))]

    assert names(SPEC) == ["grvt", "lighter"]
    assert names(SPEC.replace("lighter}", "lighter, profile: exact}")) == ["grvt", "exact"]
    assert names(SPEC, "aster") == ["aster", "aster"]
    assert names(SPEC.replace("grvt", "bybit")) == ["binanceusdm", "lighter"]
    with pytest.raises(UsageError, match="the account b: there is no profile exat; there are exact, binanceusdm"):
        names(SPEC.replace("lighter}", "lighter, profile: exat}"))


def test_V07_a_venue_without_hedge_mode_is_no_venue_for_a_hedged_account() -> None:
    hedged = ONE.replace("EXCHANGE", "binanceusdm, position_mode: hedge").replace("USDT}}", "USDT, side: long}}")
    with pytest.raises(UsageError, match="grvt has no hedge mode, which the account main is in"):
        prepare_accounts(program(hedged), Settings(profile="grvt"))


def prepare_accounts(of: Program, settings: Settings) -> None:
    venue_accounts(of, settings, terms_of(of, settings))


@pytest.fixture
def bars(tmp_path: Path) -> DataFile:
    path = tmp_path / "bars.csv"
    path.write_text(BARS)
    return DataFile(str(path))


def test_V13_an_order_that_is_held_has_the_next_bar(bars: DataFile) -> None:
    """Decided at the close of 100: Binance fills it there, GRVT 25 ms later, which is at the next bar's open."""
    filled = {}
    for exchange in ("binanceusdm", "grvt"):
        summary = run(program(ONE.replace("EXCHANGE", exchange)), Settings((bars,), spread=0.0))
        filled[exchange] = [position.average_price for position in summary.positions]
    assert filled == {"binanceusdm": [100.0], "grvt": [200.0]}


def test_what_is_assumed_of_a_venue_is_a_note(bars: DataFile) -> None:
    def notes(exchange: str) -> str:
        return "\n".join(run(program(ONE.replace("EXCHANGE", exchange)), Settings((bars,))).notes)

    assert "aster: simulated with grids and fees of its own" in notes("aster")
    assert "bybit: simulated with the rules of binanceusdm" in notes("bybit")
    assert "simulated with" not in notes("grvt")


def test_V13_a_recorded_feed_that_nobody_recorded_is_said(tmp_path: Path) -> None:
    rows = "".join(f"2024-01-01T00:00:{second:02}Z,2024-01-01T00:00:{second:02}.25Z,2000,2001\n" for second in range(9))
    (tmp_path / "both.csv").write_text("ts_exch,ts_local,bid,ask\n" + rows)
    (tmp_path / "one.csv").write_text("ts,x,bid,ask\n" + rows)
    latency = Latency(has_recorded_feed=True)

    def told(name: str, **mapping: str) -> str:
        settings = Settings((DataFile(str(tmp_path / name)),), mapping=mapping, latency=latency)
        return "\n".join(run(program(ONE.replace("EXCHANGE", "binanceusdm")), settings).notes)

    assert "feed=recorded: no event of the data says how long it took" in told("one.csv")
    assert "feed=recorded" in told("both.csv"), "its local clock is taken"
    assert "feed=recorded" not in told("both.csv", time="ts_exch")


def test_the_kernel_leaves_a_venue_that_holds_orders_to_the_machine(bars: DataFile) -> None:
    why_not = kernel_of(prepare(program(ONE.replace("EXCHANGE", "grvt")), Settings((bars,)))).why_not
    assert "grvt holds orders before they are matched" in why_not
    plain = kernel_of(prepare(program(ONE.replace("EXCHANGE", "binanceusdm")), Settings((bars,)))).why_not
    assert not any("holds orders" in reason for reason in plain)


def test_V22_what_is_drawn_for_a_run_is_its_seeds(bars: DataFile) -> None:
    def price(seed: int) -> list[float | None]:
        latency = Latency(entry_us=1_000, jitter=Jitter(3_600_000_000, seed=seed))
        summary = run(program(ONE.replace("EXCHANGE", "binanceusdm")), Settings((bars,), spread=0.0, latency=latency))
        return [position.average_price for position in summary.positions]

    prices = {seed: price(seed) for seed in range(1, 9)}
    assert prices == {seed: price(seed) for seed in range(1, 9)}
    assert len({str(found) for found in prices.values()}) > 1, "some come an hour later than others"


RESTING = (
    "fsm: 1\naccounts: {main: {exchange: EXCHANGE}}\nlegs: {X: {account: main, symbol: ETH/USDC:USDC}}\n"
    "quotes: {bid: {leg: X, side: buy, price: mark(X) + 10, quantity: 1, post_only: true}}\n"
    "variables: {n: {initial: 0}, why: {initial: 0}}\n"
    "states: {A: {on: {rejected: {do: {n: n + 1}}, cancelled: {do: {n: n + 100}}}}}\n"
)


def test_V01_a_quote_that_would_take_is_told_as_its_venue_tells_it(tmp_path: Path) -> None:
    """Binance rejects it, Lighter accepts and cancels it: both are counted, with the reason."""
    rows = "".join(f"2024-01-01T00:00:{second:02}Z,2000,5,2001,5\n" for second in range(30))
    (tmp_path / "quotes.csv").write_text("ts,bid,bid_size,ask,ask_size\n" + rows)
    quotes, counts = DataFile(str(tmp_path / "quotes.csv")), {}
    for exchange in ("binanceusdm", "lighter"):
        summary = run(program(RESTING.replace("EXCHANGE", exchange)), Settings((quotes,), spread=0.0))
        counts[exchange] = {(outcome, reason) for outcome, reason, _ in summary.orders}
        assert summary.fills == 0
    assert counts == {"binanceusdm": {("rejected", "post_only")}, "lighter": {("cancelled", "post_only")}}
