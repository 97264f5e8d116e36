"""Moments as people read them."""

from __future__ import annotations

import datetime


def instant(time_us: int) -> str:
    """A moment in UTC, to the second."""
    moment = datetime.datetime.fromtimestamp(time_us // 1_000_000, datetime.UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S")
