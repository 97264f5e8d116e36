"""The tables and words of a sweep's report as HTML; every text of a spec is escaped."""

from __future__ import annotations

from html import escape
from typing import Any

from fsmtrader.research.moments import instant
from fsmtrader.research.report import palette
from fsmtrader.research.report.cells import NONE, amount, duration, table, tone
from fsmtrader.research.sweep.report.source import SweepFiles
from fsmtrader.research.sweep.worth import is_of_use, no_gain

SHOWN = (
    ("profit", "profit"),
    ("worst_period", "worst part"),
    ("sharpe", "Sharpe"),
    ("max_drawdown", "drawdown"),
    ("fees", "fees"),
    ("turnover", "turnover"),
    ("fills", "fills"),
    ("broken", "broken"),
)


def tiles(sweep: SweepFiles) -> str:
    """How much was tried, and the best of it."""
    s = sweep.summary
    best = s["best"][0] if s["best"] else {}
    tried = s["done"] + s["failed"]
    profit = best.get("profit")
    sharpe = best.get("sharpe")
    entries = [
        (f"{tried:,}", "sets tried", ""),
        (f"{s['done']:,}", "done", ""),
        (f"{s['failed']:,}", "failed", "bad" if s["failed"] else ""),
        (f"{s['known']:,}", "taken from the store", ""),
        ("-" if profit is None else amount(profit), "profit of the best set", tone(profit or 0.0)),
        ("-" if sharpe is None else f"{sharpe:.2f}", "its Sharpe ratio, a year", ""),
        (duration(s["seconds"]), f"on {s['lanes']} at a time", ""),
    ]
    return "".join(
        f'<div class="tile"><b class="{css}">{escape(text)}</b><span>{escape(name)}</span></div>'
        for text, name, css in entries
    )


def verdict(sweep: SweepFiles) -> str:
    """Said on top when the sweep was cut short, or nothing could be run."""
    s = sweep.summary
    said = []
    if not s["is_whole"]:
        again = s.get("repeated", 0)
        tried, what = s["done"] + s["failed"] + again, "trials" if again else "sets"
        said.append(f"cut short: {tried:,} of {s['asked']:,} {what}")
    if not s["done"]:
        said.append("not one set could be run")
    elif not s["best"]:
        said.append(f"there is no best set: {s['no_best']}")
    return f'<div class="verdict">{"<br>".join(map(escape, said))}</div>' if said else ""


def luck(sweep: SweepFiles) -> str:
    """What the best of so many sets is worth."""
    s = sweep.summary
    if s["done"] < 2 or not s["best"]:
        return NONE
    nothing, chance = no_gain(s), s["chance"]
    said = [
        nothing
        or f"The best of {s['done']:,} sets looks better than it is: it was chosen because it came out best, and part "
        f"of what it won by was luck. Expect less of it in any other market.",
    ]
    if chance is None and not nothing:
        said.append("There are too few days, or too few trades, for Sharpe ratios to say how much.")
    if chance is not None and (not nothing or is_of_use(chance)):
        said.append(
            f"If not one of the {chance['tried']:,} sets was worth anything, the best of their Sharpe ratios (which "
            f"differ by {chance['deviation']:.2f}) would still be about {chance['expected']:.2f}. The best one here is "
            f"{chance['best']:.2f}, which is {'more' if chance['best'] > chance['expected'] else 'no more'} than that."
        )
        if chance["probability"] is not None:
            said.append(
                f"That its true value is above {chance['expected']:.2f} has a probability of "
                f"{chance['probability']:.0%} (deflated Sharpe ratio, Bailey and López de Prado 2014). Sets that "
                "resemble each other count for fewer, so this is rather too strict than too kind."
            )
    return "".join(f"<p>{escape(text)}</p>" for text in said)


def best(sweep: SweepFiles) -> str:
    """The best sets, with the colours of their curves."""
    s = sweep.summary
    rows = []
    for rank, row in enumerate(s["best"]):
        colour = palette.LEGS[rank % len(palette.LEGS)]
        dot = f'<span class="dot" style="background:{colour}"></span>{rank + 1}'
        values = [escape(row["values"][name]) for name in sweep.names]
        rows.append((dot, *values, *(escape(_cell(row[column])) for column, _ in SHOWN)))
    head = ("", *sweep.names, *(title for _, title in SHOWN))
    columns = tuple(range(len(head)))
    return table(head, rows, numbers=columns[1:], raw=columns, quiet=(0,)) if rows else NONE


def again(sweep: SweepFiles) -> str:
    """What `fsm run` takes for the best set."""
    best_sets = sweep.summary["best"]
    return f"<code>fsm run … {escape(best_sets[0]['set'])}</code>" if best_sets else ""


def parts(sweep: SweepFiles) -> str:
    """The profit of the best sets in each period."""
    s = sweep.summary
    rows = [
        (name, f"{instant(begin)[:16]} to {instant(end)[:16]}", *(_cell(row[f"profit_{name}"]) for row in s["best"]))
        for name, begin, end in s["periods"]
    ]
    head = ("part", "", *(f"set {rank + 1}" for rank in range(len(s["best"]))))
    return table(head, rows, numbers=tuple(range(2, len(head))), quiet=(1,)) if s["best"] else NONE


def correlations(sweep: SweepFiles) -> str:
    """How alike each two periods order all sets."""
    found = sweep.summary["stability"]
    rows = [
        (f"part {name}", *(_correlation(value, place == other) for other, value in enumerate(line)))
        for place, (name, line) in enumerate(zip(found["periods"], found["correlations"], strict=True))
    ]
    head = ("", *(f"part {name}" for name in found["periods"]))
    return table(head, rows, numbers=tuple(range(1, len(head))), raw=tuple(range(1, len(head)))) if rows else NONE


def _correlation(value: float | None, is_same: bool) -> str:
    if is_same or value is None:
        return "" if is_same else "-"
    shade = palette.translucent(palette.EQUITY if value > 0 else palette.FEES, 0.55 * min(abs(value), 1.0))
    return f'<span class="shade" style="background:{shade}">{value:+.2f}</span>'


def failures(sweep: SweepFiles) -> str:
    """Why sets failed, and how many each way."""
    rows = [(error or "", f"{times:,}") for error, times in sweep.summary["failures"]]
    return table(("why", "sets"), rows, numbers=(1,)) if rows else NONE


def how(sweep: SweepFiles) -> str:
    """What was tried, on what, by which engine."""
    s = sweep.summary
    engines = ", ".join(f"{count:,} by {name}" for name, count in s["engines"].items())
    said = [f"{entry['name']}: {_values(entry)}" for entry in s["parameters"]]
    said += [s["how"], f"ranked by {', '.join(s['objectives'])}", f"market: {s['market']}", engines, *s["notes"]]
    return "<ul>" + "".join(f"<li>{escape(str(text))}</li>" for text in said if text) + "</ul>"


def _values(entry: dict[str, Any]) -> str:
    values = entry["values"]
    if entry["is_open"]:
        return f"{values[0]} to {values[-1]}"
    return ", ".join(values) if len(values) <= 12 else f"{', '.join(values[:6])} … {values[-1]} ({len(values)} values)"


def _cell(value: Any) -> str:
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else amount(value)
