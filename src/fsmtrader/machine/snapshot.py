"""Snapshot: where a machine stands, as a value that a journal can keep."""

from __future__ import annotations

from dataclasses import dataclass

from fsmtrader.machine.table import SnapshotError


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The present state by name, and the digest of the shape of the machine that it belongs to."""

    state: str
    shape: str


def state_from_snapshot(snapshot: Snapshot, shape: str, states: tuple[str, ...]) -> int:
    """The index in `states` where `snapshot` stands; SnapshotError if it is of a machine of another shape."""
    if snapshot.shape != shape:
        raise SnapshotError(
            f"the snapshot (state {snapshot.state!r}, shape {snapshot.shape[:12]}) is of another machine than this one "
            f"(shape {shape[:12]}): states or transitions have changed since it was taken"
        )
    if snapshot.state not in states:
        raise SnapshotError(f"the snapshot's state {snapshot.state!r} is not one of {', '.join(states)}")
    return states.index(snapshot.state)
