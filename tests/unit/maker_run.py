"""A spec with two working quotes, and a minute of quotes and trades in which each of its fills can be followed by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fsmtrader.program.compiler import check
from fsmtrader.research.keeping import run_into
from fsmtrader.research.run_settings import Settings, data_file
from fsmtrader.spec.source import Source

MAKER = """\
fsm: 1
strategy: {name: small-maker, version: "1.0"}
accounts: {main: {exchange: exact}}
legs: {X: {account: main, symbol: BTC/USDT:USDT}}
parameters: {half: {value: 2, unit: price}, pause: 20s, most: {value: 5, unit: base}}
observe: {width: 2 * half / mid(X), pace: 10s}
variables: {turns: {initial: 0}}
events: {look: book(X)}
regions:
  risk:
    states:
      OPEN:
        on:
          look: {if: mid(X) >= 110, do: [{alert: shut}, {record: {risk_event: {level: mid(X)}}}, {turns: turns + 1}], transition_to: SHUT, because: too high}
      SHUT: {orders: none, after: {pause: {transition_to: OPEN}}}
  maker:
    for_each: [{side: buy, s: -1}, {side: sell, s: 1}]
    quotes:
      lone: {leg: X, side: side, price: mid(X) + s * half, quantity: 1, post_only: true, every: 10s, when: risk == OPEN}
    states: {MAKER: {}}
risk: {position: {X: most}}
alerts: {shut: {say: "shut at {mid(X)}"}}
invariants: {small: abs(qX) <= most}
metrics: [width, pace, risk, turns, maker]
run: {capital: {main: 1000 USDT}}
"""
QUOTES = """\
time,bid,bid_size,ask,ask_size
2024-01-01T00:00:00Z,99,5,101,5
2024-01-01T00:00:05Z,99,5,101,5
2024-01-01T00:00:16Z,101,5,103,5
2024-01-01T00:00:26Z,109,5,111,5
2024-01-01T00:00:36Z,99,5,101,5
2024-01-01T00:00:47Z,99,5,101,5
2024-01-01T00:01:00Z,99,5,101,5
"""
TRADES = """\
time,price,size,side
2024-01-01T00:00:03Z,97,10,sell
2024-01-01T00:00:08Z,103,10,buy
"""


def run_small(folder: Path, spec: str = MAKER, quotes: str = QUOTES, trades: str = TRADES, **more: Any) -> Path:
    """Run it with a fee of 0.1 %; gives the folder in which it is kept."""
    (folder / "quotes.csv").write_text(quotes)
    (folder / "trades.csv").write_text(trades)
    data = tuple(data_file(str(folder / name)) for name in ("quotes.csv", "trades.csv"))
    source = Source("maker.yml", spec.encode())
    run_into(folder / "run", check(source).require(), (source,), Settings(data=data, fee=0.001), **more)
    return folder / "run"
