"""Who looks on while a run is carried out: a journal, a comparison with an earlier run, somebody who asks why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from fsmtrader.engine.core import Core
from fsmtrader.engine.drive import Driver
from fsmtrader.engine.events import Effects, Note, Operation, Told
from fsmtrader.engine.ports import Recorder, Venue, Witness


def _nobody(core: Core) -> None:
    """Nobody wants to know the core."""


def _no_moment(time_us: int) -> None:
    """Nobody wants to know that a market event is done."""


def _no_data(read: Sequence[tuple[str, str]]) -> None:
    """Nobody wants to know what is read."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """`attach` gets the core before the first event; `after` is called when a market event is wholly done of which
    something may have come (with a witness: every one).

    `opened` gets path and digest of the data of a run that is made again, before anything else.
    """

    recorder: Recorder | None = None
    witness: Witness | None = None
    attach: Callable[[Core], None] = _nobody
    after: Callable[[int], None] = _no_moment
    opened: Callable[[Sequence[tuple[str, str]]], None] = _no_data

    def driver(self, core: Core, venue: Venue) -> Driver:
        """A driver that tells the recorder, if there is one."""
        return Driver(core, venue, recorder=self.recorder)


class Silence:
    """A recorder that keeps nothing."""

    def told(self, now_us: int, items: tuple[Told, ...]) -> None: ...

    def operator(self, now_us: int, operation: Operation) -> None: ...

    def effects(self, now_us: int, effects: Effects) -> None: ...

    def commit(self) -> None: ...


class Fan:
    """A recorder that hands on to another one, and gives notes and what accounts say to somebody else, too."""

    def __init__(
        self,
        recorder: Recorder,
        heard: Callable[[tuple[Note, ...]], None],
        told: Callable[[tuple[Told, ...]], None],
    ) -> None:
        self._recorder = recorder
        self._heard = heard
        self._told = told

    def told(self, now_us: int, items: tuple[Told, ...]) -> None:
        self._recorder.told(now_us, items)
        self._told(items)

    def operator(self, now_us: int, operation: Operation) -> None:
        self._recorder.operator(now_us, operation)

    def effects(self, now_us: int, effects: Effects) -> None:
        self._recorder.effects(now_us, effects)
        if effects.notes:
            self._heard(effects.notes)

    def commit(self) -> None:
        self._recorder.commit()


class Both:
    """A recorder that hands everything on to two, the first of which keeps the run."""

    def __init__(self, first: Recorder, second: Recorder) -> None:
        self._first, self._second = first, second

    def told(self, now_us: int, items: tuple[Told, ...]) -> None:
        self._first.told(now_us, items)
        self._second.told(now_us, items)

    def operator(self, now_us: int, operation: Operation) -> None:
        self._first.operator(now_us, operation)
        self._second.operator(now_us, operation)

    def effects(self, now_us: int, effects: Effects) -> None:
        self._first.effects(now_us, effects)
        self._second.effects(now_us, effects)

    def commit(self) -> None:
        self._first.commit()
        self._second.commit()


class LookerOn(Silence):
    """Sees all that a recorder does, keeps none of it, and knows the core."""

    def attach(self, core: Core) -> None:
        """The core is made; nothing has happened yet."""


def seen_by(hooks: Hooks, looker_on: LookerOn) -> Hooks:
    """The same lookers-on and one more, who sees everything after the recorder has it."""

    def both(core: Core) -> None:
        hooks.attach(core)
        looker_on.attach(core)

    return replace(hooks, recorder=Both(hooks.recorder or Silence(), looker_on), attach=both)


def heard_by(
    hooks: Hooks,
    attach: Callable[[Core], None],
    heard: Callable[[tuple[Note, ...]], None],
    told: Callable[[tuple[Told, ...]], None],
) -> Hooks:
    """The same lookers-on and one more, who hears notes and answers after the recorder has them."""

    def both(core: Core) -> None:
        attach(core)
        hooks.attach(core)

    return replace(hooks, recorder=Fan(hooks.recorder or Silence(), heard, told), attach=both)
