"""Actions that trade: sent wave by wave, booked, committed or compensated; and moves, which may follow from them.

Of each region `go` says what is to be done next, by number; a negative number waits for the answers to its orders.
"""

from __future__ import annotations

from dataclasses import dataclass

from fsmtrader.kernel.emit_market import own_inputs, sample
from fsmtrader.kernel.emit_plans import Plans, PlanText
from fsmtrader.kernel.scope import Scope, plain
from fsmtrader.program.ir import Invariant, Move, Region

FAILED, DONE = 1, 2
"""the numbers of `go` that every region has"""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What moves may have in common: where they lead, and what runs on the way."""

    destination: int
    exits: tuple[int, ...]
    enters: tuple[int, ...]
    entered: tuple[int, ...]


def _arrival(move: Move) -> Arrival:
    return Arrival(move.destination, move.exits, move.enters, move.entered)


@dataclass(frozen=True, slots=True)
class Stop:
    """Where an action in flight can stand: a wave of one of its phases."""

    action: int
    phase: int
    wave: int


class Flights:
    """The actions and moves of one region."""

    def __init__(self, scope: Scope, plans: Plans, region: Region) -> None:
        self._scope = scope
        self._plans = plans
        self._region = region
        self.r = region.index
        for name in ("go", "failed", "pending", "stage", "exempt", "flown", "row", "then", "moving"):
            scope.state.setdefault(f"{name}_{self.r}", "int")
        self._stops = self._every_stop()
        arrivals = [arrival for arrival in map(_arrival, region.moves) if arrival.destination >= 0]
        self._arrivals = list(dict.fromkeys(arrivals))

    # -- numbers -----------------------------------------------------------------------------------------------------

    def _actions(self) -> list[int]:
        """Every action that may fly in this region, and what compensates it."""
        program = self._scope.program
        rows = [program.rows[move.row].action for move in self._region.moves]
        enters = [action for move in self._region.moves for action in move.enters]
        found = [a for a in (*rows, *enters, *self._region.start) if a >= 0 and program.actions[a].trades]
        found += [program.actions[a].on_fail for a in found if program.actions[a].on_fail >= 0]
        return list(dict.fromkeys(found))

    def _every_stop(self) -> list[Stop]:
        program = self._scope.program
        return [
            Stop(action, phase, wave)
            for action in self._actions()
            for phase in range(len(program.actions[action].phases))
            for wave in range(len(self._plans.of(action, phase).waves))
        ]

    def _number(self, stop: Stop) -> int:
        return 3 + 2 * self._stops.index(stop)

    def first(self, action: int) -> int:
        """The number that begins an action (or its end, if it has no phase)."""
        return self._number(Stop(action, 0, 0)) if self._scope.program.actions[action].phases else DONE

    def arrival(self, move: int) -> int:
        """The number of a move."""
        return 3 + 2 * len(self._stops) + self._arrivals.index(_arrival(self._region.moves[move]))

    @property
    def start(self) -> int:
        """The number of the entry into the first state."""
        return 3 + 2 * len(self._stops) + len(self._arrivals)

    # -- what is emitted ---------------------------------------------------------------------------------------------

    def begin(self, action: int, row: int, then: int, exempt: bool) -> list[str]:
        """Lines that begin an action."""
        r = self.r
        return [
            f"flown_{r}, row_{r}, then_{r}, exempt_{r}, stage_{r}, failed_{r} = "
            f"{action}, {row}, {then}, {int(exempt)}, 0, 0",
            f"go_{r} = {self.first(action)}  # {plain(self._scope.program.actions[action].name)}",
        ]

    def emit(self) -> None:
        """The part of the loop that lets this region's action go on as far as it can."""
        out, r = self._scope.out, self.r
        with out.block(f"while go_{r} > 0:"):
            with out.block(f"if go_{r} == {FAILED}:  # nothing of it is out any more"):
                self._after_failure()
            with out.block(f"elif go_{r} == {DONE}:"):
                self._ended()
            for stop in self._stops:
                number = self._number(stop)
                name = plain(self._scope.program.actions[stop.action].name)
                with out.block(f"elif go_{r} == {number}:  # {name}: phase {stop.phase}, wave {stop.wave}"):
                    self._send(stop, number + 1)
                with out.block(f"elif go_{r} == {number + 1}:  # it is filled"):
                    self._commit(stop)
            for place, arrival in enumerate(self._arrivals):
                dest = plain(self._region.leaves[arrival.destination].name)
                with out.block(f"elif go_{r} == {3 + 2 * len(self._stops) + place}:  # to {dest}"):
                    self._arrive(arrival)
            with out.block("else:  # the first state"):
                self._enter_first()

    def _next(self, stop: Stop) -> int:
        for later in (Stop(stop.action, stop.phase, stop.wave + 1), Stop(stop.action, stop.phase + 1, 0)):
            if later in self._stops:
                return self._number(later)
        return DONE

    def _send(self, stop: Stop, filled: int) -> None:
        """Plan a phase if it begins, then send a wave of it."""
        out, r = self._scope.out, self.r
        plan = self._plans.of(stop.action, stop.phase)
        wave = plan.waves[stop.wave]
        if stop.wave == 0:
            out.add(*own_inputs(self._scope))
            with out.block(f"if not {plan.call}:"):
                out.add(f"go_{r} = {FAILED}", f"failed_{r} = 1", "continue")
            self._judge(plan)
            out.add(*plan.at_once)
        out.add(f"failed_{r}, pending_{r} = 0, 0")
        for leg, path in wave.paths.items():
            self._order(leg, path)
        if wave.paths:
            out.add(f"go_{r} = {-filled} if pending_{r} > 0 else {FAILED} if failed_{r} != 0 else {filled}")
        else:
            out.add(f"go_{r} = {filled}")

    def _judge(self, plan: PlanText) -> None:
        """Invariants of decisions, with the values before it; not for finals and compensation."""
        scope, out, r = self._scope, self._scope.out, self.r
        changes = [f"{path[-1]} != books[{leg}, QUANTITY]" for wave in plan.waves for leg, path in wave.paths.items()]
        if not changes or not decisions(scope):
            return
        with out.block(f"if exempt_{r} == 0 and stage_{r} == 0 and ({' or '.join(changes)}):"):
            out.add("broken += judge(x, s)")

    def _order(self, leg: int, path: list[str]) -> None:
        """One leg towards its target, as an order if it needs one and may have one."""
        scope, out, r = self._scope, self._scope.out, self.r
        m = scope.layout.market_of_leg[leg]
        share, most = self._share(), self._most(leg)
        of_maker = any(e.condition is None and e.name == "maker_only" for e in scope.program.invariants)
        if of_maker:
            out.add("broken -= n_orders  # maker_only")
        out.add(
            f"n_orders = send(orders, n_orders, s, {path[0].upper()}, {len(path)}, books, legs, {leg}, price_{m}, "
            f"{permission(scope)}, {share}, {most}, now, {r}, int(flown_{r}), int(row_{r}), PENDING_{r}, FAILED_{r}, "
            "OUTCOME)"
        )
        if of_maker:
            out.add("broken += n_orders")
        for word, event in (("REFUSED", "refused"), ("TOO_SMALL", "below_min")):
            lines = scope.gather(event, str(leg), "-1", str(r))
            if lines:
                with out.block(f"if outcome == {word}:"):
                    out.add(*lines)

    def _share(self) -> str:
        """`risk: max_slippage`; below zero: there is no such rule."""
        share = next((limit.value for limit in self._scope.program.limits if limit.kind == "max_slippage"), None)
        return "-1.0" if share is None else self._scope.number(share.tree)

    def _most(self, leg: int) -> str:
        """`risk: position` of a leg; infinite without one."""
        name = self._scope.program.legs[leg].name
        found = [e.value for e in self._scope.program.limits if e.kind == "position" and e.subject == name]
        return self._scope.number(found[0].tree) if found and found[0] is not None else "inf"

    def _commit(self, stop: Stop) -> None:
        wave = self._plans.of(stop.action, stop.phase).waves[stop.wave]
        self._scope.out.add(*wave.kept, f"go_{self.r} = {self._next(stop)}")

    # -- ends --------------------------------------------------------------------------------------------------------

    def _after_failure(self) -> None:
        """Compensate what failed while it was being done, else end."""
        scope, out, r = self._scope, self._scope.out, self.r
        for action in self._actions():
            remedy = scope.program.actions[action].on_fail
            if remedy >= 0:
                with out.block(f"if stage_{r} == 0 and flown_{r} == {action}:"):
                    out.add(f"stage_{r}, failed_{r}, go_{r} = 1, 0, {self.first(remedy)}", "continue")
        self._fail()

    def _fail(self) -> None:
        out, r = self._scope.out, self.r
        out.add("rounds += 1")
        out.add(*self._scope.gather("failed", "-1", f"NAMES[int(flown_{r})]", str(r)))
        out.add(f"go_{r} = 0")
        self._count()

    def _count(self) -> None:
        """Actions that end and begin one another in one instant end the run here: the machine halts."""
        with self._scope.out.block("if rounds > 64:"):
            self._scope.out.add("why = ROUNDS", "break")

    def _ended(self) -> None:
        """The last phase is done: `done`, or the move that waited for it."""
        scope, out, r = self._scope, self._scope.out, self.r
        with out.block(f"if stage_{r} == 1:"):
            self._fail()
            out.add("continue")
        with out.block(f"if then_{r} == 0:"):
            out.add("rounds += 1", *scope.gather("done", "-1", f"NAMES[int(flown_{r})]", str(r)))
            self._count()
        self._sample(("anchored",))
        out.add(f"go_{r} = then_{r}")

    def _sample(self, functions: tuple[str, ...]) -> None:
        for index, entry in enumerate(self._scope.program.indicators):
            if entry.region == self._region.index and entry.function in functions:
                sample(self._scope, index)

    # -- moves -------------------------------------------------------------------------------------------------------

    def _arrive(self, move: Arrival) -> None:
        """Leave a state and stand in another one: time of entry, indicators, then what the entry asks for."""
        scope, out, r = self._scope, self._scope.out, self.r
        for action in move.exits:
            self.do_now(action)
        self._stand(move.destination, move.entered or (self._region.entered,))
        self._sample(("entered", "anchored"))
        out.add(f"note_move(moves, int(n_moves), now, {r}, int(moving_{r}))", "n_moves += 1")
        self._forbid(scope)
        self._enter(move.enters, move.destination)

    def _forbid(self, scope: Scope) -> None:
        """A stricter permission may end what another region has just sent: that is left to the machine."""
        others = [region.index for region in scope.program.regions if region.index != self.r]
        if others:
            out = scope.out
            waiting = " or ".join(f"go_{other} < 0" for other in others)
            with out.block(f"if {permission(scope)} < 2 and ({waiting}):"):
                out.add("why = FORBIDDEN")

    def _stand(self, leaf: int, entered: tuple[int, ...]) -> None:
        scope, out = self._scope, self._scope.out
        entry = self._region.leaves[leaf]
        out.add(f"leaf_{self.r} = {leaf}", f"{scope.slot(self._region.mode)} = {float(entry.word)}")
        out.add(*(f"{scope.slot(slot)} = float(now)" for slot in entered))

    def _enter(self, enters: tuple[int, ...], leaf: int) -> None:
        out = self._scope.out
        out.add(f"go_{self.r} = 0")
        for action in enters:
            if self._scope.program.actions[action].trades:
                out.add(*self.begin(action, -1, 0, self._region.leaves[leaf].final))
            else:
                self.do_now(action)

    def _enter_first(self) -> None:
        """The region's first state; its MODE and times were set with those of all regions."""
        self._sample(("entered", "anchored"))
        self._enter(self._region.start, self._region.initial)

    def stand_first(self) -> None:
        """Lines that put the region into its first state, before any region enters."""
        parents = {after.entered for after in self._region.afters if self._region.initial in after.leaves}
        self._stand(self._region.initial, tuple(sorted({self._region.entered, *parents})))

    def do_now(self, action: int) -> None:
        """Carry out an action that does not trade."""
        for phase in range(len(self._scope.program.actions[action].phases)):
            plan = self._plans.of(action, phase)
            self._scope.out.add(*([plan.call] if plan.values else []), *plan.at_once)
            for wave in plan.waves:
                self._scope.out.add(*wave.kept)


