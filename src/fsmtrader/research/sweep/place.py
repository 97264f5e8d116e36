"""The folder of a sweep: it is not a run's, and one sweep at a time is at work in it.

The lock is the system's (flock), so that it ends with its process, however that ends.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from fsmtrader.diagnostics import RunError, UsageError
from fsmtrader.engine.journal import FILE as JOURNAL

if sys.platform != "win32":
    import fcntl

PARTS = "parts"
"""every result that was ever made in the folder"""
RESULTS = "results.parquet"
"""what a sweep makes of the parts"""
LOCK = "lock"
"""beside the parts; it says who has it"""
TRIES = 20
"""to get hold of the lock while others take and leave it"""


def parts_of(folder: Path) -> Path:
    """Where results are kept; made if it is not there. RunError says why it cannot be."""
    try:
        (folder / PARTS).mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise RunError(f"the folder {folder} cannot be made: {_said(problem)}") from problem
    return folder / PARTS


def holds_sweep(folder: Path) -> bool:
    """Whether a folder has results of a sweep, finished or not, or one is at work there."""
    parts = folder / PARTS
    return (folder / RESULTS).exists() or (parts / LOCK).exists() or any(parts.glob("*.parquet"))


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """While this lasts no other sweep is at work in the folder.

    UsageError: another one is, or it holds a run. RunError: the folder cannot be made or locked.
    """
    if (folder / JOURNAL).exists():
        raise UsageError(f"{folder} holds a run: name another folder with --out")
    file = _taken(folder)
    try:
        yield
    finally:
        (folder / PARTS / LOCK).unlink(missing_ok=True)
        file.close()
        with suppress(OSError):  # a folder in which nothing came about is not left behind
            (folder / PARTS).rmdir()
            folder.rmdir()


def _taken(folder: Path) -> IO[str]:
    """The open file that has the lock, and says who we are."""
    path = folder / PARTS / LOCK
    who = ""
    for _ in range(TRIES):
        parts_of(folder)
        try:
            file = path.open("a+", encoding="utf-8")
        except FileNotFoundError:  # the sweep before has just tidied up
            continue
        except OSError as problem:
            raise RunError(f"the folder {folder} cannot be written: {_said(problem)}") from problem
        try:
            if not _locks(file, folder):
                file.seek(0)
                who = file.read().strip()
                break
            if _is_at(file, path):
                file.truncate(0)
                file.write(f"process {os.getpid()} on {platform.node()}\n")
                file.flush()
                return file
        except BaseException:
            file.close()
            raise
        file.close()
    raise UsageError(
        f"another sweep is at work in {folder}" + (f" ({who})" if who else "") + ": wait until it has ended, "
        "or name another folder with --out"
    )


def _locks(file: IO[str], folder: Path) -> bool:
    if sys.platform == "win32":  # its locks would keep others from reading who has it
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as problem:
        raise RunError(f"the folder {folder} cannot be locked: {_said(problem)}") from problem
    return True


def _is_at(file: IO[str], path: Path) -> bool:
    """Whether the file that is locked is the one that others will find."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    return False


def _said(problem: OSError) -> str:
    return (problem.strerror or str(problem)).lower()
