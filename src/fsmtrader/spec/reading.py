"""Specs from paths with all that belongs to them: the files of rows that they name are read here, too.

A spec may have been written by somebody else, so it reaches no file but those below its own folder: no absolute path,
no `..`, no link that leads out.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import replace
from typing import BinaryIO

from fsmtrader.diagnostics import Diagnostic, Findings
from fsmtrader.spec.loader import load_document
from fsmtrader.spec.source import MAX_BYTES, STDIN_NAME, Attached, Source, read_sources
from fsmtrader.spec.tables import SUFFIXES, table_files


def read_specs(
    paths: Sequence[str], *, stdin: BinaryIO | None = None
) -> tuple[tuple[Source, ...], tuple[Diagnostic, ...]]:
    """`read_sources`, and with each source the rows' files that it names."""
    sources, problems = read_sources(paths, stdin=stdin)
    return tuple(with_tables(source) for source in sources), problems


def with_tables(source: Source) -> Source:
    """The source with its files of rows. Nearly no spec has one: the text is only looked into where one may stand."""
    if b"for_each" not in source.data or b"file" not in source.data or source.file == STDIN_NAME:
        return source
    document = load_document(source, Findings())
    names = dict.fromkeys(name.text for name, _ in table_files(document.root if document is not None else None))
    folder = os.path.dirname(source.file)
    return replace(source, tables=tuple(_attached(folder, name) for name in names))


def _attached(folder: str, name: str) -> Attached:
    path = os.path.join(folder, name)
    reason = _why_not(folder, name, path)
    if reason:
        return Attached(name, path, None, reason)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return Attached(name, path, None, "it is no file")
        with open(path, "rb") as stream:
            return Attached(name, path, stream.read(MAX_BYTES + 1))
    except FileNotFoundError:
        return Attached(name, path, None, "there is no such file beside the spec", is_missing=True)
    except OSError as problem:
        return Attached(name, path, None, (problem.strerror or "it cannot be read").lower())


def _why_not(folder: str, name: str, path: str) -> str:
    """Why a spec may not name this file; empty if it may."""
    if "\0" in name or "\\" in name or os.path.isabs(name) or ".." in name.split("/"):
        return "a spec reads files below its own folder only, by their path from there"
    if not name.lower().endswith(SUFFIXES):
        return "its name does not end in " + ", ".join(SUFFIXES)
    top = os.path.realpath(folder or ".")
    if os.path.commonpath((top, os.path.realpath(path))) != top:
        return "a link leads out of the spec's folder"
    return ""
