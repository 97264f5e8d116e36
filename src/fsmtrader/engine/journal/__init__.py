"""The journal of a run: everything that happened, in order, in one SQLite file with a hash that can be made again."""

from __future__ import annotations

from fsmtrader.engine.journal.encoding import Item, canonical, decode, encode
from fsmtrader.engine.journal.reading import FILE, JournalFile, journal_path
from fsmtrader.engine.journal.rows import Row, Rows
from fsmtrader.engine.journal.sqlite import Journal

__all__ = ["Journal", "JournalFile", "journal_path", "FILE", "Row", "Rows", "Item", "encode", "decode", "canonical"]
