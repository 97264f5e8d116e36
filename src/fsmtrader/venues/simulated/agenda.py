"""What is on its way between a venue and its client, in order of time, then of sending (V-13)."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")
NEVER = float("inf")


class Agenda(Generic[Item]):
    """`next_us` is when the first thing is due; infinite when nothing is."""

    __slots__ = ("_heap", "_sent", "next_us")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Item]] = []
        self._sent = 0
        self.next_us: float = NEVER

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, time_us: int, item: Item) -> None:
        heapq.heappush(self._heap, (time_us, self._sent, item))
        self._sent += 1
        self.next_us = self._heap[0][0]

    def due(self, now_us: int) -> Iterator[tuple[int, Item]]:
        """What is due until now, one by one; what is pushed meanwhile comes as well if it is due."""
        while self.next_us <= now_us:
            time_us, _, item = heapq.heappop(self._heap)
            self.next_us = self._heap[0][0] if self._heap else NEVER
            yield time_us, item
