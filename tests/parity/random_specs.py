"""Random specs for the parity of machine and kernel: whatever the language has and the kernel does not refuse.

`case_of(seed)` gives a spec that compiles, the markets that it trades and the terms of its run; always the same ones.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random
from typing import Any

from tests.parity.random_expressions import Expressions, LegPlan, Names
from tests.parity.random_markets import MarketPlan, stream_for

from fsmtrader.diagnostics import RunError
from fsmtrader.domain.instruments import Latency
from fsmtrader.domain.market import Kind
from fsmtrader.program.compiler import check_merged
from fsmtrader.program.ir import Program
from fsmtrader.research.assembly import terms_of
from fsmtrader.research.compiled import kernel_of, loop_text
from fsmtrader.research.engines import Engine, choose
from fsmtrader.research.run import Prepared
from fsmtrader.research.run_settings import Settings
from fsmtrader.spec.source import Source

Tree = dict[str, Any]
SYMBOLS = ("BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT", "DOGE/USDT:USDT")
PRICES = {"BTC/USDT:USDT": 60_000.0, "ETH/USDT:USDT": 3_000.0, "SOL/USDT:USDT": 150.0, "DOGE/USDT:USDT": 0.1}
LOTS = {"BTC/USDT:USDT": 1e-3, "ETH/USDT:USDT": 1e-3, "SOL/USDT:USDT": 1.0, "DOGE/USDT:USDT": 1.0}
KINDS = (
    ({Kind.BOOK}, 5),
    ({Kind.BOOK, Kind.TRADE}, 3),
    ({Kind.BOOK, Kind.MARK, Kind.FUNDING}, 3),
    ({Kind.BOOK, Kind.TRADE, Kind.MARK, Kind.FUNDING}, 2),
    ({Kind.TRADE}, 2),
    ({Kind.TRADE, Kind.MARK}, 1),
    ({Kind.BAR}, 3),
    ({Kind.BAR, Kind.FUNDING}, 2),
    ({Kind.BAR, Kind.MARK, Kind.FUNDING}, 1),
    ({Kind.BAR, Kind.BOOK}, 1),
)
MOST_LINES = 640
"""of a module that is quick to compile"""
ORDER_EVENTS = ("filled", "rejected", "expired", "refused", "below_min", "accepted", "cancelled")


@dataclass(frozen=True, slots=True)
class Case:
    """A run: its spec as a tree (so that parts can be left out), its markets and its terms."""

    seed: int
    tree: Tree
    plans: Mapping[str, MarketPlan]
    settings: Settings
    count: int = 0
    """fewer events than planned; 0: all"""

    @property
    def text(self) -> str:
        return json.dumps(self.tree, indent=1)

    def program(self) -> Program | None:
        """The spec compiled; None if it is none."""
        return compiled(self.text)

    def prepared(self, program: Program) -> Prepared:
        """The run, ready to be carried out; the same every time."""
        stream = stream_for(program, self.plans, self.seed, self.count)
        return Prepared(program, self.settings, terms_of(program, self.settings), stream, "made up")


@lru_cache(16)
def compiled(text: str) -> Program | None:
    """A spec compiled; None if it has errors."""
    return check_merged([Source("spec.json", text.encode())]).program


def case_of(seed: int, *, small: bool = False, wide: bool = False) -> Case:
    """The case of a seed: the first draft that is a valid spec, and one for the kernel.

    `small`: quick to compile. `wide`: one that only the machine can do, with a scout.
    """
    for attempt in range(200):
        case = Draft(Random(f"{seed} {attempt}"), seed, small, wide).case()
        program = case.program()
        if program is not None and _is_fit(case.prepared(program), small, wide):
            return case
    raise AssertionError(f"no spec of seed {seed} is valid")


def _is_fit(prepared: Prepared, small: bool, wide: bool) -> bool:
    found = kernel_of(prepared)
    if wide:
        try:
            choose(prepared, Engine.SOURCE)
        except RunError:
            return False
        return bool(found.why_not)
    return not found.why_not and not (small and loop_text(found).count("\n") > MOST_LINES)


@dataclass(slots=True)
class Place:
    """A region as it is planned: its leaves and which legs it trades."""

    name: str
    states: list[str]
    parent: str
    legs: list[LegPlan]
    actions: list[str] = field(default_factory=list)
    reducing: list[str] = field(default_factory=list)


class Draft:
    """One attempt at a spec."""

    def __init__(self, chance: Random, seed: int, small: bool, wide: bool) -> None:
        self.chance = chance
        self.seed = seed
        self.small = small
        self.wide = wide
        self.is_exact = self._likely(0.35)
        self.plans: dict[str, MarketPlan] = {}
        self.legs: list[LegPlan] = []
        self.accounts: Tree = {}
        self.actions: Tree = {}
        self.alerts: Tree = {}
        self.names = Names(is_wide=wide)
        self.written: Tree = {}
        """the legs as they are written"""

    def _likely(self, share: float) -> bool:
        return self.chance.random() < share

    # -- the outside: accounts, legs, markets ------------------------------------------------------------------------

    def _markets(self) -> None:
        chance = self.chance
        symbols = chance.sample(SYMBOLS, 1 if self.small else chance.choice((1, 1, 2, 2, 3)))
        kinds = frozenset(chance.choices([set_ for set_, _ in KINDS], [weight for _, weight in KINDS])[0])
        for symbol in symbols:
            if self._likely(0.2):
                kinds = frozenset(chance.choices([set_ for set_, _ in KINDS], [weight for _, weight in KINDS])[0])
            price = PRICES[symbol] * (10.0 ** chance.uniform(-4.0, 4.0) if self.is_exact and self._likely(0.5) else 1.0)
            sizes = math.inf if self._likely(0.25) else 1_000.0 * chance.choice((0.2, 1.0, 4.0)) / price
            count = chance.randint(60, 120) if self.small else chance.randint(60, 150)
            seconds = chance.choice((5.0, 20.0, 20.0, 60.0))
            step = chance.choice((2e-4, 5e-4, 1e-3, 3e-3))
            self.plans[symbol] = MarketPlan(symbol, price, step, sizes, kinds, count // len(symbols) + 30, seconds)

    def _bar_us(self) -> int:
        return 60_000_000 if any(Kind.BAR in plan.kinds for plan in self.plans.values()) else 0

    def _accounts(self) -> None:
        chance = self.chance
        for name in ("main", "other")[: 1 if self.small or self._likely(0.6) else 2]:
            account: Tree = {"exchange": "binanceusdm"} if not self.is_exact or self._likely(0.5) else {}
            if self._likely(0.5):
                account["position_mode"] = chance.choice(("hedge", "one_way"))
            if self._likely(0.2):
                account["leverage"] = chance.choice((2, 5, 20, 50))
            if self._likely(0.3):
                account["fees"] = {"maker": "1bp", "taker": chance.choice(("2bp", "5bp", "0"))}
            self.accounts[name] = account

    def _legs(self) -> Tree:
        written: Tree = {}
        for plan in self.plans.values():
            for account in self.accounts:
                if account != "main" and self._likely(0.5):
                    continue
                hedge = self.accounts[account].get("position_mode") == "hedge"
                sides = self.chance.choice((("long", "short"), ("long",), ("short",))) if hedge else ("",)
                if not hedge and self._likely(0.4):
                    sides = (self.chance.choice(("long", "short")),)
                for side in sides:
                    name = "ABCDEFGH"[len(written)]
                    written[name] = self._leg(name, account, plan, side)
        return written

    def _leg(self, name: str, account: str, plan: MarketPlan, side: str) -> Tree:
        lot = 0.0 if self.is_exact else LOTS[plan.symbol]
        size = self.chance.choice((300.0, 1_000.0, 4_000.0)) / plan.price
        size = float(f"{size:.3g}") if not lot else max(round(size / lot), 1) * lot
        leg = LegPlan(name, account, plan.symbol, side, plan.price, size, plan.kinds)
        self.legs.append(leg)
        written: Tree = {"account": account, "symbol": plan.symbol}
        if side:
            written["side"] = side
        if self.wide and self._likely(0.3):
            written["how"] = self.chance.choice(
                (
                    {"style": "ioc", "band": "2bp", "tries": 2},
                    {"style": "passive", "patience": "45s", "then": "market"},
                    {"style": "market", "slice": size * 2},
                )
            )
        if self._likely(0.3):
            written["initial"] = float(f"{size * self.chance.choice((1.0, 1.37, 0.5)):.4g}")
            if not side and self._likely(0.5):
                written["initial"] = -written["initial"]
        return written

    # -- values ------------------------------------------------------------------------------------------------------

    def _parameters(self) -> Tree:
        chance, found = self.chance, {}
        for leg in self.legs:
            found[f"size_{leg.name}"] = {"value": leg.size, "unit": "base"}
            found[f"level_{leg.name}"] = {
                "value": float(f"{leg.price * chance.uniform(0.997, 1.003):.6g}"),
                "unit": "price",
            }
            self.names.add(f"base {leg.name}", f"size_{leg.name}")
        if self._likely(0.7):
            found["band"] = {"value": chance.choice(("5bp", "0.1%", "0.3%")), "min": 0}
            found["wide"] = "band * 2"
            self.names.names["share"] = ["band", "wide"]
        if self._likely(0.6):
            found["pause"] = self._seconds()
            found["long_pause"] = "pause * 2"
            self.names.names["seconds"] = ["pause", "long_pause"]
            self.names.names["window"] = ["long_pause"]
        if self._likely(0.5):
            found["many"] = {"value": chance.randint(2, 6), "min": 2}
            self.names.names["count"] = ["many"]
            self.names.add("ratio", "many")
        if self._likely(0.4):
            found["law"] = {"value": chance.choice(("up", "down")), "one_of": ["up", "down"]}
            self.names.words += ["law == up", "law != up"]
        return found

    def _seconds(self) -> str:
        return f"{self.chance.choice((60, 120, 180)) if self._bar_us() else self.chance.choice((20, 45, 90, 150))}s"

    def _variables(self, write: Expressions) -> Tree:
        found: Tree = {}
        for leg in self.legs:
            if self._likely(0.6):
                name = f"anchor_{leg.name}"
                first = (
                    write.price(leg, 1)
                    if self._likely(0.1)
                    else self.chance.choice((f"mark({leg.name})", f"level_{leg.name}"))
                )
                found[name] = {"initial": first, "unit": "price"}
                self.names.add(f"price {leg.name}", name)
            if self._likely(0.25):
                name = f"kept_{leg.name}"
                found[name] = {"initial": self.chance.choice((f"q{leg.name}", "0", f"size_{leg.name}")), "unit": "base"}
                self.names.add(f"base {leg.name}", name)
        for name in ("n", "m")[: self.chance.randint(0, 2)]:
            found[name] = {"initial": self.chance.choice((0, 1, -2))}
            self.names.add("ratio", name)
        if self._likely(0.3):
            found["flag"] = {"initial": self.chance.choice((True, False))}
            self.names.add("truth", "flag")
        if self._likely(0.3):
            found["stamp"] = {"initial": self.chance.choice(("now", "never"))}
            self.names.add("instant", "stamp")
        if self.names.words and self._likely(0.5):
            found["turn"] = {"initial": self.chance.choice(("law", "up"))}
            self.names.words += ["turn == up", "turn != law"]
        return found

    def _observables(self, write: Expressions) -> Tree:
        found: Tree = {}
        for number in range(self.chance.randint(0, 1 if self.small else 4)):
            name, leg = f"o{number}", self.chance.choice(self.legs)
            kind = self.chance.choice(("price", "price", "base", "ratio", "truth"))
            if kind in ("price", "base"):
                found[name] = getattr(write, kind)(leg, 2)
                self.names.add(f"{kind} {leg.name}", name)
            else:
                found[name] = getattr(write, kind)(2)
                self.names.add(kind, name)
        return found

    def _events(self) -> Tree:
        """Named events of one to three sources."""
        found: Tree = {}
        for number in range(self.chance.randint(1, 3)):
            sources = {self._raw() for _ in range(self.chance.randint(1, 3))}
            if self._likely(0.1):
                sources.add(self.chance.choice(("done", "failed", "filled", "expired")))
            found[f"e{number}"] = sorted(sources) if len(sources) > 1 or self._likely(0.5) else sources.pop()
        if self._likely(0.5):
            found["told"] = self.chance.sample((*ORDER_EVENTS, "done", "failed"), self.chance.randint(1, 3))
        if self.wide and self._likely(0.3):
            found["noon"] = [{"daily": "00:20 UTC"}]
        self.names.clocks = list(found)
        return found

    def _raw(self) -> str:
        """A raw event of market or time that the data have."""
        leg = self.chance.choice(self.legs)
        ways = [f"price({leg.name})"] * 5 + [f"every({self._seconds()})"] * 2
        words = {Kind.BOOK: "book", Kind.TRADE: "trade", Kind.BAR: "bar", Kind.FUNDING: "funding"}
        ways += [f"{word}({leg.name})" for kind, word in words.items() if kind in leg.kinds]
        if self.names.names.get("seconds"):
            ways.append("every(pause)")
        return self.chance.choice(ways)

    # -- the machine -------------------------------------------------------------------------------------------------

    def _places(self) -> list[Place]:
        count = 1 if self.small else self.chance.choice((1, 1, 2, 2, 3))
        places = []
        for number in range(count):
            name = "mode" if count == 1 else f"r{number}"
            states = [f"S{number}{letter}" for letter in "ABCD"[: 2 if self.small else self.chance.randint(2, 4)]]
            parent = f"P{number}" if self._likely(0.3) else ""
            places.append(Place(name, states, parent, []))
            self.names.modes[name] = list(states)
        for leg in self.legs:
            self.chance.choice(places).legs.append(leg)
        return places

    def _regions(self, places: list[Place], events: list[str]) -> Tree:
        found: Tree = {}
        for place in places:
            names = self.names.having(in_region=True)
            write = Expressions(self.chance, self.legs, names, self._bar_us())
            region = RegionDraft(self, place, events, write)
            local: Tree = {}
            if len(places) > 1 and self._likely(0.3):
                leg = self.chance.choice(self.legs)
                local["observe"] = {f"look_{place.name}": write.truth(2)}
                local["variables"] = {f"own_{place.name}": {"initial": f"mark({leg.name})"}}
                names.add("truth", f"look_{place.name}")
                names.add(f"price {leg.name}", f"own_{place.name}")
                region.prices.append((leg.name, f"own_{place.name}"))
            found[place.name] = {**local, "states": region.states()}
        if len(places) > 1 and self._likely(0.3):
            found["each"] = self._for_each(events)
        return {"regions": found} if len(places) > 1 else {"states": found["mode"]["states"]}

    def _for_each(self, events: list[str]) -> Tree:
        """A region for each of some legs, which watches them."""
        legs = self.chance.sample(self.legs, min(len(self.legs), 2))
        rows = [{"leg": leg.name, "k": number + 1} for number, leg in enumerate(legs)]
        word = self.chance.choice(("mark(leg)", "bid(leg)", "ema(mark(leg), n=3, on=e0)", "quantity(leg)"))
        look = {"if": f"change({word}) > 0", "do": {"seen": "seen + k"}, "transition_to": "LOOKING"}
        back = {"if": f"seen > {self.chance.randint(2, 6)} and not (change(mark(leg)) > 2bp)", "do": {"seen": 0}}
        states = {
            "AWAY": {"on": {self.chance.choice(events): look}},
            "LOOKING": {"on": {self.chance.choice(events): {**back, "transition_to": "AWAY"}, "funding(leg)": {"do": {"seen": "-k"}}},
                        "after": {self._seconds(): {"transition_to": self.chance.choice(("AWAY", "LOOKING"))}}},
        }  # fmt: skip
        if self._likely(0.5):
            states["LOOKING"]["initial"] = True
        return {"for_each": rows, "variables": {"seen": {"initial": 0}}, "states": states}

    def _promises(self, places: list[Place], write: Expressions, events: list[str]) -> Tree:
        found: Tree = {}
        invariants: Tree = {}
        for number in range(self.chance.choice((0, 1) if self.small else (0, 0, 1, 2))):
            state = self.chance.choice(self.chance.choice(places).states)
            condition = write.truth(2)
            invariants[f"i{number}"] = self.chance.choice(
                (condition, {"on": "order", "in": state, "that": condition}, {"on": "order", "that": condition})
            )
        if invariants:
            found["invariants"] = invariants
        if self._likely(0.08):
            found["invariants"] = ["maker_only", *({name: promise} for name, promise in invariants.items())]
        for number in range(self.chance.choice((0, 1) if self.small else (0, 0, 1, 2))):
            alert: Tree = (
                {"if": write.truth(2)} if self._likely(0.7) else {"on": self.chance.choice([*events, "failed"])}
            )
            if self._likely(0.5) and "if" in alert:
                alert["repeat"] = self._seconds()
            self.alerts[f"w{number}"] = {**alert, "say": "it is {" + write.price(self.legs[0], 0) + "}"}
        if self._likely(0.15):
            self.alerts["each"] = {"if": "abs(change(mark(leg))) > 5bp", "each": "leg", "say": "it moves"}
        if self.alerts:
            found["alerts"] = self.alerts
        risk: Tree = {}
        if self._likely(0.6):
            risk["max_slippage"] = self.chance.choice(("0.05%", "0.2%", "1%"))
        closed = [leg for leg in self.legs if "initial" not in self.written[leg.name]]
        for leg in self.chance.sample(closed, min(len(closed), self.chance.choice((0, 0, 1, 2)))):
            most = leg.size * self.chance.choice((0.7, 1.0, 1.5))
            risk.setdefault("position", {})[leg.name] = float(f"{most:.4g}")
        if self.wide and self._likely(0.3):
            leg = self.chance.choice(self.legs)
            more = {
                "notional": {"each": "leg", "max": round(leg.size * leg.price * 3, 6)},
                "rate": {"orders": "20/60s"},
            }
            risk |= {name: more[name] for name in more if self._likely(0.5)} | {"max_age": {"book": "300s"}}
        if self.wide and self._likely(0.2):
            found["reports"] = {"short": {"at": "00:10 UTC", "show": [f"q{self.legs[0].name}"]}}
        return {**found, **({"risk": risk} if risk else {})}

    def _overrides(self, parameters: Tree) -> dict[str, str]:
        """What `--set` would say, now and then."""
        found = {"band": "0.15%", "pause": "180s" if self._bar_us() else "35s", "many": "4", "law": "up"}
        return {name: text for name, text in found.items() if name in parameters and self._likely(0.15)}

    def _latency(self) -> Latency | None:
        return (
            Latency(0, self.chance.randint(0, 3_000_000), self.chance.randint(0, 3_000_000))
            if self._likely(0.4)
            else None
        )

    def _operations(self) -> tuple[tuple[str, str], ...]:
        """What the operator does, now and then."""
        ways: list[tuple[tuple[str, str], ...]] = [(("+5m", "halt"), ("+9m", "resume")), (("+10m", "flatten"),)]
        ways += [(("+10m", "flatten"), ("+12m", "resume")), (("+11m", "stop"),), (("+8m", "exit"),)]
        return self.chance.choice(ways) if self._likely(0.4) else ()

    def case(self) -> Case:
        """All of it."""
        self._markets()
        self._accounts()
        tree: Tree = {"fsm": 1, "strategy": {"name": f"seed {self.seed}"}, "accounts": self.accounts}
        tree["legs"] = self.written = self._legs()
        tree["parameters"] = self._parameters()
        tree["events"] = self._events()
        plain = Expressions(
            self.chance, self.legs, self.names.having(has_indicators=False, has_positions=False), self._bar_us()
        )
        tree["variables"] = self._variables(plain)
        tree["observe"] = self._observables(Expressions(self.chance, self.legs, self.names, self._bar_us()))
        places = self._places()
        events = list(tree["events"])
        self.alerts["rung"] = {"if": "false", "say": "a step"}
        tree |= self._regions(places, events)
        tree["actions"] = self.actions
        whole = Expressions(self.chance, self.legs, self.names, self._bar_us())
        tree |= self._promises(places, whole, events)
        capital = self.chance.choice((150, 2_000, 20_000, 200_000, 5_000_000))
        tree["run"] = {"capital": {name: f"{capital} USDT" for name in self.accounts}}
        settings = Settings(
            spread=self.chance.choice((0.0, 1e-4, 1e-3)),
            fee=self.chance.choice((None, 0.0, 0.0005)),
            profile="exact" if self.is_exact else "",
            overrides=self._overrides(tree["parameters"]),
            latency=self._latency() if self.wide else None,
            operations=self._operations() if self.wide else (),
        )
        return Case(self.seed, {key: part for key, part in tree.items() if part}, self.plans, settings)


class RegionDraft:
    """The states of one region, and the actions that they name."""

    def __init__(self, draft: Draft, place: Place, events: list[str], write: Expressions) -> None:
        self.draft = draft
        self.chance = draft.chance
        self.place = place
        self.events = events
        self.write = write
        self.prices: list[tuple[str, str]] = []

    def _likely(self, share: float) -> bool:
        return self.chance.random() < share

    def states(self) -> Tree:
        place = self.place
        for number in range(self.chance.randint(1, 1 if self.draft.small else 2) if place.legs else 0):
            name = f"act{number}_{place.name}"
            self.draft.actions[name] = self._action()
            place.actions.append(name)
        leaves = {name: self._state(name) for name in place.states}
        if len(leaves) > 2 and self._likely(0.08):
            leaves[place.states[-1]] = self._final()
        if not place.parent:
            return leaves
        first, second, *rest = leaves
        if self._likely(0.15):
            leaves[second] = {**leaves[second], "initial": True}
        parent: Tree = {"on": self._on(place.parent, 1), "states": {name: leaves[name] for name in (first, second)}}
        if self._likely(0.3):
            parent["after"] = self._after()
        if self._likely(0.3):
            parent["enter"] = self._assigns()
        if self._likely(0.3):
            parent["exit"] = self._assigns()
        parent = {key: part for key, part in parent.items() if part}
        outer = {name: leaves[name] for name in rest}
        if self._likely(0.2):
            return {f"{place.parent}_0": {"on": self._on(place.parent, 1), "states": {place.parent: parent, **outer}}}
        return {place.parent: parent, **outer}

    def _final(self) -> Tree:
        legs = self.place.legs
        return {"final": True, "enter": {f"q{leg.name}": 0 for leg in legs}} if legs else {"final": True}

    def _state(self, name: str) -> Tree:
        permission = self.chance.choices(("any", "reduce", "none"), (85, 9, 6))[0]
        found: Tree = {"on": self._on(name, self.chance.randint(1, 1 if self.draft.small else 2), permission)}
        if name == self.place.states[0] and self.place.legs and permission == "any" and self._likely(0.6):
            found["on"][f"price({self.chance.choice(self.place.legs).name})"] = self._busy()
        if permission != "any":
            found["orders"] = permission
        if self._likely(0.3):
            found["enter"] = self._do(permission) if permission == "any" and self._likely(0.5) else self._assigns()
        if self._likely(0.2):
            found["exit"] = self._assigns()
        if self._likely(0.4):
            found["after"] = self._after(permission)
        return {key: part for key, part in found.items() if part}

    def _on(self, name: str, count: int, permission: str = "any") -> Tree:
        found: Tree = {}
        for _ in range(count):
            trigger = self.chance.choice(self.events) if self._likely(0.75) else self.draft._raw()
            rows = [
                self._row(name, permission) for _ in range(1 if self.draft.small else self.chance.choice((1, 1, 2)))
            ]
            if len(rows) == 2 and "if" in rows[0] and self._likely(0.2):
                rows[1].pop("if", None)
            found[trigger] = rows if len(rows) > 1 else rows[0]
        if self._likely(0.3):
            found[self._after_order()] = self._row(name, permission, is_quiet=True)
        if self.draft.wide and self._likely(0.2):
            leg = self.chance.choice(self.draft.legs)
            row = {"if": f"fill_price < level_{leg.name} or fill_quantity > size_{leg.name}", "do": self._assigns()}
            found[f"filled({leg.name})"] = row
        return found

    def _busy(self) -> Tree:
        """A row that is often taken and trades."""
        leg = self.chance.choice(self.place.legs)
        row: Tree = {
            "if": f"mark({leg.name}) {self.chance.choice('<>')} {self.write.price(leg, 1)}",
            "do": self._do("any"),
        }
        if self._likely(0.4):
            row["transition_to"] = self.chance.choice(self.place.states)
        return row

    def _after_order(self) -> str:
        """An event of orders or actions, with or without a filter."""
        if "told" in self.draft.names.clocks and self._likely(0.5):
            return "told"
        if self._likely(0.85):
            word, filters = self.chance.choice(("done", "failed")), list(self.place.actions)
        else:
            word, filters = self.chance.choice(ORDER_EVENTS), [leg.name for leg in self.draft.legs]
        if self._likely(0.15):
            filters = list(self.draft.actions)
        return f"{word}({self.chance.choice(filters)})" if filters and self._likely(0.5) else word

    def _row(self, name: str, permission: str, *, is_quiet: bool = False) -> Tree:
        """`is_quiet`: it does not trade, because it answers to what a trade has raised."""
        row: Tree = {}
        if self._likely(0.3 if is_quiet else 0.88):
            row["if"] = self.write.truth(2)
        goes = self._likely(0.5)
        trades = bool(self.place.legs) and permission != "none" and not (is_quiet and self._likely(0.8))
        if trades and self._likely(0.75):
            row["do"] = self._do(permission)
        elif not goes or self._likely(0.5):
            row["do"] = self._assigns()
        if goes:
            row["transition_to"] = self.chance.choice(self.place.states)
        if self._likely(0.2):
            row["because"] = "it is so"
        return row

    def _after(self, permission: str = "any") -> Tree:
        delay = self.write.with_names(self.draft.names.having(has_market=False)).seconds(0)
        if "since" in delay:
            delay = f"{delay} + {self.write.duration()}"
        if self._likely(0.1):
            delay = f"{self.write.duration()} if {self.write.truth(1)} else {self.write.duration()}"
        return {delay: self._row("", permission)}

    # -- what is done ------------------------------------------------------------------------------------------------

    def _assigns(self) -> Tree:
        """An assignment that does not trade."""
        names, draft = self.write.names.names, self.draft
        ways: list[Tree] = [{}]
        for leg in draft.legs:
            anchors = [name for name in names.get(f"price {leg.name}", []) if name.startswith(("anchor", "own"))]
            ways += [{name: self.write.price(leg, 1)} for name in anchors]
            ways += [
                {name: self.write.base(leg, 1)} for name in names.get(f"base {leg.name}", []) if name.startswith("kept")
            ]
        ways += [
            {name: self.chance.choice((f"{name} + 1", "0", self.write.ratio(1)))}
            for name in names.get("ratio", [])
            if name in ("n", "m")
        ]
        ways += (
            [{"flag": self.chance.choice(("not flag", self.write.truth(1)))}]
            if "flag" in names.get("truth", [])
            else []
        )
        ways += [{"turn": self.chance.choice(("up", "down", "law"))}] if "turn != law" in self.write.names.words else []
        ways += [{"stamp": "now"}] if "stamp" in names.get("instant", []) else []
        chosen = [way for way in self.chance.sample(ways, min(len(ways), self.chance.randint(1, 2))) if way]
        return {name: text for way in chosen for name, text in way.items()} or {"alert": "rung"}

    def _do(self, permission: str) -> Any:
        """An action that trades: by name, or written here."""
        if permission == "any" and self.place.actions and self._likely(0.5):
            return self.chance.choice(self.place.actions)
        return self._trade(permission) if self._likely(0.7) else [self._trade(permission), self._assigns()]

    def _trade(self, permission: str = "any") -> Tree:
        legs = self.chance.sample(self.place.legs, min(len(self.place.legs), self.chance.choice((1, 1, 2))))
        found: Tree = {f"q{leg.name}": self._target(leg, permission) for leg in legs}
        more = self._assigns() if self._likely(0.2) else {}
        return {**found, **({} if "alert" in more else more)}

    def _target(self, leg: LegPlan, permission: str) -> Any:
        quantity, size = f"q{leg.name}", f"size_{leg.name}"
        if permission == "reduce":
            return self.chance.choice((0, f"{quantity} / 2", f"{quantity} * (1 - 30%)"))
        ways = [
            size,
            size,
            f"{size} * 2",
            f"{quantity} + {size}",
            f"{quantity} + {size}",
            f"max({quantity} - {size}, 0)",
            0,
            f"{quantity} / 2",
        ]
        ways += [f"{size} if {self.write.truth(1)} else {quantity}", self.write.base(leg, 2)]
        if self._likely(0.3):
            return f"{size} if {quantity} == 0 else 0"
        if leg.side and self._likely(0.2):
            return f"{quantity} - {size}"
        if self._likely(0.1):
            return f"{quantity} + {size} * {self.chance.choice((0.05, 0.111, 0.333))}"
        if not leg.side:
            ways += [
                f"-{size}",
                f"-{quantity}",
                f"{quantity} - {size}",
                f"-({self.write.base(leg, 1)})",
                f"-{size} * 1.5",
            ]
        return self.chance.choice(ways)

    def _action(self) -> Any:
        """A list of steps, or the long form with `within`, `on_fail` and `net`."""
        pair = self._pair()
        steps: list[Any] = [pair] if pair and self._likely(0.6) else self._steps()
        if self._likely(0.3):
            return steps
        found: Tree = {"steps": steps}
        if self._likely(0.25):
            leg = self.chance.choice(self.place.legs)
            size, quantity = f"size_{leg.name}", f"q{leg.name}"
            saga = [{quantity: f"{quantity} + {size}"}, "wait", {quantity: f"{quantity} + {size} * 20"}]
            found |= {"steps": saga, "on_fail": {quantity: self.chance.choice((0, f"{quantity} / 2"))}}
        elif self._likely(0.7):
            found["on_fail"] = self.chance.choice(
                (
                    {f"q{leg.name}": 0 for leg in self.place.legs},
                    [self._trade("reduce"), self._assigns()],
                    self._assigns(),
                )
            )
        if self._likely(0.3):
            found["within"] = self.write.duration()
        if self._likely(0.3):
            found["net"] = False
        return found

    def _steps(self) -> list[Any]:
        steps: list[Any] = []
        for number in range(self.chance.randint(1, 3)):
            leg = self.chance.choice(self.place.legs)
            if number and self._likely(0.3):
                steps.append("wait")
            if self._likely(0.2):
                name = f"part{number}"
                steps += [{"let": {name: self.write.base(leg, 2)}}, {f"q{leg.name}": name}]
            else:
                steps.append(self._trade())
            if self._likely(0.35):
                steps.append(self._assigns())
            if self.draft.wide and self._likely(0.3):
                steps.append({"record": {"seen": {"price": self.write.price(leg, 1), "quantity": f"q{leg.name}"}}})
            if self.draft.wide and self._likely(0.15):
                steps.append({"emergency_close": {"leg": leg.name}})
        return steps

    def _pair(self) -> Tree:
        """A primitive of document 000 over a long and a short leg of one market."""
        for leg in self.place.legs:
            for other in self.place.legs:
                if (leg.symbol, leg.account, leg.side, other.side) == (other.symbol, other.account, "long", "short"):
                    return self._primitive(leg, other)
        return {}

    def _primitive(self, long: LegPlan, short: LegPlan) -> Tree:
        both = {"long": long.name, "short": short.name}
        names = self.write.names.names.get(f"price {long.name}", [])
        anchor = next((name for name in names if name.startswith("anchor")), "")
        if not anchor or self._likely(0.3):
            return {"reduce_positions": {**both, "eta": self.chance.choice(("0.3", "50%"))}}
        terms: Tree = {"price": f"mark({long.name})", "reference": anchor, "alpha": 0.5, "beta": 0.25}
        if self._likely(0.5):
            terms["size"] = long.size
        if self._likely(0.3):
            terms["basis"] = self.chance.choice(("notional", "loss"))
        return {"rebalance": {**both, **terms}}
