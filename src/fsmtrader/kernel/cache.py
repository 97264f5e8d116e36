"""Modules that were emitted, kept by what they were made of.

A module's name is a hash of the program, the layout, the sources of the numeric heart and of the kernel, and the
versions of numba and Python: numba by itself runs stale code when a function in another file has changed. Parameters
are arguments, so that a changed one finds the same module.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from pickle import UnpicklingError
from tempfile import TemporaryDirectory, TemporaryFile
from types import ModuleType
from typing import Any

import fsmtrader.kernel
import fsmtrader.numeric
from fsmtrader.kernel.emit_loop import emit_module
from fsmtrader.kernel.jit import UNCOUNTED, WITHIN, by_address, compiled_call, lean, little_work, register, types_of
from fsmtrader.kernel.layout import Layout
from fsmtrader.kernel.runtime import OWN
from fsmtrader.kernel.runtime_calm import LEAPING, OF_CALM
from fsmtrader.kernel.runtime_orders import OF_ORDERS
from fsmtrader.kernel.runtime_slots import OF_SLOTS
from fsmtrader.kernel.runtime_venue import OF_VENUE
from fsmtrader.numeric.registry import JITABLE
from fsmtrader.program.ir import Program


@dataclass(frozen=True, slots=True)
class Loop:
    """A module's loop, and the scalars that it keeps from call to call: name and kind."""

    run: Callable[..., tuple[int, int, int, int]]
    state: tuple[tuple[str, str], ...]


PLACE = "FSMTRADER_CACHE"
DAMAGED = (UnpicklingError, EOFError, ValueError, TypeError, KeyError, IndexError, AttributeError, ImportError, OSError)
"""what numba raises when files of its cache are cut off or are something else"""


def folder() -> Path:
    """Where modules are kept: $FSMTRADER_CACHE, else the user's cache."""
    given = os.environ.get(PLACE, "")
    if given:
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "fsmtrader"


def digest(text: str = "") -> str:
    """What a module is known by, or without one the functions that modules call. The text says all that a spec says."""
    found = hashlib.sha256(text.encode())
    for package in (fsmtrader.numeric, fsmtrader.kernel):
        for path in sorted(Path(package.__path__[0]).glob("*.py")):
            found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()[:32]


def source_loop(program: Program, layout: Layout) -> Loop:
    """The emitted loop as plain Python."""
    return loop_of(emit_module(program, layout))


def loop_of(text: str) -> Loop:
    """The loop of a module's text, as plain Python."""
    module = ModuleType("fsmtrader_kernel")
    exec(compile(text, "<kernel>", "exec", dont_inherit=True), module.__dict__)
    return Loop(module.__dict__["run"], _state(module))


def _state(module: ModuleType) -> tuple[tuple[str, str], ...]:
    return tuple((name, kind) for name, _, kind in (entry.partition(":") for entry in module.__dict__["STATE"]))


def compiled_loop(program: Program, layout: Layout, place: Path | None = None) -> Loop:
    """The emitted loop through numba; compiled once, and kept in the cache."""
    return compiled(emit_module(program, layout), place)


def is_kept(text: str) -> bool:
    """Whether a module's loop is compiled already."""
    return _is_in(_home(None), text)


def _is_in(home: Path, text: str) -> bool:
    try:
        return any(home.glob(f"__pycache__/kernel_{digest(text)}.run-*.nbi"))
    except OSError:
        return False


def _home(place: Path | None) -> Path:
    """Where what these versions of numba and Python have compiled is kept."""
    return (place or folder()) / f"numba-{version('numba')}-python-{sys.version_info[0]}.{sys.version_info[1]}"


def compiled(text: str, place: Path | None = None) -> Loop:
    """A module's loop through numba. A place that cannot be written keeps nothing; what is damaged is made anew."""
    home = _usable(_home(place), text)
    try:
        return _compiled(text, home)
    except DAMAGED:
        for path in home.glob(f"__pycache__/kernel_{digest(text)}.*"):
            path.unlink(missing_ok=True)
        shutil.rmtree(home / f"calls_{digest()}", ignore_errors=True)
        return _compiled(text, home)


def _usable(home: Path, text: str) -> Path:
    """A folder that can be written, or holds what is asked for; else one for as long as this process lives."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=home):
            return home
    except OSError:
        return home if _is_in(home, text) else Path(_for_this_process().name)


@cache
def _for_this_process() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="fsmtrader-", ignore_cleanup_errors=True)


def _compiled(text: str, home: Path) -> Loop:
    import numba

    module = _module(text, home)
    names = module.__dict__
    with little_work():
        _compile_calls(module, text, home)
        names["index"] = numba.uint64
        njit: Any = numba.njit
        options = {"cache": True, "error_model": "numpy", "nogil": True, "pipeline_class": lean(), **UNCOUNTED}
        for name in [*(name for name in names if name.startswith("plan_")), "judge", *LEAPING]:
            if name in names:
                names[name] = njit(**{**options, **WITHIN})(names[name])
        if "act" in names:
            act = njit(types_of(names["act"], text), **{**options, **WITHIN})(names["act"])
            names["act"] = by_address(act, f"act_of_{module.__name__}")
        names["run"] = njit(types_of(names["run"], text), no_cfunc_wrapper=True, **options)(names["run"])
    return Loop(names["run"], _state(module))


def _compile_calls(module: ModuleType, text: str, home: Path) -> None:
    """Let the module call compiled functions: those of the heart and the runtime are kept for all specs.

    numba keeps what it compiles by a file's time only, so that each version of the sources has a folder of its own.
    Each is compiled for the types that its annotations say: left alone, numba makes another one for each literal.
    """
    functions: tuple[Callable[..., Any], ...] = (*JITABLE, *OWN, *OF_VENUE, *OF_CALM, *OF_ORDERS, *OF_SLOTS)
    for function in functions:
        register(function)
    place = home / f"calls_{digest()}"
    for function in functions:
        if f"{function.__name__}(" in text:
            module.__dict__[function.__name__] = compiled_call(function, place)


def _module(text: str, place: Path) -> ModuleType:
    """The text as a module of its own file, which numba keeps its machine code beside."""
    place.mkdir(parents=True, exist_ok=True)
    name = f"kernel_{digest(text)}"
    path = place / f"{name}.py"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        draft = path.with_suffix(f".{os.getpid()}.tmp")
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    spec: Any = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
