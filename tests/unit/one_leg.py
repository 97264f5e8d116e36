"""A spec of one leg that buys once, and three bars for it."""

ONE = """\
fsm: 1
strategy: {name: one}
accounts: {main: {exchange: binanceusdm}}
legs: {X: {account: main, symbol: BTC/USDT:USDT}}
events: {tick: price(X)}
states:
  A: {on: {tick: {if: qX < 1, do: {qX: 1}}}}
"""
BARS = """\
ts,open,high,low,close,volume
2024-01-01T00:00:00Z,100,101,99,100,1
2024-01-01T08:00:00Z,100,111,99,110,1
2024-01-01T16:00:00Z,110,121,109,120,1
"""