def decisions(scope: Scope) -> list[Invariant]:
    """The invariants that are looked at when an action is about to trade."""
    return [e for e in scope.program.invariants if e.on_order and e.condition is not None]


def judge(scope: Scope) -> list[str]:
    """The function that counts which of them do not hold; none if there are none."""
    if not decisions(scope):
        return []
    with scope.out.apart() as body:
        scope.out.add("found = 0")
        for entry in decisions(scope):
            assert entry.condition is not None
            with scope.out.block(f"if {applies(entry)}:"):
                condition = scope.truth(entry.condition, False)
                with scope.out.block(f"if {condition}:"):
                    scope.out.add(f"found += 1  # {plain(entry.name)}")
        scope.out.add("return found")
    return [scope.function("judge", body)]


def applies(entry: Invariant) -> str:
    """Whether an invariant is watched where the regions stand."""
    return "True" if entry.region < 0 or entry.leaf < 0 else f"leaf_{entry.region} == {entry.leaf}"


def permission(scope: Scope) -> str:
    """What orders the machine may send: 0 none, 1 reduce, 2 any; the strictest of all regions."""
    found = [f"PERMISSION_{region.index}[int(leaf_{region.index})]" for region in scope.program.regions]
    return found[0] if len(found) == 1 else f"min({', '.join(found)})"
