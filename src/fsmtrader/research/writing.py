"""Files of a run appear when they are whole: a full disk leaves none that is cut off, and is said to be full."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fsmtrader.data.writing import UNFINISHED, reason_of
from fsmtrader.diagnostics import RunError


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Where to write what becomes the file at the end; RunError names it and the system's reason if it cannot be."""
    import polars as pl

    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        yield unfinished
        os.replace(unfinished, path)
    except (OSError, pl.exceptions.PolarsError) as problem:
        reason = reason_of(problem)
        if not reason:
            raise
        raise RunError(f"{path} cannot be written: {reason}") from problem
    finally:
        unfinished.unlink(missing_ok=True)
