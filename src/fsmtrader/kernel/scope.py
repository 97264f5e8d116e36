"""What all parts of the emitter share: the program, its names as locals, its events as numbers, and lines of text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from fsmtrader.kernel.layout import Layout
from fsmtrader.program.emit import Emitter
from fsmtrader.program.ir import Program, Set, SlotRole, Target, Value
from fsmtrader.program.typed import Typed

FLOAT, WHOLE, TRUE = "float", "int", "bool"
_READ = {FLOAT: "{}", WHOLE: "int({})", TRUE: "{} != 0.0"}
_NAME = re.compile(r"[A-Za-z_]\w*")
_ASSIGNED = re.compile(r"^\s*([A-Za-z_][\w, ]*?)\s*(?:[-+]?=)(?!=)")


class Lines:
    """Lines of Python under construction."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._depth = 0

    def add(self, *lines: str) -> None:
        self.lines.extend("    " * self._depth + line if line else "" for line in lines)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """What stands under `head`."""
        self.add(head)
        self._depth += 1
        start = len(self.lines)
        yield
        if len(self.lines) == start:
            self.add("pass")
        self._depth -= 1

    @contextmanager
    def apart(self) -> Iterator[list[str]]:
        """Lines on their own, to be put somewhere later."""
        before, depth, found = self.lines, self._depth, list[str]()
        self.lines, self._depth = found, 0
        yield found
        self.lines, self._depth = before, depth


