"""What an import tells of itself: sources, rows and spans by kind, checks, and what was mended."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fsmtrader.data.columns import NAME_OF_KIND
from fsmtrader.data.times import instant
from fsmtrader.data.writing import UNFINISHED
from fsmtrader.domain.market import Kind

FORMAT = "fsmtrader events 1"
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class KindTold:
    """How many events of a kind there are, and the times of the first and the last."""

    rows: int
    first_us: int
    last_us: int


@dataclass(frozen=True, slots=True)
class MarketTold:
    """One market's file of events, and what was found."""

    market: str
    path: Path
    rows: int
    kinds: Mapping[Kind, KindTold]
    checks: Mapping[str, object]
    clocks: Mapping[str, object]
    notes: tuple[str, ...]

    def plain(self) -> dict[str, object]:
        """As it stands in the manifest."""
        kinds = {
            NAME_OF_KIND[kind]: {"rows": told.rows, "first": instant(told.first_us), "last": instant(told.last_us)}
            for kind, told in sorted(self.kinds.items())
        }
        return {
            **{"market": self.market, "file": self.path.name, "sha256": digest_of(self.path), "rows": self.rows},
            **{"kinds": kinds, "clocks": dict(self.clocks), "checks": dict(self.checks), "notes": list(self.notes)},
        }


def source_told(path: str) -> dict[str, object]:
    """A file that was read: its name, size and digest."""
    return {"file": Path(path).name, "bytes": os.path.getsize(path), "sha256": digest_of(Path(path))}


def digest_of(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def written_manifest(
    path: Path,
    clock: str,
    sources: Sequence[Mapping[str, object]],
    ignored: Mapping[str, int],
    markets: Sequence[MarketTold],
) -> dict[str, object]:
    """The manifest; it appears when it is whole."""
    manifest: dict[str, object] = {
        **{"format": FORMAT, "clock": clock, "sources": list(sources), "ignored": dict(ignored)},
        "markets": [market.plain() for market in markets],
    }
    unfinished = Path(f"{path}{UNFINISHED}")
    try:
        unfinished.write_text(json.dumps(manifest, indent=2, allow_nan=False) + "\n", encoding="utf-8")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest
