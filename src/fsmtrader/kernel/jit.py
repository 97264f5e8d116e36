"""How numba compiles an emitted loop: with few passes, for types that are known beforehand."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


def types_of(run: Callable[..., Any], text: str) -> tuple[Any, ...]:
    """The types of the loop's arguments, which are the same for every spec but for the number of windows."""
    import numba

    UniTuple: Any = numba.types.UniTuple
    table, row, number = numba.float64[:, ::1], numba.float64[::1], numba.int64
    windows = max(1, len(set(re.findall(r"memory\[(\d+)\]", text))))
    special = {"i": number, "n": number, "end_us": number, "time": numba.int64[::1], "kinds": numba.int8[::1],
               "market": numba.int16[::1], "memory": UniTuple(row, windows),
               "half_spread": numba.float64}  # fmt: skip
    rows = ("a", "b", "c", "d", "x", "s")
    return tuple(special.get(name, row if name in rows else table) for name in inspect.signature(run).parameters)


@contextmanager
def remembered_types() -> Iterator[None]:
    """Let numba remember what an operation of numbers, tuples and arrays gives.

    It asks a dozen templates for every `+` of a function anew: nearly half of the time that a loop takes to compile.
    """
    from numba.core import types

    function: Any = types.Function
    ask, known = function.get_call_type, dict[Any, Any]()
    plain = (types.Number, types.Boolean, types.Literal, types.Array, types.BaseTuple)

    def get_call_type(self: Any, context: Any, args: Any, kws: Any) -> Any:
        if kws or not all(isinstance(arg, plain) for arg in args):
            return ask(self, context, args, kws)
        key = (self, tuple(args))
        if key not in known:
            known[key] = ask(self, context, args, kws)
        return known[key]

    function.get_call_type = get_call_type
    try:
        yield
    finally:
        function.get_call_type = ask


@cache
def lean() -> type[Any]:
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


def compiled_call(function: Callable[..., Any]) -> Any:
    """A function for the types that its annotations say; an indicator's becomes a part of whatever calls it."""
    import numba

    types = {"int": numba.int64, "float": numba.float64, "bool": numba.boolean,
             "Table": numba.float64[:, ::1], "State": numba.float64[::1]}  # fmt: skip
    annotations = [str(entry.annotation) for entry in inspect.signature(function).parameters.values()]
    signature = tuple(types[name] for name in annotations)
    is_hot = annotations[0] == "State"
    return numba.njit(signature, cache=True, error_model="numpy", nogil=True, forceinline=is_hot)(function)
