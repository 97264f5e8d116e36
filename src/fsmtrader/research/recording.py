"""A run that is kept: its journal, its equity over time, and what it was given, so that it can be made again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from fsmtrader import __version__
from fsmtrader.diagnostics import RunError
from fsmtrader.engine.journal import Journal, canonical
from fsmtrader.program.compiler import check_merged
from fsmtrader.program.ir import Program
from fsmtrader.research.hooks import Hooks
from fsmtrader.spec.source import Attached, Source


@dataclass(frozen=True, slots=True)
class Data:
    """A market that a run read: where it was found (empty: it was made up), and the SHA-256 of what was read."""

    path: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """What a run was given. `settings` are plain values (they must read back from JSON), without paths.

    `engine` is who made it: said, and no part of what is hashed, because every engine writes the same rows.
    """

    sources: tuple[Source, ...]
    program: str
    """the program's digest"""
    settings: Mapping[str, object]
    data: tuple[Data, ...] = ()
    version: str = __version__
    engine: str = "machine"

    def first_row(self) -> str:
        """What is hashed of it at the start: digests, no path and no version."""
        settings = hashlib.sha256(canonical(self.settings).encode()).hexdigest()
        return canonical({"program": self.program, "settings": settings})

    def last_row(self) -> str:
        """What is hashed of it at the end, when all data were read."""
        return canonical({"data": [item.digest for item in self.data]})

    def meta(self) -> dict[str, str]:
        """All of it, as a journal keeps it."""
        return {
            "spec": canonical([_plain(source) for source in self.sources]),
            "program": self.program,
            "settings": canonical(self.settings),
            "data": canonical([[item.path, item.digest] for item in self.data]),
            "version": self.version,
            "engine": self.engine,
        }

    def compiled(self) -> Program:
        """The program again; RunError when the text is not the run's, or this version makes another program of it."""
        program = check_merged(self.sources).require()
        if program.digest != self.program and self.version == __version__:
            raise RunError(
                "the journal's spec and the digest of its program do not fit: one of them was changed after the run"
            )
        if program.digest != self.program:
            raise RunError(
                f"this version of fsmtrader reads the spec differently from version {self.version}, which made the run"
            )
        return program


def given_from_meta(meta: Mapping[str, str]) -> Given:
    """What a journal says that its run was given; RunError when it does not."""
    try:
        sources = [_source(*entry) for entry in json.loads(meta["spec"])]
        data = [Data(path, digest) for path, digest in json.loads(meta["data"])]
        settings = json.loads(meta["settings"])
        engine = meta.get("engine", "machine")
        return Given(tuple(sources), meta["program"], settings, tuple(data), meta["version"], engine)
    except (KeyError, ValueError, TypeError, AttributeError) as problem:
        raise RunError("the journal does not say what its run was given, so it cannot be made again") from problem


def _plain(source: Source) -> list[object]:
    """File and text; and those of the rows' files that it names, if there are any."""
    tables = [[table.name, table.file, _text(table.data)] for table in source.tables if table.data is not None]
    return [source.file, _text(source.data), *([tables] if tables else [])]


def _source(file: str, text: str, tables: Sequence[tuple[str, str, str]] = ()) -> Source:
    return Source(file, _bytes(text), tuple(Attached(name, path, _bytes(rows)) for name, path, rows in tables))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


class Recording:
    """Keeps one run. A context: however the run ends, the rows so far are in the file."""

    def __init__(self, path: Path, given: Given) -> None:
        self.given = given
        self.journal = Journal(path, given.first_row(), given.meta())

    @property
    def hooks(self) -> Hooks:
        """The journal looks on."""
        return Hooks(self.journal)

    def finish(self, data: tuple[Data, ...]) -> str:
        """The run came to its end, and this is what it read. Gives the journal's hash."""
        self.given = replace(self.given, data=data)
        self.journal.end(self.given.last_row(), self.given.meta())
        self.journal.close()
        return self.journal.hash()

    def __enter__(self) -> Recording:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.journal.__exit__(kind, problem, trace)
