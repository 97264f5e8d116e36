"""A run's metrics in Prometheus' text form: the one door to prometheus-client.

Names begin with `fsmtrader_`, units are base units and stand last, counters end with `_total`. Every call makes its own
registry; nothing is global.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from fsmtrader.engine.core import Core
from fsmtrader.engine.state import Status
from fsmtrader.program.ir import Region
from fsmtrader.program.typed import Kind
from fsmtrader.research.open_orders import bought
from fsmtrader.research.telemetry.spec_metrics import SpecMetric, spec_metrics
from fsmtrader.research.telemetry.tally import Tally

if TYPE_CHECKING:
    from prometheus_client import Metric

PREFIX = "fsmtrader_"
SECOND_US = 1_000_000
Labels = dict[str, str]
Sample = tuple[Labels, float]
Family = tuple[str, str, str, list[Sample]]
"""name without prefix and `_total`, type, help, samples"""


def exposition(tally: Tally) -> bytes:
    """Everything that is known now, as a server would serve it."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.core import Metric

    class Collected:
        def collect(self) -> Iterator[Metric]:
            for name, kind, said, samples in _families(tally):
                family = Metric(PREFIX + name, said, kind)
                suffix = "_total" if kind == "counter" else ""
                for labels, value in samples:
                    family.add_sample(PREFIX + name + suffix, labels, value)
                yield family

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collected())
    return generate_latest(registry)


def _families(tally: Tally) -> Iterator[Family]:
    """All families that have samples, the run's own and then the spec's."""
    own = [*_of_the_run(tally), *_of_the_books(tally.core), *_of_orders(tally), *_of_counts(tally)]
    yield from (family for family in own if family[3])
    yield from _of_the_spec(tally.core, {family[0] for family in own})


# -- the run's own ---------------------------------------------------------------------------------------------------


def _of_the_run(tally: Tally) -> Iterator[Family]:
    core = tally.core
    program, status = core.program, core.state.status
    about = {"strategy": program.name, "spec_version": program.version}
    yield "run_info", "gauge", "The strategy that is run.", [(about, 1.0)]
    now = core.state.now_us / SECOND_US
    yield "event_timestamp_seconds", "gauge", "Time of the last event, in the market's time.", [({}, now)]
    engine = [({"status": entry.value}, float(entry is status)) for entry in Status]
    yield "status", "gauge", "What the engine does: 1 for the present status.", engine
    states = [
        ({**_named(place.region), "state": leaf.name}, float(place.leaf == leaf.index))
        for place in core.regions.places
        for leaf in place.region.leaves
    ]
    yield "state", "gauge", "State of each region: 1 for the present one.", states
    yield _remaining(core)


def _remaining(core: Core) -> Family:
    """Of each region that has an `after`: how long it is until the one of its present state."""
    found: dict[int, float] = {}
    for stay in core.timers.stays:
        left = (stay.due_us(core.x) - core.state.now_us) / SECOND_US
        index = stay.place.region.index
        found[index] = min(found.get(index, math.inf), max(left, 0.0))
    regions = core.program.regions
    samples = [(_named(regions[index]), left if left < math.inf else 0.0) for index, left in found.items()]
    said = "Time until the present state's `after`; 0 without one. Of a halt: how long it still lasts."
    return "state_remaining_seconds", "gauge", said, samples


def _named(region: Region) -> Labels:
    """A region by its name; by that of its family and the instance, where it is one of several."""
    instance = ".".join(region.keys)
    return {"region": region.base or region.name, **({"instance": instance} if instance else {})}


def _of_the_books(core: Core) -> Iterator[Family]:
    books, market, legs = core.state.books, core.state.market, core.program.legs
    signs = bought(core.program)
    held = [signs[leg.name] * books.quantity(index) for index, leg in enumerate(legs)]
    prices = [market.price(leg.name) for leg in legs]
    notional = [quantity * price if quantity else 0.0 for quantity, price in zip(held, prices, strict=True)]
    gains = [books.unrealised(index, price) if books.quantity(index) else 0.0 for index, price in enumerate(prices)]
    given = sum(amount for account in core.program.accounts if (amount := market.equity(account.name)) < math.inf)

    def by_leg(value: Callable[[int], float]) -> list[Sample]:
        return [({"leg": leg.name}, value(index)) for index, leg in enumerate(legs)]

    yield "position", "gauge", "Net position of a leg in base currency, below zero short.", by_leg(held.__getitem__)
    yield "notional", "gauge", "Its value in quote currency, below zero short.", by_leg(notional.__getitem__)
    yield "exposure", "gauge", "Size of the sum of all notionals in quote currency.", [({}, abs(sum(notional)))]
    equity = given + sum(books.cash.values()) + sum(gains)
    yield "equity", "gauge", "Capital and profit in quote currency.", [({}, equity)]
    yield (
        "realised_profit",
        "gauge",
        "Realised profit in quote currency, before fees.",
        by_leg(books.realised.__getitem__),
    )
    yield "unrealised_profit", "gauge", "Unrealised profit in quote currency.", by_leg(gains.__getitem__)
    said = "Fees paid in quote currency; rebates lower them, so this may fall."
    yield "fees", "gauge", said, by_leg(books.fees.__getitem__)
    yield "funding", "gauge", "Funding received in quote currency, below zero paid.", by_leg(books.funding.__getitem__)


