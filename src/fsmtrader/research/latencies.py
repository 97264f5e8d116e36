"""Latency as it is written on a command line, and as a journal keeps it (V-13)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from fsmtrader.data.delays import Delays, read_delays
from fsmtrader.diagnostics import UsageError
from fsmtrader.domain.instruments import Jitter, Latency, Shape
from fsmtrader.research.settings import number_of

SECOND_US = 1_000_000
MOST_SECONDS = 3_600.0
WAYS = ("feed", "order", "response")
RECORDED = "recorded"
SUFFIXES = (".csv", ".csv.gz", ".parquet", ".feather", ".arrow")
SIGMA = 1.0
MOST_SIGMA = 5.0
KEYS = (*WAYS, "jitter", "shape", "sigma", "seed", "file")


def latency_of(text: str) -> Latency:
    """`20ms`: an order's way there and its answer's way back; `feed=5ms,order=20ms,response=20ms` one by one.

    `feed=recorded`: news take what the data says they took. A file, or `file=FILE`: recorded ways of orders and
    answers. `jitter=5ms` comes on top, drawn with `seed=1`; `shape=lognormal,sigma=0.5` for exponential.
    """
    given: dict[str, str] = {}
    for item in [text] if _is_file(text) else text.split(","):
        name, is_named, value = (part.strip() for part in item.partition("="))
        if _is_file(item):
            name, is_named, value = "file", "=", item.strip()
        names = (name,) if is_named else ("order", "response")
        if not set(names) <= set(KEYS):
            raise _wrong(text)
        if given.keys() & set(names):
            raise UsageError(f"--latency {text}: {' and '.join(sorted(given.keys() & set(names)))} is said twice")
        given.update(dict.fromkeys(names, value if is_named else name))
    return Latency(
        0 if given.get("feed") == RECORDED else _time(text, given, "feed"),
        _time(text, given, "order"),
        _time(text, given, "response"),
        _jitter(text, given),
        _recorded(given),
        given.get("feed") == RECORDED,
    )


def _is_file(text: str) -> bool:
    return text.strip().lower().endswith(SUFFIXES) and not text.strip().startswith("file=")


def _time(text: str, given: Mapping[str, str], name: str) -> int:
    """Microseconds. A time without its unit is refused: nobody means seconds here."""
    if name in given and not given[name].strip()[-1:].isalpha() and given[name].strip() != "0":
        raise _wrong(text)
    seconds = number_of(given.get(name), math.nan) if name in given else 0.0
    if not 0.0 <= seconds < MOST_SECONDS:
        raise _wrong(text)
    return round(seconds * SECOND_US)


def _jitter(text: str, given: Mapping[str, str]) -> Jitter | None:
    if "jitter" not in given:
        if {"shape", "sigma", "seed"} & given.keys():
            raise UsageError(f"--latency {text}: shape, sigma and seed are a jitter's; write e.g. jitter=5ms,seed=7")
        return None
    shapes = {shape.value: shape for shape in Shape}
    shape = shapes.get(given.get("shape", Shape.EXPONENTIAL.value))
    sigma, seed = number_of(given.get("sigma"), SIGMA), given.get("seed", "1")
    if shape is None or not 0.0 < sigma <= MOST_SIGMA or not seed.isdecimal():
        raise UsageError(
            f"--latency {text}: a jitter's shape is {' or '.join(shapes)}, its sigma above 0 up to {MOST_SIGMA:g}, its "
            f"seed a whole number"
        )
    return Jitter(_time(text, given, "jitter"), shape, sigma, int(seed))


def _recorded(given: Mapping[str, str]) -> Delays:
    path = given.get("file")
    if path is None:
        return ()
    if not Path(path).is_file():
        raise UsageError(f"--latency {path}: there is no such file")
    return read_delays(path)


def _wrong(text: str) -> UsageError:
    return UsageError(
        f"--latency {text}: write e.g. 20ms or feed=5ms,order=20ms,response=20ms; also feed=recorded, jitter=5ms, and "
        f"the name of a table of recorded latencies"
    )


def plain_latency(latency: Latency | None) -> object:
    """For a journal: constants as a list, else a mapping."""
    if latency is None:
        return None
    constants = [latency.feed_us, latency.entry_us, latency.response_us]
    if latency == Latency(latency.feed_us, latency.entry_us, latency.response_us):
        return constants
    jitter = latency.jitter
    return {
        "constant": constants,
        "jitter": jitter and [jitter.mean_us, jitter.shape.value, jitter.sigma, jitter.seed],
        "recorded": [list(row) for row in latency.recorded],
        "feed": latency.has_recorded_feed,
    }


def latency_from_plain(plain: object) -> Latency | None:
    """What `plain_latency` has made, as a latency again."""
    if isinstance(plain, list):
        return Latency(plain[0], plain[1], plain[2])
    if not isinstance(plain, dict):
        return None
    feed, entry, response = plain["constant"]
    given = plain["jitter"]
    jitter = Jitter(given[0], Shape(given[1]), given[2], given[3]) if given else None
    recorded = tuple((time, there, back) for time, there, back in plain["recorded"])
    return Latency(feed, entry, response, jitter, recorded, plain["feed"])
