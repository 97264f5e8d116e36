"""Which sets of parameters are tried: values of each one, as written, and every combination or a draw of them.

A value stays the text that `--set` would take, so that a set can be run again by hand and means the same there.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from fractions import Fraction
from itertools import pairwise

from fsmtrader.diagnostics import UsageError
from fsmtrader.program.ir import Program
from fsmtrader.program.parameters import overrides_from_text
from fsmtrader.program.ranges import counts_of, is_whole
from fsmtrader.research.settings import mapping_of
from fsmtrader.spec.expression.literals import FACTORS

Case = tuple[tuple[str, str], ...]
"""One set: (parameter, value as written), in the order of the axes"""

MOST_VALUES = 10_000
"""of one parameter"""
MOST_SETS = 200_000
DIGITS = 6
"""of a value that is drawn between two bounds: what is written is what is run"""
TRIES = 50
"""for each set that is drawn, before no further one is expected to be new"""
FAMILIES = {"": "", "%": "share", "bp": "share", **dict.fromkeys(("ms", "s", "m", "h", "d"), "time")}
_LITERAL = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?)(|%|bp|ms|s|m|h|d)")


@dataclass(frozen=True, slots=True)
class Axis:
    """The values of one parameter: a list, or (`texts` empty) anything from `low` to `high`, in units of `suffix`."""

    name: str
    texts: tuple[str, ...] = ()
    low: float = math.nan
    high: float = math.nan
    suffix: str = ""
    is_whole: bool = False
    """what is drawn is a whole number"""

    @property
    def is_open(self) -> bool:
        """Any value between two bounds: it can only be drawn."""
        return not self.texts

    @property
    def is_ordered(self) -> bool:
        """Whether the values of the list rise."""
        found = [_LITERAL.fullmatch(text) for text in self.texts]
        values = [Fraction(Decimal(match[1])) * FACTORS[match[2]] for match in found if match is not None]
        return len(values) == len(self.texts) and all(one < two for one, two in pairwise(values))

    def between(self, share: float) -> str:
        """The value at a share of the way from `low` to `high`."""
        return self.written(self.low + share * (self.high - self.low))

    def written(self, value: float) -> str:
        """A value between the bounds as text, in few digits."""
        near = float(round(value)) if self.is_whole else float(f"{value:.{DIGITS}g}")
        inside = min(max(near, self.low), self.high)
        return _text(Fraction(repr(inside))) + self.suffix


def axis_of(text: str) -> Axis:
    """`k=6,7,8`, `eta=0.2:0.4:0.05` (with both ends), both mixed, or `eta=0.2:0.4` to draw from.

    The step of a range must reach its end. UsageError says what cannot be read.
    """
    name, is_pair, values = text.partition("=")
    name, items = name.strip(), [item.strip() for item in values.split(",")]
    if not is_pair or not name or not all(items):
        raise UsageError(f"--grid takes NAME=VALUES, e.g. k=6,7,8 or eta=0.2:0.4:0.05, not {text!r}")
    if len(items) == 1 and items[0].count(":") == 1:
        return _open_axis(name, items[0])
    found = [value for item in items for value in (_steps(name, item) if ":" in item else (item,))]
    if len(found) > MOST_VALUES:
        raise UsageError(f"--grid {text}: more than {MOST_VALUES:,} values")
    return Axis(name, tuple(dict.fromkeys(found)))


def axes_of(program: Program, texts: Sequence[str]) -> tuple[Axis, ...]:
    """The axes as given, else those of the spec's `run: {sweep: …}`; each value must be one that its parameter takes.

    Values that are equal, however they are written, are one, and what counts takes whole numbers. (Whether a value is
    within its bounds is judged set by set.)
    """
    axes = tuple(axis_of(text) for text in texts) or _own_axes(program)
    names = [axis.name for axis in axes]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        raise UsageError(f"--grid {twice}: it is given twice; write all of its values at once")
    if not axes:
        raise UsageError(
            "nothing to try: add --grid NAME=VALUES, e.g. --grid k=6,7,8, or `run: {sweep: …}` to the spec"
        )
    counting = counts_of(program)
    return tuple(_judged(program, axis, counting.get(axis.name, "")) for axis in axes)


def _judged(program: Program, axis: Axis, counts: str) -> Axis:
    """An axis whose values its parameter takes; `counts`: what it counts, if anything."""
    found: dict[float, str] = {}
    for text in axis.texts or (axis.between(0.0), axis.between(1.0)):
        (value,) = overrides_from_text(program, {axis.name: text}).values()
        if counts and not is_whole(value):
            raise UsageError(f"--grid {axis.name}: {text} is no whole number, but {counts} counts; write whole numbers")
        found.setdefault(value, text)
    if axis.is_open:
        return replace(axis, is_whole=bool(counts) and axis.suffix == "")
    return replace(axis, texts=tuple(found.values()))


def _own_axes(program: Program) -> tuple[Axis, ...]:
    own = mapping_of(dict(program.run).get("sweep"))
    return tuple(Axis(name, tuple(dict.fromkeys(map(_plain, _listed(values))))) for name, values in own.items())


def _listed(values: object) -> Sequence[object]:
    return values if isinstance(values, tuple | list) else (values,)


def _plain(value: object) -> str:
    """A value of a spec as `--set` takes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text(Fraction(repr(value))) if isinstance(value, float) else str(value)


# -- sets ------------------------------------------------------------------------------------------------------------


def count_of(axes: Sequence[Axis]) -> int:
    """How many combinations there are; 0 where an axis has no end of values."""
    return math.prod(len(axis.texts) for axis in axes)