def _of_orders(tally: Tally) -> Iterator[Family]:
    yield "orders", "counter", "Orders sent.", [({"leg": leg}, n) for leg, n in tally.orders.items()]
    fills = [({"leg": leg, "liquidity": word}, float(n)) for (leg, word), n in tally.fills.items()]
    yield "fills", "counter", "Fills, as a maker or as a taker.", fills
    traded = [({"leg": leg, "liquidity": word}, value) for (leg, word), value in tally.turnover.items()]
    yield "turnover", "counter", "Traded value in quote currency.", traded
    yield "cancels", "counter", "Cancels asked for.", [({"leg": leg}, n) for leg, n in tally.cancels.items()]
    yield "rejects", "counter", "Orders that the venue refused.", _by_reason(tally.rejects)
    said = "Orders that the venue cancelled of its own accord."
    yield "venue_cancels", "counter", said, _by_reason(tally.taken_back)
    yield (
        "expired",
        "counter",
        "Orders whose rest was gone at once.",
        [({"leg": k}, n) for k, n in tally.expired.items()],
    )
    refused = sorted(tally.core.risk.refusals.items())
    samples = [({"leg": leg, "rule": rule}, float(n)) for (leg, rule), n in refused]
    yield "refused", "counter", "Orders that a rule of `risk` did not let out.", samples
    quotes = [({"slot": quote.name}, float(tally.live(quote.name))) for quote in tally.program.quotes]
    yield "quote_live", "gauge", "Orders of a slot that are in the book.", quotes


def _by_reason(counts: Mapping[tuple[str, str, str], int]) -> list[Sample]:
    names = ("leg", "side", "reason")
    return [(dict(zip(names, key, strict=True)), float(n)) for key, n in sorted(counts.items())]


def _of_counts(tally: Tally) -> Iterator[Family]:
    yield "alerts", "counter", "Alerts raised.", [({"alert": name}, n) for name, n in sorted(tally.alerts.items())]
    broken = [({"invariant": name}, float(n)) for name, n in tally.broken.items()]
    yield "invariants_broken", "counter", "Times that an invariant did not hold.", broken
    yield (
        "records",
        "counter",
        "Rows written by `record`.",
        [({"kind": k}, n) for k, n in sorted(tally.records.items())],
    )
    regions = {region.name: region for region in tally.program.regions}
    entered = [
        ({**_named(regions[region]), "state": state}, float(n)) for (region, state), n in sorted(tally.entered.items())
    ]
    yield "transitions", "counter", "Moves of a region into a state.", entered
    yield "faults", "counter", "Faults that halted the machine.", [({}, float(tally.faults))]


# -- the spec's ------------------------------------------------------------------------------------------------------


def _of_the_spec(core: Core, taken: set[str]) -> Iterator[Family]:
    """A gauge for each name that the spec lists; a region's state is among the run's own."""
    families: dict[str, list[SpecMetric]] = {}
    for metric in spec_metrics(core):
        if not metric.region:
            families.setdefault(metric.name, []).append(metric)
    for members in families.values():
        name = _free(members[0].gauge, taken)
        taken.add(name)
        samples = [sample for metric in members for sample in _samples(core, metric)]
        if samples:
            yield name, "gauge", members[0].help(), samples


def _free(name: str, taken: set[str]) -> str:
    """A name that no other family has: two names of a spec may differ in capitals only."""
    found, number = name, 1
    while found in taken:
        found, number = f"spec_{name}" if number == 1 else f"spec_{name}_{number}", number + 1
    return found


def _samples(core: Core, metric: SpecMetric) -> Iterator[Sample]:
    labels = {"instance": metric.instance} if metric.instance else {}
    value = metric.read()
    if metric.type.kind is Kind.WORD:
        chosen = core.program.words[int(value)] if value == value else ""
        for word in metric.type.words:
            yield {**labels, "state": word}, float(word == chosen)
    elif math.isfinite(value):
        yield labels, value
