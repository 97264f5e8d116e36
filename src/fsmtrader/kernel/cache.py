"""Modules that were emitted, kept by what they were made of; the one door to numba.

A module's name is a hash of the program, the layout, the sources of the numeric heart and of the kernel, and the
versions of numba and Python: numba by itself runs stale code when a function in another file has changed. Parameters
are arguments, so that a changed one finds the same module.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import fsmtrader.kernel
import fsmtrader.numeric
from fsmtrader.kernel.emit_loop import emit_module
from fsmtrader.kernel.layout import Layout
from fsmtrader.kernel.runtime import RUNTIME
from fsmtrader.numeric.registry import JITABLE
from fsmtrader.program.ir import Program


@dataclass(frozen=True, slots=True)
class Loop:
    """A module's loop, and the scalars that it keeps from call to call: name and kind."""

    run: Callable[..., tuple[int, int, int, int]]
    state: tuple[tuple[str, str], ...]


PLACE = "FSMTRADER_CACHE"


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


def compiled(text: str, place: Path | None = None) -> Loop:
    """A module's loop through numba."""
    import numba

    versions = f"numba-{numba.__version__}-python-{sys.version_info[0]}.{sys.version_info[1]}"
    home = (place or folder()) / versions
    module = _module(text, home)
    names = module.__dict__
    with _remembered_types():
        _compile_calls(module, text, home)
        njit: Any = numba.njit
        inner = {"cache": True, "error_model": "numpy", "nogil": True, "pipeline_class": _lean()}
        for name in [*(name for name in names if name.startswith("plan_")), "judge", "act"]:
            if name in names:
                names[name] = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **inner)(names[name])
        names["run"] = njit(_types_of(names["run"], text), no_cfunc_wrapper=True, **inner)(names["run"])
    return Loop(names["run"], _state(module))


def _types_of(run: Callable[..., Any], text: str) -> tuple[Any, ...]:
    """The types of the loop's arguments, which are the same for every spec but for the number of windows."""
    import numba

    table, row, number = numba.float64[:, ::1], numba.float64[::1], numba.int64
    windows = max(1, len(set(re.findall(r"memory\[(\d+)\]", text))))
    special = {"i": number, "n": number, "end_us": number, "time": numba.int64[::1], "kinds": numba.int8[::1],
               "market": numba.int16[::1], "memory": numba.types.UniTuple(row, windows),
               "half_spread": numba.float64}  # fmt: skip
    rows = ("a", "b", "c", "d", "x", "s")
    return tuple(special.get(name, row if name in rows else table) for name in inspect.signature(run).parameters)


@contextmanager
def _remembered_types() -> Iterator[None]:
    """Let numba remember what an operation of numbers, tuples and arrays gives.

    It asks a dozen templates for every `+` of a function anew: nearly half of the time that a loop takes to compile.
    """
    from numba.core import types

    ask, known = types.Function.get_call_type, dict[Any, Any]()
    plain = (types.Number, types.Boolean, types.Literal, types.Array, types.BaseTuple)

    def get_call_type(self: Any, context: Any, args: Any, kws: Any) -> Any:
        if kws or not all(isinstance(arg, plain) for arg in args):
            return ask(self, context, args, kws)
        key = (self, tuple(args))
        if key not in known:
            known[key] = ask(self, context, args, kws)
        return known[key]

    types.Function.get_call_type = get_call_type
    try:
        yield
    finally:
        types.Function.get_call_type = ask


@cache
def _lean() -> type[Any]:
    """numba without the passes that have nothing to do here: there are no closures and no array expressions."""
    from numba.core import typed_passes, untyped_passes
    from numba.core.compiler import CompilerBase
    from numba.core.compiler_machinery import PassManager

    class Lean(CompilerBase):
        def define_pipelines(self) -> list[Any]:
            manager: Any = PassManager("lean")  # type: ignore[no-untyped-call]
            for entry in (
                untyped_passes.TranslateByteCode,
                untyped_passes.FixupArgs,
                untyped_passes.IRProcessing,
                untyped_passes.ReconstructSSA,
                typed_passes.NopythonTypeInference,
                typed_passes.PreLowerStripPhis,
                typed_passes.NoPythonSupportedFeatureValidation,
                typed_passes.IRLegalization,
                typed_passes.AnnotateTypes,
                typed_passes.NativeLowering,
                typed_passes.NoPythonBackend,
            ):
                manager.add_pass(entry, entry._name)
            manager.finalize()
            return [manager]

    return Lean


def _compile_calls(module: ModuleType, text: str, home: Path) -> None:
    """Let the module call compiled functions: those of the heart and the runtime are kept for all specs.

    numba keeps what it compiles by a file's time only, so that each version of the sources has a folder of its own.
    Each is compiled for the types that its annotations say: left alone, numba makes another one for each literal.
    """
    import numba
    from numba.extending import register_jitable

    functions: tuple[Callable[..., Any], ...] = (*JITABLE, *RUNTIME)
    for function in functions:
        register_jitable(function)
    settings: Any = numba.config
    kept, settings.CACHE_DIR = settings.CACHE_DIR, str(home / f"calls_{digest()}")
    try:
        for function in functions:
            if f"{function.__name__}(" in text:
                module.__dict__[function.__name__] = _compiled_call(function)
    finally:
        settings.CACHE_DIR = kept


def _compiled_call(function: Callable[..., Any]) -> Any:
    import numba

    types = {"int": numba.int64, "float": numba.float64, "bool": numba.boolean,
             "Table": numba.float64[:, ::1], "State": numba.float64[::1]}  # fmt: skip
    signature = tuple(types[entry.annotation] for entry in inspect.signature(function).parameters.values())
    return numba.njit(signature, cache=True, error_model="numpy", nogil=True)(function)


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
