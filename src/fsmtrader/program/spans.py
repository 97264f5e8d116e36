"""Spans of time as a spec writes them: `2023-04-12..2023-04-15`, or `2023041208..2023041508`."""

from __future__ import annotations

import datetime
import re

_INSTANT = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:T?([0-9]{2})(?::?([0-9]{2}))?Z?)?")
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def span_us(text: str) -> tuple[int, int] | None:
    """Both ends in microseconds since 1970, the second one may lie before the first; None for what is no span."""
    first, dots, last = text.partition("..")
    begin, end = _instant_us(first.strip()), _instant_us(last.strip())
    return (begin, end) if dots and begin is not None and end is not None else None


def _instant_us(text: str) -> int | None:
    """A day, an hour or a minute in UTC, if there is one of that name."""
    found = _INSTANT.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute = (int(part or 0) for part in found.groups())
    try:
        moment = datetime.datetime(year, month, day, hour, minute, tzinfo=datetime.UTC)
    except ValueError:
        return None
    return (moment - _EPOCH) // datetime.timedelta(microseconds=1)
