"""Random expressions of the language, with the units that their places need, over the names that there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from fsmtrader.domain.market import Kind

DURATIONS = (20, 30, 45, 60, 90, 120, 180, 300, 600)
TINY = ("0", "1bp", "2bp", "5bp", "0.1%", "0.2%")


@dataclass(frozen=True, slots=True)
class LegPlan:
    """A leg as it will be written. `price`: of its market; `size`: a sensible quantity; `side` empty: signed."""

    name: str
    account: str
    symbol: str
    side: str
    price: float
    size: float
    kinds: frozenset[Kind]


@dataclass(slots=True)
class Names:
    """What an expression may read. `names` by unit and leg: `price A`, `base A`, `ratio`, `seconds`, `truth`, `instant`."""

    names: dict[str, list[str]] = field(default_factory=dict)
    clocks: list[str] = field(default_factory=list)
    """events that an indicator may be sampled on"""
    modes: dict[str, list[str]] = field(default_factory=dict)
    """states by region"""
    words: list[str] = field(default_factory=list)
    """comparisons of enumerators"""
    has_market: bool = True
    has_positions: bool = True
    has_indicators: bool = True
    in_region: bool = False
    is_wide: bool = False
    """whether what only the machine (and its scout) can answer may be asked, too"""

    def add(self, kind: str, name: str) -> None:
        self.names.setdefault(kind, []).append(name)

    def having(self, **changes: bool) -> Names:
        """A copy that others add to without changing this one."""
        flags = {
            name: getattr(self, name)
            for name in ("has_market", "has_positions", "has_indicators", "in_region", "is_wide")
        }
        names = {kind: list(found) for kind, found in self.names.items()}
        return Names(names, self.clocks, self.modes, self.words, **{**flags, **changes})


Way = Callable[[], str]


class Expressions:
    """A writer of expressions: each method gives a text of its unit, `depth` operators deep at most."""

    def __init__(self, chance: Random, legs: Sequence[LegPlan], names: Names, bar_us: int) -> None:
        self.chance = chance
        self.legs = legs
        self.names = names
        self.durations = [d for d in DURATIONS if not bar_us or d % 60 == 0]

    def with_names(self, names: Names) -> Expressions:
        other = Expressions(self.chance, self.legs, names, 0)
        other.durations = self.durations
        return other

    # -- choosing ----------------------------------------------------------------------------------------------------

    def one_of(self, ways: Mapping[str, float]) -> str:
        return self.chance.choices(list(ways), list(ways.values()))[0]

    def _pick(self, kind: str) -> str:
        found = self.names.names.get(kind, [])
        return self.chance.choice(found) if found else ""

    def a_leg(self) -> LegPlan:
        return self.chance.choice(self.legs)

    def duration(self) -> str:
        seconds = self.chance.choice(self.durations)
        if seconds % 60 == 0 and self.chance.random() < 0.5:
            return f"{seconds // 60}m"
        return f"{seconds * 1000}ms" if self.chance.random() < 0.1 else f"{seconds}s"

    def _share(self) -> str:
        sign = self.chance.choice(("", "-"))
        named = self._pick("share")
        return f"{sign}{named if named and self.chance.random() < 0.4 else self.chance.choice(TINY)}"

    # -- units -------------------------------------------------------------------------------------------------------

    def price(self, leg: LegPlan, depth: int = 2) -> str:
        names = self.names
        chance = self.chance.random()
        if depth <= 0 or chance < 0.4:
            named = self._pick(f"price {leg.name}")
            if named and (not names.has_market or self.chance.random() < 0.45):
                return named
            if names.has_market and self.chance.random() < 0.85:
                word = self.one_of({"mark": 6, "last": 1, "mid": 2, "bid": 2, "ask": 2})
                return f"{word}({leg.name})"
            if names.has_positions and self.chance.random() < 0.5:
                return self.chance.choice((f"p{leg.name}", f"average_price({leg.name})"))
            return (
                f"level_{leg.name}"
                if self.chance.random() < 0.5
                else f"(level_{leg.name} * {self.chance.uniform(0.997, 1.003):.6g})"
            )
        if names.has_indicators and chance < 0.6:
            return self._sampled(lambda d: self.price(leg, d), depth)
        return self._of_numbers(lambda d: self.price(leg, d), depth, f"tick({leg.name})" if names.has_market else "")

    def base(self, leg: LegPlan, depth: int = 2) -> str:
        if depth <= 0 or self.chance.random() < 0.5:
            named = self._pick(f"base {leg.name}")
            if named and self.chance.random() < 0.5:
                return named
            if self.names.has_positions and self.chance.random() < 0.6:
                return self.chance.choice((f"q{leg.name}", f"q{leg.name}", f"quantity({leg.name})"))
            return f"(size_{leg.name} * {self.chance.choice((0.3, 0.5, 1.5, 2.0))})"
        if self.names.has_market and self.chance.random() < 0.2:
            return f"({self.quote(leg, depth - 1)} / {self.price(leg, 0)})"
        if self.names.has_indicators and self.chance.random() < 0.1:
            return self._sampled(lambda d: self.base(leg, d), depth)
        return self._of_numbers(lambda d: self.base(leg, d), depth, f"lot({leg.name})" if self.names.has_market else "")

    def quote(self, leg: LegPlan, depth: int = 1) -> str:
        if self.names.has_market and self.chance.random() < 0.2:
            return f"min_notional({leg.name})"
        if self.names.is_wide and self.names.has_market and self.chance.random() < 0.5:
            return self.chance.choice((f"unrealized({leg.name})", f"equity({leg.account})"))
        if depth <= 0 or self.chance.random() < 0.3:
            return f"(size_{leg.name} * level_{leg.name} * {self.chance.choice((0.5, 1.0, 3.0))})"
        return f"({self.base(leg, depth - 1)} * {self.price(leg, depth - 1)})"

    def ratio(self, depth: int = 2) -> str:
        names, chance = self.names, self.chance.random()
        if depth <= 0 or chance < 0.3:
            named = self._pick("ratio")
            if named and self.chance.random() < 0.7:
                return named
            return self.chance.choice(("0", "1", "2", "3.5", "0.25", "1e-3", "0.5%", "-1"))
        leg = self.a_leg()
        if chance < 0.45:
            return f"({self.price(leg, depth - 1)} / {self.price(leg, depth - 1)})"
        if chance < 0.52 and names.has_market:
            return f"funding_rate({leg.name})"
        if chance < 0.75 and names.has_indicators:
            return self._counted(leg, depth)
        if chance < 0.88:
            word = self.one_of({"sqrt": 1, "log": 1, "exp": 1, "sign": 1, "-": 1, "**": 2, "floor": 1, "ceil": 1})
            inner = self.ratio(depth - 1)
            if word == "-":
                return f"(-{inner})"
            return (
                f"(({inner}) ** {self.chance.choice(('2', '3', '0.5', '-1', '1.5'))})"
                if word == "**"
                else f"{word}({inner})"
            )
        return self._of_numbers(self.ratio, depth, "")

    def seconds(self, depth: int = 1) -> str:
        ways = {"duration": 2.0}
        if self.names.in_region:
            ways["time_in_state"] = 3.0
        if self._pick("instant"):
            ways["since"] = 2.0
        if self.names.has_indicators and depth > 0:
            ways["held"] = 2.0
        if self._pick("seconds"):
            ways["named"] = 2.0
        match self.one_of(ways):
            case "time_in_state":
                return "time_in_state"
            case "since":
                return f"since({self._pick('instant')})"
            case "held":
                return f"held({self.truth(depth - 1)}{self._clock(True)})"
            case "named":
                return self._pick("seconds")
            case _:
                return self.duration()

    def truth(self, depth: int = 2) -> str:
        """A condition that is neither always true nor never."""
        if depth <= 0 or self.chance.random() < 0.45:
            return self._comparison(max(depth - 1, 0))
        match self.one_of({"and": 3, "or": 3, "not": 2, "implies": 1, "at_least": 1, "if": 1, "ready": 1}):
            case "not":
                return f"not ({self.truth(depth - 1)})"
            case "at_least":
                parts = ", ".join(self.truth(depth - 1) for _ in range(self.chance.randint(2, 3)))
                return f"at_least({self.chance.randint(1, 2)}, {parts})"
            case "if":
                return f"(({self.truth(depth - 1)}) if {self._comparison(0)} else ({self.truth(depth - 1)}))"
            case "ready":
                return f"ready({self.price(self.a_leg(), depth)})"
            case word:
                return f"(({self.truth(depth - 1)}) {word} ({self.truth(depth - 1)}))"

    # -- parts -------------------------------------------------------------------------------------------------------

    def _of_numbers(self, inner: Callable[[int], str], depth: int, step: str) -> str:
        """An operator or function that keeps the unit."""
        word = self.one_of(
            {"scale": 4, "min": 1, "max": 1, "clamp": 0.6, "if": 1.5, "mean": 1, "abs": 0.5, "step": 0.7, "grid": 0.4}
        )
        a = inner(depth - 1)
        match word:
            case "min" | "max":
                more = "".join(f", {inner(depth - 1)}" for _ in range(self.chance.randint(1, 2)))
                return f"{word}({a}{more})"
            case "clamp":
                return f"clamp({a}, {inner(0)}, {inner(0)})"
            case "if":
                return f"({a} if {self.truth(depth - 1)} else {inner(depth - 1)})"
            case "mean":
                return f"(({a} + {inner(depth - 1)}) / 2)"
            case "abs":
                return f"abs({a})"
            case "step" if step:
                return f"({a} {self.chance.choice('+-')} {self.chance.randint(1, 9)} * {step})"
            case "grid" if step:
                return f"({self.chance.choice(('floor', 'ceil'))}({a} / {step}) * {step})"
            case _:
                return f"({a} * (1 + {self._share()}))"

    def _clock(self, may_change: bool) -> str:
        """`on=…` or `every=…` of an indicator, or nothing: each change of its inputs."""
        if self.names.is_wide and self.chance.random() < 0.25:
            return f", every={self.duration()}"
        if self.names.clocks and (not may_change or self.chance.random() < 0.4):
            return f", on={self.chance.choice(self.names.clocks)}"
        return ""

    def _ready(self) -> str:
        return f", ready={self.chance.randint(1, 6)}" if self.chance.random() < 0.3 else ""

    def _count(self) -> str:
        named = self._pick("count")
        return named if named and self.chance.random() < 0.4 else str(self.chance.choice((2, 3, 5, 8)))

    def _window(self) -> str:
        named = self._pick("window")
        return named if named and self.chance.random() < 0.4 else self.duration()

    def _sampled(self, inner: Callable[[int], str], depth: int) -> str:
        """An indicator that keeps the unit of what it looks at."""
        value = inner(min(depth - 1, 1))
        ways = {"highest": 2.0, "lowest": 2.0}
        if self.names.clocks:
            ways |= {"ema": 3.0, "mean": 2.0, "std": 0.5, "quantile": 1.0}
        if self.names.in_region:
            ways |= {"entered": 1.5, "anchored": 1.5}
        match self.one_of(ways):
            case "highest" | "lowest" as word:
                return f"{word}({value}, window={self._window()}{self._clock(True)})"
            case "entered" | "anchored" as word:
                return f"{word}({value})"
            case "quantile":
                share = self.chance.choice(("0", "0.2", "0.5", "0.9"))
                return f"quantile({value}, {share}, n={self._count()}{self._clock(False)}{self._ready()})"
            case word:
                return f"{word}({value}, n={self._count()}{self._clock(False)}{self._ready()})"

    def _counted(self, leg: LegPlan, depth: int) -> str:
        """An indicator whose value is a ratio or a count."""
        match self.one_of({"change": 2, "streak": 3, "realized_variance": 1, "realized_vol": 1}):
            case "change":
                return f"change({self.price(leg, min(depth - 1, 1))}{self._clock(True)})"
            case "streak":
                return f"streak({self.truth(min(depth - 1, 1))}{self._clock(True)})"
            case word:
                return f"{word}({self.price(leg, 0)}, window={self._window()}{self._clock(True)}{self._ready()})"

    def _slow(self, leg: LegPlan, depth: int) -> str:
        """A price that the market's crosses now and then: a level, what was remembered, an average."""
        named = self._pick(f"price {leg.name}")
        if named and self.chance.random() < 0.5:
            return named
        if self.names.has_indicators and depth >= 0 and self.chance.random() < 0.7:
            if self.names.in_region and self.chance.random() < 0.3:
                return f"{self.chance.choice(('entered', 'anchored'))}(mark({leg.name}))"
            return self._sampled(lambda d: f"mark({leg.name})", 1)
        return f"level_{leg.name}"

    def _comparison(self, depth: int) -> str:
        chance, sign = self.chance, self.chance.choice(("<", "<=", ">", ">="))
        ways = {
            "price": 3.0,
            "cross": 7.0 if self.names.has_market else 0.0,
            "base": 2.0,
            "ratio": 2.0,
            "seconds": 1.5,
            "between": 1.0,
            "equal": 0.5,
        }
        ways |= {"worth": 2.0} if self.names.is_wide and self.names.has_market else {}
        ways |= {"mode": 1.5} if self.names.modes else {}
        ways |= {"truth": 1.0} if self._pick("truth") else {}
        ways |= {"word": 0.3} if self.names.words else {}
        ways |= {"streak": 1.0} if self.names.has_indicators else {}
        leg = self.a_leg()
        match self.one_of(ways):
            case "cross":
                word = self.one_of({"mark": 4, "mid": 2, "bid": 1, "ask": 1})
                return f"{word}({leg.name}) {sign} {self._slow(leg, depth)} * (1 + {self._share()})"
            case "price":
                return f"{self.price(leg, depth)} {sign} {self.price(leg, depth)} * (1 + {self._share()})"
            case "worth":
                return f"{self.quote(leg, 1)} {sign} {self.quote(leg, 1)}"
            case "base":
                return f"{self.base(leg, depth)} {sign} {self.base(leg, depth)}"
            case "ratio":
                return f"{self.ratio(depth + 1)} {sign} {self.ratio(depth)}"
            case "seconds":
                return f"{self.seconds(depth)} {chance.choice(('>', '>=', '<'))} {self.duration()}"
            case "between":
                middle = self.price(leg, depth)
                return f"{middle} * (1 - {chance.choice(TINY)}) <= {self.price(leg, 0)} <= {middle} * (1 + {chance.choice(TINY)})"
            case "equal":
                return f"{self.price(leg, depth)} {chance.choice(('==', '!='))} {self.price(leg, 0)}"
            case "mode":
                region = chance.choice(list(self.names.modes))
                return f"{region} {chance.choice(('==', '!='))} {chance.choice(self.names.modes[region])}"
            case "truth":
                return self._pick("truth")
            case "word":
                return chance.choice(self.names.words)
            case _:
                return f"streak({self.truth(0)}{self._clock(True)}) >= {chance.randint(1, 3)}"
