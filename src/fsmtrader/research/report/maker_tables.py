"""The tables of a market maker: uptime with its reasons, markouts, maker and taker, queue, inventory."""

from __future__ import annotations

from typing import Any

from fsmtrader.research.moments import instant
from fsmtrader.research.quoting.measures import BP, ratio
from fsmtrader.research.report.cells import NONE, amount, duration, number, table
from fsmtrader.research.report.source import RunFiles

MOST_REASONS = 12


def maker_part(run: RunFiles) -> str:
    """The cards of the page; nothing for a run without working quotes."""
    found = run.summary.get("quoting")
    if not found:
        return ""
    cards = (
        ("Quotes in the book", uptime(found)),
        ("Why a side was not quoted", reasons(found)),
        ("Markouts", markouts(found)),
        ("Maker and taker", liquidity(found)),
        ("Fills by place in the queue", queue(found)),
        ("Inventory and quotes", legs(found)),
    )
    columns = "".join(f'<div class="card"><h2>{title}</h2>{body}</div>' for title, body in cards)
    return (
        '<section class="card" id="maker-card"><h2>Market making</h2>'
        '<div class="bar-of-buttons" id="maker-buttons"></div>'
        '<p class="hint"><span id="maker-window"></span>; draw a box in the chart to look closer</p>'
        '<div class="legend" id="maker-legend"></div><div id="maker"></div></section>'
        f'<section class="columns wide">{columns}</section>'
    )


def uptime(found: dict[str, Any]) -> str:
    """R001-45 and R001-01: how long an own order lay in the book, and the longest time without one."""
    rows = []
    for side in found["sides"]:
        cycles = dict(side["cycles"])
        judged = sum(cycles.values())
        met = f"{cycles.get('live', 0):,} of {judged:,}" if judged else "-"
        gap = duration(side["longest_gap_seconds"])
        rows.append(
            (f"{side['leg']} {side['side']}", percent(side["uptime"]), met, gap, instant(side["longest_gap_us"]))
        )
    for leg in found["legs"]:
        quiet = ratio(found["seconds"] - leg["silent_seconds"], found["seconds"])
        gap = duration(leg["longest_silence_seconds"])
        rows.append((f"{leg['leg']} either", percent(quiet), "", gap, instant(leg["longest_silence_us"])))
    return table(("side", "uptime", "cycles met", "longest gap", "from (UTC)"), rows, numbers=(1, 2, 3))


def reasons(found: dict[str, Any]) -> str:
    rows = [
        (f"{side['leg']} {side['side']}", reason, duration(seconds), percent(ratio(seconds, found["seconds"])))
        for side in found["sides"]
        for reason, seconds in side["reasons"][:MOST_REASONS]
    ]
    return table(("side", "reason", "time", "share"), rows, numbers=(2, 3)) if rows else NONE


def markouts(found: dict[str, Any]) -> str:
    """What the middle of the book had moved by, in the fill's favour."""
    rows = [
        (
            f"{m['liquidity']}, {m['horizon_seconds']:g} s",
            f"{m['count']:,}",
            f"{m['mean_bp']:+.3f}",
            f"{m['mean_quote']:+,.4f}",
            amount(m["total_quote"]),
        )
        for m in found["markouts"]
    ]
    return table(("after a fill as", "fills", "mean bp", "mean", "sum"), rows, numbers=(1, 2, 3, 4)) if rows else NONE


def liquidity(found: dict[str, Any]) -> str:
    rows = []
    for entry in found["liquidity"]:
        rate = ratio(abs(entry["fees"]), entry["turnover"])
        fee = "-" if rate is None else f"{rate / BP * (1 if entry['fees'] >= 0 else -1):.2f} bp"
        fees = amount(entry["fees"])
        rows.append(
            (entry["liquidity"], f"{entry['fills']:,}", amount(entry["turnover"]), percent(entry["share"]), fees, fee)
        )
    more = (
        ("turnover / capital", number(_rounded(found["turnover_of_capital"]))),
        ("orders", f"{found['orders']:,}"),
        ("cancels", f"{found['cancels']:,}"),
        ("fills / cancels", number(_rounded(found["fills_per_cancel"]))),
    )
    head = ("as", "fills", "turnover", "share", "fees", "of turnover")
    return table(head, rows, numbers=(1, 2, 3, 4, 5)) + table(("all", ""), more, numbers=(1,))


def queue(found: dict[str, Any]) -> str:
    """How many of the orders were filled that came to rest behind so much, in multiples of their own quantity."""
    rows = [
        (
            q["name"],
            f"{q['orders']:,}",
            percent(ratio(q["filled_orders"], q["orders"])),
            percent(ratio(q["filled_quantity"], q["quantity"])),
            duration(q["rested_seconds"] / q["orders"]),
        )
        for q in found["queue"]
    ]
    head = ("ahead at rest", "orders", "filled", "of quantity", "at rest, mean")
    return table(head, rows, numbers=(1, 2, 3, 4)) if rows else NONE


def legs(found: dict[str, Any]) -> str:
    """Means weighted by time."""
    rows = [
        (
            leg["leg"],
            number(_rounded(leg["mean_net"])),
            number(_rounded(leg["most_net"])),
            _bp(leg["mean_spread"]),
            _bp(leg["mean_skew"]),
        )
        for leg in found["legs"]
    ]
    head = ("leg", "mean |net|", "most |net|", "spread, bp", "skew, bp")
    return table(head, rows, numbers=(1, 2, 3, 4)) if rows else NONE


def percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _bp(share: float | None) -> str:
    return "-" if share is None else f"{share / BP:.3f}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.5g}")
