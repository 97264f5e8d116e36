"""Messages as a recorder has written them, a line each: a local time and the JSON that Binance sent.

Known are `<ns> {…}` and `<s>: {…}`, a stream's first line that names its address, and answers of the REST interface
(`<address> -> <s>: {…}`). Depth, its snapshots, quotes and trades are taken; what else there is, is counted.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from fsmtrader.data.importing.spool import Input, Spool
from fsmtrader.diagnostics import DataError
from fsmtrader.diagnostics.visible import visible

LONGEST_LINE = 1 << 24
GZIP = b"\x1f\x8b"
LINE = re.compile(rb"(?:(?P<address>\S+://\S+) -> )?(?P<whole>\d{9,20})(?:\.(?P<part>\d+))?:? +(?=[\[{])")
SYMBOL = re.compile(rb"[?&]symbol=([A-Za-z0-9_]+)")
DEPTH = "depthUpdate"
Message = Mapping[str, object]


def is_lines(path: str) -> bool:
    """Whether a file's first lines are a recorder's."""
    try:
        with _opened(path) as stream:
            first = [stream.readline(LONGEST_LINE) for _ in range(2)]
    except (OSError, EOFError):
        return False
    return any(LINE.match(line) for line in first)


def read_lines(path: str, folder: Path, progressed: Callable[[int], None]) -> tuple[list[Input], Counter[str]]:
    """The tables of a recording, and what was not taken by its kind. DataError names the line that cannot be read."""
    reader = _Reader(Spool(folder, path))
    try:
        with _opened(path) as stream:
            for number, line in enumerate(_lines(stream), start=1):
                try:
                    reader.take(line)
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    shown = visible(line[:60].decode("utf-8", "replace"))
                    raise DataError(
                        f"{path}: line {number}: is no message of Binance ({_why(error)}): {shown}"
                    ) from error
                if number % 10_000 == 0:
                    progressed(10_000)
    except EOFError as error:
        raise DataError(f"{path}: ends too early: it was cut off") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from error
    return reader.close(), reader.ignored


def _why(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"no `{error.args[0]}`"
    return str(error).partition(":")[0].lower() or "damaged"


def _opened(path: str) -> IO[bytes] | gzip.GzipFile:
    with open(path, "rb") as stream:
        is_packed = stream.read(2) == GZIP
    return gzip.open(path, "rb") if is_packed else open(path, "rb")


def _lines(stream: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    while line := stream.readline(LONGEST_LINE):
        yield line


@dataclass(slots=True)
class _Reader:
    """Takes messages one by one. `nameless`: snapshots whose line does not say of which market they are."""

    spool: Spool
    ignored: Counter[str] = field(default_factory=Counter)
    nameless: list[tuple[int, Message]] = field(default_factory=list)
    symbols: set[str] = field(default_factory=set)
    empty: dict[str, tuple[object, object]] = field(default_factory=dict)

    def take(self, line: bytes) -> None:
        """One line; ValueError and its like when it is none."""
        text = line.strip()
        found = LINE.match(text)
        if found is None:
            if not text or text.startswith((b"wss://", b"ws://", b"http")):
                return
            raise ValueError("no time before it")
        local_ns = _nanoseconds(found["whole"], found["part"] or b"")
        message = json.loads(text[found.end() :])
        data = message.get("data", message)
        if "lastUpdateId" in data:
            named = SYMBOL.search(found["address"] or b"")
            self._snapshot(local_ns, named[1].decode().upper() if named else _of_stream(message), data)
            return
        kind = data.get("e") or ("bookTicker" if {"u", "b", "B", "a", "A"} <= data.keys() else "")
        taken = TAKEN.get(kind)
        if taken is None and kind != DEPTH:
            self.ignored[kind or "without a kind"] += 1
            return
        symbol = str(data["s"])
        self.symbols.add(symbol)
        if taken is None:
            self._depth(local_ns, symbol, data)
            return
        table, rows = taken(local_ns, data)
        self.spool.add(symbol, table, rows)

    def _depth(self, local_ns: int, symbol: str, data: Message) -> None:
        """Changes. A message without a level has no row: its update ids count as those of the next one."""
        first, before = self.empty.pop(symbol, (data["U"], data.get("pu")))
        ids, times = (first, data["u"], before), (local_ns, data["E"], data.get("T"))
        rows: list[tuple[object, ...]] = [(*times, *ids, *level) for level in _levels(data["b"], data["a"])]
        if not rows:
            self.empty[symbol] = first, before
        self.spool.add(symbol, "depth", rows)

    def close(self) -> list[Input]:
        """All tables; a snapshot that names no market is of the only one there is."""
        for local_ns, data in self.nameless:
            if len(self.symbols) != 1:
                raise DataError(
                    f"{self.spool.origin}: a snapshot names no market, and there are {len(self.symbols)}: "
                    "which one is it of?"
                )
            self._snapshot(local_ns, next(iter(self.symbols)), data)
        return self.spool.close()

    def _snapshot(self, local_ns: int, symbol: str, data: Message) -> None:
        if not symbol:
            self.nameless.append((local_ns, data))
            return
        times, last = (local_ns, data.get("E"), data.get("T")), int(str(data["lastUpdateId"]))
        self.spool.add(symbol, "snapshot", [(*times, last, *level) for level in _levels(data["bids"], data["asks"])])


def _of_stream(message: Message) -> str:
    return str(message.get("stream", "")).partition("@")[0].upper()


def _nanoseconds(whole: bytes, part: bytes) -> int:
    """A time that is written in nanoseconds, or in seconds with decimals."""
    return int(whole) if len(whole) >= 17 else int(whole + part[:9].ljust(9, b"0"))


def _levels(bids: object, asks: object) -> Iterator[tuple[int, float, float]]:
    if not (isinstance(bids, list) and isinstance(asks, list)):
        raise TypeError("no lists of levels")
    yield from ((1, float(price), float(size)) for price, size in bids)
    yield from ((-1, float(price), float(size)) for price, size in asks)


def _quote(local_ns: int, data: Message) -> tuple[str, list[tuple[object, ...]]]:
    prices = (float(str(data[key])) for key in ("b", "B", "a", "A"))
    return "bookticker", [(local_ns, data.get("E"), data.get("T"), data["u"], *prices)]


def _trade(local_ns: int, data: Message) -> tuple[str, list[tuple[object, ...]]]:
    number = data["t"] if "t" in data else data["a"]
    price, size = float(str(data["p"])), float(str(data["q"]))
    return "trades", [(local_ns, data["E"], data["T"], number, price, size, data["m"], data.get("X", ""))]


TAKEN: Mapping[str, Callable[[int, Message], tuple[str, list[tuple[object, ...]]]]] = {
    "bookTicker": _quote,
    "trade": _trade,
    "aggTrade": lambda local_ns, data: ("aggtrades", _trade(local_ns, data)[1]),
}
