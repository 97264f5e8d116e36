"""Trades that were recorded twice are told once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fsmtrader.data.events import EventBatch, Heard
from fsmtrader.data.files import FileSource
from fsmtrader.data.mending import Mending
from fsmtrader.domain.market import Kind


@dataclass(frozen=True, slots=True)
class Distinct:
    """A file of trades without those whose number came before, in this piece or in the one before it."""

    file: FileSource
    mending: Mending

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def kind(self) -> Kind:
        return Kind.TRADE

    @property
    def market(self) -> int:
        return self.file.market

    @property
    def interval_us(self) -> int:
        return 0

    def read(self, heard: Heard) -> Iterator[EventBatch]:
        """Its trades; what was left out is counted."""
        import numpy as np

        before = np.empty(0, dtype=np.int64)
        for batch in self.file.read(heard):
            if batch.id is None or (batch.id < 0).all():
                yield batch
                continue
            is_new = np.zeros(len(batch), dtype=bool)
            is_new[np.unique(batch.id, return_index=True)[1]] = True
            is_new = (is_new & ~np.isin(batch.id, before)) | (batch.id < 0)
            before = batch.id
            self.mending.repeated += int((~is_new).sum())
            yield batch if is_new.all() else batch.part(np.flatnonzero(is_new))
