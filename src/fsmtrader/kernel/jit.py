"""How numba compiles an emitted loop: with few passes, for types that are known beforehand."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any


def types_of(part: Callable[..., Any], text: str) -> tuple[Any, ...]:
    """The types of a part's arguments, which are the same for every spec but for the number of windows."""
    import numba

    UniTuple: Any = numba.types.UniTuple
    table, row, number = numba.float64[:, ::1], numba.float64[::1], numba.int64
    windows = max(1, len(set(re.findall(r"memory\[(\d+)\]", text))))
    special = {"time": numba.int64[::1], "kinds": numba.int8[::1], "market": numba.int16[::1],
               "memory": UniTuple(row, windows), "is_news": numba.boolean}  # fmt: skip
    special |= dict.fromkeys(("i", "n", "end_us", "where", "at", "event", "now", "kind", "m"), number)
    special |= dict.fromkeys(("half_spread", "va", "vb"), numba.float64)
    rows = ("a", "b", "c", "d", "x", "s")
    return tuple(special.get(name, row if name in rows else table) for name in inspect.signature(part).parameters)


@contextmanager
def little_work() -> Iterator[None]:
    """Let numba remember what an operation of numbers, tuples and arrays gives, and take a number for a number.

    It asks a dozen templates for every `+` of a function anew: nearly half of the time that a loop takes to compile.
    It also gives every number that is written out a type of its own, which nothing here needs; without these a
    variable has one type wherever it is set, as `lean` wants it. And it optimises each function by itself before all
    are optimised together, which comes to the same code.
    """
    from numba.core import codegen, types

    function: Any = types.Function
    names: Any = types
    library: Any = codegen.CPUCodeLibrary
    ask, known = function.get_call_type, dict[Any, Any]()
    literal, alone = names.maybe_literal, library._optimize_functions
    plain = (types.Number, types.Boolean, types.Literal, types.Array, types.BaseTuple)

    def get_call_type(self: Any, context: Any, args: Any, kws: Any) -> Any:
        if kws or not all(isinstance(arg, plain) for arg in args):
            return ask(self, context, args, kws)
        key = (self, tuple(args))
        if key not in known:
            known[key] = ask(self, context, args, kws)
        return known[key]

    def laid_out(self: Any, module: Any) -> None:
        module.data_layout = self.codegen._data_layout

    function.get_call_type, names.maybe_literal = get_call_type, lambda value: None
    library._optimize_functions = laid_out
    try:
        yield
    finally:
        function.get_call_type, names.maybe_literal = ask, literal
        library._optimize_functions = alone


@cache
def lean() -> type[Any]:
    """numba without the passes that have nothing to do here: there are no closures and no array expressions.

    Nor is a variable that is set twice made into two: each of ours is of one type throughout, and LLVM does it again.
    """
    from numba.core import typed_passes, untyped_passes
    from numba.core.compiler import CompilerBase
    from numba.core.compiler_machinery import PassManager

    class Lean(CompilerBase):
        def define_pipelines(self) -> list[Any]:
            manager: Any = PassManager("lean")  # type: ignore[no-untyped-call]
            manager._ENFORCING = False  # no look after each pass at what it left: these few leave what the next wants
            for entry in (
                untyped_passes.TranslateByteCode,
                untyped_passes.FixupArgs,
                untyped_passes.IRProcessing,
                typed_passes.NopythonTypeInference,
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


UNCOUNTED = {"_nrt": False}
"""numba counts who holds an array with each call that is given one, in memory that all threads share: here its caller
holds it all the while"""
WITHIN = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, **UNCOUNTED}
"""for what only compiled code calls"""


@cache
def register(function: Callable[..., Any]) -> None:
    """Let compiled functions call one of the heart or the runtime; numba looks through all that was registered."""
    from numba.extending import register_jitable

    register_jitable(pipeline_class=lean(), **WITHIN)(function)


@cache
def compiled_call(function: Callable[..., Any], place: Path) -> Any:
    """A function for the types that its annotations say; an indicator's becomes a part of whatever calls it.

    place: where it is kept. numba keeps a function beside its source otherwise.
    """
    import numba

    types = {"int": numba.int64, "float": numba.float64, "bool": numba.boolean,
             "Table": numba.float64[:, ::1], "State": numba.float64[::1], "Levels": numba.float64[::1]}  # fmt: skip
    annotations = [str(entry.annotation) for entry in inspect.signature(function).parameters.values()]
    is_hot = annotations[0] == "State"
    njit: Any = numba.njit
    settings: Any = numba.config
    options = {"cache": True, "error_model": "numpy", "nogil": True, "forceinline": is_hot, "pipeline_class": lean()}
    kept, settings.CACHE_DIR = settings.CACHE_DIR, str(place)
    try:
        return njit(tuple(types[name] for name in annotations), **options, **WITHIN)(function)
    finally:
        settings.CACHE_DIR = kept


def by_address(function: Any, symbol: str) -> Any:
    """A function that is compiled, as one that compiled code calls where it is, by a symbol that no other one has.

    Linked, its code would be optimised once more as a part of what calls it.
    """
    import llvmlite.binding as llvm  # type: ignore[import-untyped]  # it says no types
    from numba.core import cgutils
    from numba.extending import intrinsic

    build: Any = cgutils
    (found,) = function.overloads.values()
    llvm.add_symbol(symbol, found.library.get_pointer_to_function(found.fndesc.llvm_func_name))

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        result, given = signature.return_type, signature.args
        kind = context.call_conv.get_function_type(result, given)
        called = build.get_or_insert_function(builder.module, kind, symbol)
        status, value = context.call_conv.call_function(builder, called, result, given, arguments)
        with build.if_unlikely(builder, status.is_error):
            context.call_conv.return_status_propagate(builder, status)
        return value

    def typed(context: Any, *given: Any) -> Any:
        return found.signature, generate

    own = inspect.signature(function.py_func)
    context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    typed.__signature__ = own.replace(parameters=[context, *own.parameters.values()])  # type: ignore[attr-defined]
    return intrinsic(typed)
