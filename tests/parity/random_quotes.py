"""Random working quotes in one or two markets: whatever a slot may say, beside states that move, latency and risk."""

from __future__ import annotations

from random import Random

SYMBOLS = ("BTC/USDT:USDT", "ETH/USDT:USDT")
PARTS = (
    ("every", ("500ms", "1s", "pace", "2s + pace")),
    ("beyond", ("0", "1", "2.5", "far")),
    ("ttl", ("900ms", "4s", "2 * pace")),
    ("most", ("1", "2", "3")),
    ("keep", ("count < 6", "rough > 0")),
    ("post_only", ("true", "count < 20", "walk == B")),
    ("reduce_only", ("true", "walk == C")),
)
WHEN = ("walk != C", "qL < 6 * size", "book_age(L) < 3s", "rough < 0.0004 or qL != 0", "walk == A or count > 4",
        "depth(L, sell) > 0.01", "open_orders(L) < 7", "true")  # fmt: skip
PRICES = {
    "buy": ("bid(L)", "mid(L) - far * tick(L)", "bid(L) + tick(L)", "mid(L) * (1 - rough)", "ask(L)",
            "worst_price(L, sell, size) - tick(L)"),
    "sell": ("ask(L)", "mid(L) + far * tick(L)", "ask(L) - tick(L)", "mid(L) * (1 + rough)", "bid(L)",
             "vwap(L, buy, 2 * size) + tick(L)"),
    "lean": ("touch(L, lean)", "touch(L, opposite(lean))", "mid(L)"),
}  # fmt: skip
GUARDS = ("rough > 0.0003", "abs(qL) > 4 * size", "abs(qL) < size", "available(L, lean, mid(L) * 1.0002) < size",
          "book_spread(L) > 3 * tick(L)", "time_in_state > 7s", "unrealized(L) < -0.5", "worst_price(L, lean, size) > mid(L)")  # fmt: skip
EVENTS = ("tick", "beat", "filled", "rejected", "cancelled", "accepted", "expired", "refused")
RISKS = ("rate: {orders: 30/10s}", "position: {L: 5 * size}", "max_age: {book: 2s}", "notional: {each: leg, max: 4000}")


def spec_text(seed: int) -> str:
    """A spec of a seed; the same one every time. It trades one market or two."""
    random = Random(seed)
    legs = ["L", "M"][: random.choice([1, 1, 2])]
    hedged = random.random() < 0.3
    sides = [random.choice([", side: long", ", side: short"]) if hedged else "" for _ in legs]
    lines = [
        "fsm: 1",
        "strategy: {name: Random}",
        f"accounts: {{main: {{exchange: binanceusdm, position_mode: {'hedge' if hedged else 'one_way'}}}}}",
        "legs:",
        *(
            f'  {leg}: {{account: main, symbol: "{s}"{side}}}'
            for leg, s, side in zip(legs, SYMBOLS, sides, strict=False)
        ),
        "parameters: {size: 0.01, far: 5}",
        "observe:",
        "  jump: abs(change(mid(L), every=200ms))",
        "  rough: highest(jump, window=4s, ready=1)",
        "  pace: 700ms + 2000 * rough * 1s",
        "  lean: sell if qL > 0 else buy",
        "variables: {count: {initial: 0}}",
        "events: {tick: [book(L), every(pace)], beat: every(1s)}",
        "quotes:",
        *(_slot(random, f"q{k}", random.choice(legs)) for k in range(random.randint(1, 5))),
        "regions:",
        "  walk:",
        "    states:",
        *(line for state in "ABC" for line in _state(random, state)),
    ]
    if random.random() < 0.5:
        lines.append(f"risk: {{{random.choice(RISKS)}}}")
    if random.random() < 0.5:
        lines.append(f"alerts: {{rings: {{if: {random.choice(GUARDS[:5])!r}, repeat: 9s, say: rings}}}}")
    return "\n".join([*lines, "run: {capital: {main: 5000 USDT}}", ""]).replace("'", '"')


def _slot(random: Random, name: str, leg: str) -> str:
    side = random.choice(["buy", "sell", "buy", "sell", "lean"])
    found = [f"leg: {leg}", f"side: {side}", f'price: "{random.choice(PRICES[side])}"']
    found.append(f'quantity: "{random.choice(["size", "2 * size", "min(abs(qL) + size, 3 * size)"])}"')
    if random.random() < 0.7:
        found.append(f'when: "{random.choice(WHEN)}"')
    found += [f'{part}: "{random.choice(values)}"' for part, values in PARTS if random.random() < 0.35]
    return f"  {name}: {{{', '.join(found)}}}".replace("(L", f"({leg}")


def _state(random: Random, state: str) -> list[str]:
    lines = [f"      {state}:"]
    if state == "C":
        lines.append(f"        orders: {random.choice(['reduce', 'none', 'any'])}")
    lines.append("        on:")
    for event in random.sample(EVENTS, 3):
        to = random.choice([other for other in "ABC" if other != state])
        does = random.choice(["do: {count: count + 1}", f"transition_to: {to}", "do: [cancel_all, {count: count + 1}]"])
        lines.append(f'          {event}: {{if: "{random.choice(GUARDS)}", {does}}}')
    if state == "C" or random.random() < 0.3:
        lines.append(f"        after: {{{random.choice(['3s', '2 * pace'])}: {{transition_to: A}}}}")
    return lines
