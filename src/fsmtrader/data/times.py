"""Times as whole microseconds since 1970, UTC, from however a file writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fsmtrader.diagnostics import DataError

if TYPE_CHECKING:
    import polars as pl

    from fsmtrader.data.events import Times

MISSING = -(2**63)
"""where a row has no time that can be read"""

LEAST_US = 631_152_000_000_000  # 1990
MOST_US = 4_102_444_800_000_000  # 2100

UNITS_NS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
UNIT_LIMITS = ((10**11, "s"), (10**14, "ms"), (10**17, "us"))
"""up to which number a count since 1970 is of this unit; above it is nanoseconds"""

OFFSET = r"(Z|UTC|[+-]\d{2}:?\d{2})$"
FORMATS = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y%m%d %H:%M:%S%.f", "%Y%m%d")


@dataclass(frozen=True, slots=True)
class Clock:
    """How a file writes times: counts of a `unit` (s, ms, us, ns), or `datetime`, or `text`, with a zone or without."""

    unit: str
    has_zone: bool = True

    @property
    def words(self) -> str:
        """For people."""
        if self.unit in UNITS_NS:
            return f"counts since 1970 in {self.unit}"
        kind = "moments" if self.unit == "datetime" else "texts"
        return kind if self.has_zone else f"{kind} without a zone, read as UTC"


def clock_of(file: str, times: pl.Series) -> Clock:
    """From the first rows of a file. DataError when they are no times."""
    import polars as pl

    if isinstance(times.dtype, pl.Datetime):
        return Clock("datetime", times.dtype.time_zone is not None)
    if times.dtype == pl.Date:
        return Clock("datetime", False)
    counts = _counts(times)
    if counts is None:
        if times.dtype != pl.String:
            raise DataError(f"{file}: column `{times.name}` is {times.dtype}, expected times")
        zoned = times.drop_nulls().str.strip_chars().str.contains(OFFSET)
        return Clock("text", bool(zoned.any()))
    suffix = re.search(r"_(ns|us|ms|s)$", times.name.strip().lower())
    if suffix:
        return Clock(suffix[1])
    greatest = counts.abs().max()
    size = float(greatest) if isinstance(greatest, int | float) else 0.0
    return Clock(next((unit for limit, unit in UNIT_LIMITS if size < limit), "ns"))


def microseconds(times: pl.Series, clock: Clock) -> Times:
    """Times in microseconds (finer ones cut off); `MISSING` where there is none."""
    import numpy as np
    import polars as pl

    if clock.unit == "datetime":
        found = times.cast(pl.Datetime("us")).dt.timestamp("us") if times.dtype == pl.Date else times.dt.timestamp("us")
    elif clock.unit == "text":
        found = _from_text(times, clock.has_zone)
    else:
        found = _from_counts(times, clock.unit)
    return np.ascontiguousarray(found.cast(pl.Int64).fill_null(MISSING).to_numpy())


def instant(time_us: int) -> str:
    """A moment for people: seconds, and what is finer where there is something."""
    import numpy as np

    text = str(np.datetime64(time_us, "us"))
    return text.rstrip("0").rstrip(".") + "Z" if "." in text else text + "Z"


def _counts(times: pl.Series) -> pl.Series | None:
    """Times as numbers if they are all numbers: whole ones exactly."""
    import polars as pl

    if times.dtype.is_numeric():
        return times
    if times.dtype != pl.String:
        return None
    texts = times.str.strip_chars()
    for kind in (pl.Int64, pl.Float64):
        numbers = texts.cast(kind, strict=False)
        if numbers.null_count() == times.null_count():
            return numbers
    first = texts.drop_nulls().head(1)
    return texts.cast(pl.Int64, strict=False) if first.cast(pl.Int64, strict=False).null_count() < len(first) else None


def _from_counts(times: pl.Series, unit: str) -> pl.Series:
    import polars as pl

    numbers = times
    if times.dtype == pl.String:
        texts = times.str.strip_chars()
        numbers = texts.cast(pl.Int64, strict=False)
        if numbers.null_count() > times.null_count():
            numbers = texts.cast(pl.Float64, strict=False)
    step = UNITS_NS[unit]
    if numbers.dtype.is_integer():
        whole = numbers.cast(pl.Int64, strict=False)
        return whole // 1000 if step == 1 else whole * (step // 1000)
    micros = numbers.cast(pl.Float64) * (step / 1000)
    finite = pl.Series(micros.is_finite().fill_null(False))
    return (
        micros.zip_with(finite, pl.Series([None], dtype=pl.Float64).new_from_index(0, len(micros)))
        .round()
        .cast(pl.Int64, strict=False)
    )


def _from_text(times: pl.Series, has_zone: bool) -> pl.Series:
    """Texts such as 2025-05-04T15:33:00.5+02:00; null for what is none, or has a zone where the others have not."""
    import polars as pl

    text = times.str.strip_chars()
    if has_zone and text.str.ends_with("Z").all():
        return _parsed(text.str.strip_suffix("Z"))
    parts = pl.DataFrame({"text": text, "offset": text.str.extract(OFFSET, 1)})
    parts = parts.with_columns(parsed=_parsed(text.str.replace(OFFSET, "").str.strip_chars()))
    if not has_zone:
        return parts.select(pl.when(pl.col("offset").is_null()).then("parsed")).to_series()
    digits = pl.col("offset").str.replace(":", "")
    minutes = (
        pl.when(digits.is_in(["Z", "UTC"]))
        .then(0)
        .otherwise(
            (_digits(digits, 1) * 60 + _digits(digits, 3)) * pl.when(digits.str.starts_with("-")).then(-1).otherwise(1)
        )
    )
    return parts.select(pl.col("parsed") - minutes * 60_000_000).to_series()


def _parsed(text: pl.Series) -> pl.Series:
    """Texts without a zone in microseconds, by the forms in turn; each is a walk over all rows, and one mostly does."""
    import polars as pl

    plain = text.str.replace("T", " ", literal=True).str.replace_all("/", "-", literal=True)
    found = pl.Series([None], dtype=pl.Int64).new_from_index(0, len(plain))
    for form in FORMATS:
        if "%H" in form:
            moments = plain.str.to_datetime(form, time_unit="us", strict=False)
        else:
            moments = plain.str.to_date(form, strict=False).cast(pl.Datetime("us"))
        found = pl.select(pl.coalesce(found, moments.dt.timestamp("us"))).to_series()
        if found.null_count() == plain.null_count():
            break
    return found


def _digits(text: pl.Expr, start: int) -> pl.Expr:
    """Two digits of a text as a number; null where there are none."""
    import polars as pl

    return text.str.slice(start, 2).cast(pl.Int64, strict=False)