class Scope:
    """Names and numbers of one module. `state` are the scalars that are kept from one call to the next, by kind."""

    def __init__(self, program: Program, layout: Layout) -> None:
        self.program = program
        self.layout = layout
        self.out = Lines()
        self.state: dict[str, str] = {}
        self.read: set[int] = set()
        self.is_ahead = False
        """this is the loop that works out what many sets share"""
        self.is_booked = False
        """a scout that knows levels of books, own orders and slots"""
        self.ask: Callable[[int, Sequence[str]], str] = not_asked
        """the text of a question whose arguments are known only when it is asked"""
        self._texts = 0
        self._quantities = {leg.quantity: i for i, leg in enumerate(program.legs)}
        self._averages = {leg.average: i for i, leg in enumerate(program.legs)}
        self.events = self._heard()

    # -- names -------------------------------------------------------------------------------------------------------

    def keep(self, name: str, kind: str) -> str:
        """A scalar of the loop that outlives a call."""
        self.state[name] = kind
        return name

    def slot(self, index: int) -> str:
        """A slot's local."""
        self.read.add(index)
        return self._slot_name(index)

    def _slot_name(self, index: int) -> str:
        return f"{readable(self.program.slots[index].name)}_s{index}"

    def places(self) -> dict[str, str]:
        """Where each kept local has its place: `price_0` in `s[PRICE_0]`, a slot in `x[…]`."""
        found = {name: f"s[{name.upper()}]" for name in self.state}
        names = map(self._slot_name, range(len(self.program.slots)))
        return found | {name: f"x[{name.upper()}]" for name in names}

    def in_arrays(self, lines: Sequence[str], arguments: Sequence[str]) -> list[str]:
        """Lines with every kept local read and written where it is kept, but for a function's arguments."""
        places = {name: place for name, place in self.places().items() if name not in arguments}
        read = places | {name: f"({places[name]} != 0.0)" for name, kind in self.state.items()
                         if kind == TRUE and name in places}  # fmt: skip

        def moved(line: str) -> str:
            found = _ASSIGNED.match(line)
            end = found.end() if found else 0
            left = _NAME.sub(lambda name: places.get(name[0], name[0]), line[:end])
            return left + _NAME.sub(lambda name: read.get(name[0], name[0]), line[end:])

        return [moved(line) for line in lines]

    def constants(self) -> list[str]:
        """Lines that give the places their names."""
        lines = [f"{name.upper()} = {place}" for place, name in enumerate(self.state)]
        return [*lines, *(f"{self._slot_name(index).upper()} = {index}" for index in sorted(self.read))]

    def loaded(self, body: Sequence[str]) -> list[str]:
        """Lines that make locals of all that a body names."""
        used = {name for line in body for name in _NAME.findall(line)}
        lines = []
        for name, kind in self.state.items():
            if name in used:
                place = f"s[{name.upper()}]"
                lines.append(f"{name} = {_READ[kind].format(place)}")
        for index in sorted(self.read):
            name = self._slot_name(index)
            if name in used:
                lines.append(f"{name} = x[{name.upper()}]")
        return lines

    def function(self, name: str, body: Sequence[str]) -> str:
        """A function of slots and scalars that are kept: what it reads become its locals."""
        lines = [*self.loaded(body), *body]
        return "\n".join([f"def {name}(x, s):", *(f"    {line}" for line in lines)])

    def stored(self, body: Sequence[str]) -> list[str]:
        """Lines that keep all that a body changes."""
        places = self.places()
        changed = dict.fromkeys(name for line in body for name in _targets(line) if name in places)
        return [f"{places[name]} = {name}" for name in changed]

    def own_slots(self) -> list[str]:
        """Lines that read the legs' quantities and averages from the books."""
        lines = []
        for i, leg in enumerate(self.program.legs):
            lines.append(f"{self.slot(leg.quantity)} = books[{i}, QUANTITY]")
            lines.append(f"{self.slot(leg.average)} = books[{i}, AVERAGE]")
        return lines

    # -- expressions -------------------------------------------------------------------------------------------------

    def emitter(self) -> Emitter:
        self._texts += 1
        return Emitter(
            self.program.observables, slots=self.program.slots, read=self.slot, ask=self.ask,
            letter=f"t{self._texts}_",
        )  # fmt: skip

    def number(self, tree: Typed) -> str:
        """A number's text; the lines that it needs are added."""
        emitter = self.emitter()
        text = emitter.number(tree)
        self.out.add(*emitter.lines)
        return text

    def truth(self, value: Value, want: bool = True) -> str:
        """The text of "is true" (`want` False: "is false")."""
        emitter = self.emitter()
        text = emitter.truth(value.tree) if want else emitter.falsity(value.tree)
        self.out.add(*emitter.lines)
        return text

    # -- events ------------------------------------------------------------------------------------------------------

    def _heard(self) -> dict[str, int]:
        """Every event that somebody waits for, by its number."""
        program = self.program
        names = [trigger for region in program.regions for trigger in region.triggers]
        names += [i.clock.event for i in program.indicators if i.clock.event]
        names += [alert.event for alert in program.alerts if alert.event]
        return {name: number for number, name in enumerate(dict.fromkeys(names))}

    def works_of(self, sources: Sequence[int]) -> list[int]:
        """The events that news of some sources are: the raw ones, then the named ones that hold one of them."""
        program = self.program
        names = [program.sources[i].name for i in sources]
        names += [e.name for e in program.events if not set(sources).isdisjoint(e.sources)]
        return [self.events[name] for name in names if name in self.events]

    def works_named(self, name: str) -> list[int]:
        """The events that an order's or an action's event is."""
        index = next((i for i, source in enumerate(self.program.sources) if source.name == name), -1)
        names = [name, *(e.name for e in self.program.events if index in e.sources)]
        return [self.events[found] for found in names if found in self.events]

    def gather(self, name: str, leg: str = "-1", action: str = "-1", owner: str = "-1") -> list[str]:
        """Lines that note an event of an order or an action."""
        return [
            f"n_gathered = push(gathered, n_gathered, {event}, {leg}, {action}, {owner}, -1)  # {name}"
            for event in self.works_named(name)
        ]

    def action_number(self, action: int) -> int:
        """The first action of the same name: what a filter knows it by."""
        name = self.program.actions[action].name
        return next(i for i, found in enumerate(self.program.actions) if found.name == name)

    def written(self, entry: Set | Target) -> int:
        return entry.slot if isinstance(entry, Set) else self.program.legs[entry.leg].quantity

    @property
    def parameters(self) -> frozenset[int]:
        return frozenset(slot.index for slot in self.program.slots if slot.role is SlotRole.PARAMETER)


def _targets(line: str) -> list[str]:
    """The names that a line assigns to."""
    found = _ASSIGNED.match(line)
    return [name.strip() for name in found[1].split(",")] if found else []


def readable(name: str) -> str:
    """A name as Python allows it."""
    found = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")[:32]
    return f"n{found}" if not found or found[0].isdigit() else found


def plain(text: str) -> str:
    """A user's text on one line of printable ASCII, so that nothing in it can end a comment."""
    return ascii(" ".join(text.split()))[1:-1]


def not_asked(query: int, arguments: Sequence[str]) -> str:
    raise AssertionError(f"question {query} has arguments: the program should have been refused")
