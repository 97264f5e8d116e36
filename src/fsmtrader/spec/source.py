"""Where the bytes of a spec come from: files, folders and standard input.

Nothing is decoded here. A path that cannot be read is a finding, so that one wrong path among many does not hide what
is wrong in the others.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from fsmtrader.diagnostics import Diagnostic, Findings, Span

MAX_BYTES = 128 * 1024
"""the largest spec that is read; one byte more is read to know that it is too large"""

MAX_FILES = 1_000
"""the most spec files below one folder"""

MAX_FOLDERS = 10_000
"""the most folders looked into below one folder"""

SUFFIXES = (".yml", ".yaml", ".json")
NO_SPEC = ".schema.json"
"""what lies beside specs for editors; a folder's search passes over it, a path that names it does not"""
STDIN_NAME = "<stdin>"


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that a spec names: by that name, where it is, and its bytes; or the reason why it was not read."""

    name: str
    file: str
    data: bytes | None
    reason: str = ""
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """One file as it was read: the name to show and at most `MAX_BYTES + 1` bytes."""

    file: str
    data: bytes
    tables: tuple[Attached, ...] = ()
    """the files of rows that it names (`reading.with_tables`)"""


def start_of(file: str) -> Span:
    """The place of a finding about a whole file."""
    return Span(file, 1, 1, 1, 1)


def read_sources(
    paths: Sequence[str], *, stdin: BinaryIO | None = None
) -> tuple[tuple[Source, ...], tuple[Diagnostic, ...]]:
    """Read every path: `-` is standard input, a folder means each spec file below it, in sorted order.

    A pipe that is named (`/dev/stdin`, a shell's `<(...)`) is read to its end, as standard input is.

    The same path given twice is read once. Findings: FSM001 (cannot be read), FSM002 (a folder without specs).
    """
    findings = Findings()
    sources: dict[str, Source] = {}
    for path in paths:
        for file in _files_of(path, findings):
            if _shown(file) in sources:
                continue
            source = _read(file, stdin, findings)
            if source is not None:
                sources[source.file] = source
    return tuple(sources.values()), tuple(findings.items)


def _shown(path: str) -> str:
    if path == "-":
        return STDIN_NAME
    return os.fsencode(path).decode("utf-8", "replace") if "\0" not in path else path.replace("\0", "\\0")


def _files_of(path: str, findings: Findings) -> list[str]:
    """The files that `path` stands for; a path that is no folder stands for itself."""
    if path == "-" or "\0" in path or not os.path.isdir(path):
        return [path]
    before = len(findings.items)
    found = _Walk(path, findings).files()
    if not found and len(findings.items) == before:
        findings.error(
            "FSM002",
            start_of(_shown(path)),
            "no spec in this folder",
            expected="a file that ends in " + ", ".join(SUFFIXES),
            hint="hidden folders are not searched; name the file itself if it ends differently",
        )
    return found


class _Walk:
    """The search below one folder. Links to folders are followed once each, so the search always ends."""

    def __init__(self, top: str, findings: Findings) -> None:
        self.top = top
        self.findings = findings
        self.seen: set[str] = set()
        self.found: list[str] = []

    def files(self) -> list[str]:
        pending: list[tuple[str, tuple[str, ...]]] = [(self.top, ())]
        while pending and len(self.seen) < MAX_FOLDERS:
            folder, above = pending.pop()
            real = os.path.realpath(folder)
            if real in above:
                _cannot_read(folder, "this link leads back to a folder that holds it", self.findings)
            elif real not in self.seen:
                self.seen.add(real)
                inner = self._look_into(folder)
                pending.extend((name, (*above, real)) for name in reversed(inner))
        if pending or len(self.found) > MAX_FILES:
            text = f"more than {MAX_FILES} specs or {MAX_FOLDERS} folders below this folder"
            _cannot_read(self.top, text, self.findings, hint="name a folder further down")
            return []
        return sorted(self.found)

    def _look_into(self, folder: str) -> list[str]:
        """Note the spec files of one folder and give the folders in it."""
        try:
            names = sorted(os.listdir(folder))
        except OSError as problem:
            _cannot_read(folder, _reason(problem), self.findings)
            return []
        inner: list[str] = []
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isdir(path):
                if not name.startswith("."):
                    inner.append(path)
            elif _is_named_like_a_spec(name) and _is_file_or_broken(path):
                self.found.append(path)
        return inner


def _is_named_like_a_spec(name: str) -> bool:
    return name.lower().endswith(SUFFIXES) and not name.lower().endswith(NO_SPEC)


def _is_file_or_broken(path: str) -> bool:
    """Regular files, and links that lead nowhere (reading them gives the finding); no devices, sockets or pipes."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return True


def _read(path: str, stdin: BinaryIO | None, findings: Findings) -> Source | None:
    file = _shown(path)
    try:
        if path == "-":
            return Source(file, _read_capped(stdin or sys.stdin.buffer))
        with open(path, "rb", buffering=0) as stream:
            if _is_device(stream):
                _cannot_read(path, "it is a device, not a file", findings, hint="name a file, a folder or a pipe")
                return None
            return Source(file, _read_capped(stream))
    except OSError as problem:
        _cannot_read(path, _reason(problem), findings)
    except ValueError:  # a NUL in the path, or standard input that is closed
        _cannot_read(path, "this is not the name of a file that can be read", findings)
    return None


def _is_device(stream: BinaryIO) -> bool:
    """Disks, memory, /dev/zero: no text. A terminal is one that a person types on; pipes are read to their end."""
    mode = os.fstat(stream.fileno()).st_mode
    return stat.S_ISBLK(mode) or (stat.S_ISCHR(mode) and not stream.isatty())


def _read_capped(stream: BinaryIO) -> bytes:
    """At most `MAX_BYTES + 1` bytes; a raw stream may give fewer than asked for, so until it gives none."""
    parts: list[bytes] = []
    missing = MAX_BYTES + 1
    while missing > 0:
        part = stream.read(missing)
        if not part:
            break
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _reason(problem: OSError) -> str:
    """The system's reason in our words."""
    reasons = {
        errno.ENOENT: "there is no such file or folder",
        errno.EACCES: "there is no permission to read it",
        errno.EPERM: "there is no permission to read it",
        errno.ELOOP: "its links lead in a circle",
        errno.ENOTDIR: "a part of its path is a file, not a folder",
        errno.ENAMETOOLONG: "its name is too long",
        errno.ENXIO: "it is a socket, not a file",
    }
    return reasons.get(problem.errno or 0, (problem.strerror or "it cannot be read").lower())


def _cannot_read(path: str, reason: str, findings: Findings, *, hint: str = "") -> None:
    shown = _shown(path)
    message = f"cannot read {shown!r}: {reason}"
    findings.error("FSM001", start_of(shown), message, expected="a spec file that can be read", hint=hint or _HINT)


_HINT = "check the path, from the folder in which the command runs, and the file's permissions"
