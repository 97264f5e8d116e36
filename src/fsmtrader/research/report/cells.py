"""Cells and tables of the report: escaped, and numbers as a spec would write them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from fsmtrader.domain.units import SPOKEN
from fsmtrader.research.moments import instant

DAY, HOUR, MINUTE = 86_400, 3_600, 60
NONE = '<p class="none">none</p>'
UNITS = {spoken: str(unit) for unit, spoken in SPOKEN.items()} | {"a bare number": ""}


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    numbers: tuple[int, ...] = (),
    raw: tuple[int, ...] = (),
    quiet: tuple[int, ...] = (),
    times: Sequence[float] = (),
) -> str:
    """A table; cells are escaped except those in the columns `raw`. `times`: milliseconds that rows lead to."""
    css = {**dict.fromkeys(numbers, ' class="n"'), **dict.fromkeys(quiet, ' class="t"')}
    top = "".join(f"<th{css.get(i, '')}>{escape(text)}</th>" for i, text in enumerate(head))
    body = []
    for index, row in enumerate(rows):
        cells = [text if i in raw else escape(str(text)) for i, text in enumerate(row)]
        leads = f' data-time="{times[index]:.3f}"' if times else ""
        body.append(f"<tr{leads}>" + "".join(f"<td{css.get(i, '')}>{text}</td>" for i, text in enumerate(cells)))
    return f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(body)}</tbody></table>"


def value(found: Any, unit: str, words: Sequence[str]) -> str:
    """A value as a spec would write it: `true`, `0.05%`, `6h 20m`, a word, an instant, or a number."""
    if found is None:
        return "not ready"
    if isinstance(found, str):
        return found
    match unit:
        case "truth":
            return "true" if found else "false"
        case "word" if 0 <= found < len(words):
            return str(words[int(found)])
        case "ratio":
            return f"{found * 100:.6g}%"
        case "seconds":
            return lasting(found)
        case "instant":
            return f"{instant(int(found))} UTC" if math.isfinite(found) else "never"
    return number(found)


def lasting(seconds: float) -> str:
    """A duration in its parts: `1d 6h`, `6h 19m 47s`, `0.25s`."""
    if not math.isfinite(seconds):
        return number(seconds)
    rest, parts = abs(seconds), []
    for size, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m")):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count:.0f}{unit}")
    if rest >= 0.5 or (rest and not parts):
        parts.append(f"{rest:.0f}s" if parts else f"{rest:.4g}s")
    return ("-" if seconds < 0 else "") + (" ".join(parts) or "0s")


def shorter(unit: str) -> str:
    """`a quantity of base` is `base`."""
    return UNITS.get(unit, unit.removeprefix("a value in "))


def amount(found: float) -> str:
    return f"{found + 0.0:,.2f}"


def number(found: Any) -> str:
    """A number as short as it can be read; a dash for none."""
    if found is None or found != found:
        return "-"
    return f"{found:,.9g}" if isinstance(found, int | float) else str(found)


def tone(found: float) -> str:
    return "good" if found > 0 else "bad" if found < 0 else ""


def duration(seconds: float) -> str:
    """Days, hours, minutes or seconds, to one decimal."""
    for size, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m")):
        if seconds >= size:
            return f"{seconds / size:,.1f} {unit}"
    return f"{seconds:.1f} s"