def sets_of(axes: Sequence[Axis]) -> Sequence[Case]:
    """Every combination, the last axis going round first; UsageError for too many, or for an axis without steps."""
    opened = next((axis for axis in axes if axis.is_open), None)
    if opened is not None:
        raise UsageError(
            f"--grid {opened.name}={opened.between(0.0)}:{opened.between(1.0)} has no step: add one "
            f"(…:{opened.between(1.0)}:STEP), or say how many sets to draw with --random N"
        )
    count = count_of(axes)
    if count > MOST_SETS:
        raise UsageError(f"the grid has {count:,} sets, more than {MOST_SETS:,}: try some of them with --random N")
    return [_at(axes, index) for index in range(count)]


def drawn(axes: Sequence[Axis], count: int, seed: int) -> Sequence[Case]:
    """So many different sets by chance, the same for the same seed; all of a grid that has no more."""
    if count > MOST_SETS:
        raise UsageError(f"--random {count}: at most {MOST_SETS:,} sets")
    chance = random.Random(seed)
    total = count_of(axes)
    if total:
        if count >= total:
            return sets_of(axes)
        return [_at(axes, index) for index in chance.sample(range(total), count)]
    found: dict[Case, None] = {}
    for _ in range(count * TRIES):
        if len(found) == count:
            break
        found.setdefault(tuple((axis.name, _drawn(axis, chance)) for axis in axes))
    return list(found)


def _drawn(axis: Axis, chance: random.Random) -> str:
    return axis.between(chance.random()) if axis.is_open else axis.texts[chance.randrange(len(axis.texts))]


def _at(axes: Sequence[Axis], index: int) -> Case:
    """The combination of a number, as the digits of a clock."""
    found: list[tuple[str, str]] = []
    for axis in reversed(axes):
        index, place = divmod(index, len(axis.texts))
        found.append((axis.name, axis.texts[place]))
    return tuple(reversed(found))


def command_of(case: Case) -> str:
    """What `fsm run` takes for a set."""
    return " ".join(f"--set {name}={text}" for name, text in case)


def values_of(program: Program, case: Case) -> Mapping[str, float | str]:
    """The values of a set by parameter: numbers in the unit of the parameter, words as they are."""
    given = overrides_from_text(program, dict(case))
    found: dict[str, float | str] = {}
    for parameter in program.parameters:
        if parameter.slot in given:
            value = given[parameter.slot]
            found[parameter.name] = program.words[int(value)] if parameter.words else value
    return found


# -- ranges ----------------------------------------------------------------------------------------------------------


def _steps(name: str, item: str) -> Iterator[str]:
    """`0.2:0.4:0.05` one by one, exactly; in the finest of the units in which it is written."""
    parts = item.split(":")
    if len(parts) != 3:
        raise UsageError(f"--grid {name}: {item!r} is no range; write FIRST:LAST:STEP, e.g. 0.2:0.4:0.05")
    (first, last, step), suffix = _same_unit(name, item, parts)
    if step == 0:
        raise UsageError(f"--grid {name}: {item!r} has a step of 0; write one above it, or {parts[0].strip()} alone")
    if step < 0 or last < first:
        raise UsageError(f"--grid {name}: {item!r} goes nowhere; write FIRST:LAST:STEP, the smaller end first")
    count = int((last - first) / step) + 1
    if count > MOST_VALUES:
        raise UsageError(f"--grid {name}: {item!r} has {count:,} values, more than {MOST_VALUES:,}")
    end = first + (count - 1) * step
    if end != last:
        reached, begin, by = _text(end / FACTORS[suffix]) + suffix, parts[0].strip(), parts[2].strip()
        fits = begin if count == 1 else f"{begin}:{reached}:{by}"
        raise UsageError(
            f"--grid {name}: {item!r} would end at {reached}: the step must fit; write {fits}, or another step"
        )
    for index in range(count):
        yield _text((first + index * step) / FACTORS[suffix]) + suffix


def _open_axis(name: str, item: str) -> Axis:
    (low, high), suffix = _same_unit(name, item, item.split(":"))
    if not low < high:
        raise UsageError(f"--grid {name}: {item!r} goes nowhere; write FIRST:LAST, the smaller end first")
    return Axis(name, low=float(low / FACTORS[suffix]), high=float(high / FACTORS[suffix]), suffix=suffix)


def _same_unit(name: str, item: str, parts: Sequence[str]) -> tuple[list[Fraction], str]:
    """Numbers with their units applied, and the finest of the units."""
    found = [_LITERAL.fullmatch(part.strip()) for part in parts]
    read = [(match[1], match[2]) for match in found if match is not None]
    if len(read) != len(parts):
        raise UsageError(f"--grid {name}: {item!r} is no range of numbers; write e.g. 0.2:0.4:0.05 or 2bp:8bp:2bp")
    if len({FAMILIES[suffix] for _, suffix in read}) != 1:
        raise UsageError(f"--grid {name}: {item!r} mixes units; write the unit at every number of a range")
    suffix = min((suffix for _, suffix in read), key=lambda suffix: FACTORS[suffix])
    return [Fraction(Decimal(digits)) * FACTORS[suffix] for digits, suffix in read], suffix


def _text(number: Fraction) -> str:
    """A decimal, written out; (ranges are made of decimals, so there is an end to its digits)."""
    exact = Context(prec=40).divide(Decimal(number.numerator), Decimal(number.denominator)).normalize()
    return format(exact, "f") if -8 <= exact.adjusted() < 17 else str(exact).replace("E+", "e").replace("E", "e")
