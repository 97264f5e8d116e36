"""The digest of a Program: what it does, not how it was written (format, comments, places, docs, tests)."""

from __future__ import annotations

import dataclasses
import enum
import functools
import hashlib
from collections.abc import Iterator

from fsmtrader.diagnostics import Span
from fsmtrader.program.ir import Program

_LEFT_OUT = frozenset({"span", "text", "file", "doc", "description", "because", "tests", "digest", "group"})
_OF_SWEEPS = frozenset({"sweep", "periods"})
"""of `run`: which sets are tried, and by which parts of the market they are compared, decides nothing in any of them"""


def digest_of(program: Program) -> Program:
    """The same Program with its digest: SHA-256 over a canonical encoding of everything that decides."""
    sha = hashlib.sha256()
    deciding = tuple(entry for entry in program.run if entry[0] not in _OF_SWEEPS)
    for piece in _encoded(dataclasses.replace(program, run=deciding)):
        sha.update(piece.encode())
    return dataclasses.replace(program, digest=sha.hexdigest())


def _encoded(value: object) -> Iterator[str]:
    match value:
        case None:
            yield "~"
        case bool() | int():
            yield f"i{int(value)};"
        case float():
            yield f"f{value.hex()};"
        case str():
            yield f"s{len(value)}:{value}"
        case enum.Enum():
            yield f"e{value.name};"
        case tuple():
            yield "("
            for item in value:
                yield from _encoded(item)
            yield ")"
        case Span():
            return
        case _:
            assert dataclasses.is_dataclass(value) and not isinstance(value, type), value
            yield f"<{type(value).__name__}"
            for name in _deciding_fields(type(value)):
                yield from _encoded(getattr(value, name))
            yield ">"


@functools.cache
def _deciding_fields(cls: type) -> tuple[str, ...]:
    """The fields of a dataclass that have a say in what the Program does."""
    return tuple(field.name for field in dataclasses.fields(cls) if field.name not in _LEFT_OUT)
