"""The tables of the report as HTML. Every text of a spec is escaped: a report shows, it runs nothing of theirs."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from fsmtrader.research.moments import instant
from fsmtrader.research.report.cells import NONE, amount, duration, number, shorter, table, tone, value
from fsmtrader.research.report.marks import colours, regions
from fsmtrader.research.report.source import RunFiles

STATUS = {"over": "final state", "waiting": "never started"}
MOST_KINDS = 20
MOST_ROWS = 400
"""transitions that the page shows; of more the first and the last half of that"""


def tiles(run: RunFiles) -> str:
    """The numbers that are looked for first."""
    s = run.summary
    capital = s.get("capital") or 0.0
    share = f"profit, {s['profit'] / capital:+.2%} of capital" if capital else "profit"
    entries = [
        (amount(s["profit"]), share, tone(s["profit"])),
        (amount(-s["max_drawdown"]), "greatest drawdown", ""),
        ("-" if s.get("sharpe") is None else f"{s['sharpe']:.2f}", "Sharpe ratio, a year", ""),
        (amount(-s["fees"]), "fees", ""),
        (amount(s["funding"]), "funding", tone(s["funding"])),
        (f"{s['fills']:,}", "fills", ""),
        (f"{s['turnover']:,.0f}", "turnover", ""),
        (STATUS.get(s["status"], s["status"]), "at the end", ""),
    ]
    return "".join(
        f'<div class="tile"><b class="{css}">{escape(text)}</b><span>{name}</span></div>' for text, name, css in entries
    )


def verdict(run: RunFiles) -> str:
    """Said on top when something broke."""
    broken = [p["name"] for p in run.summary["promises"] if p["verdict"] == "broken"]
    faults = run.summary["faults"]
    if not broken and not faults:
        return ""
    said = [f"the invariant {name} was broken" for name in broken] + [f"fault: {fault}" for fault in faults]
    return f'<div class="verdict">{"<br>".join(escape(text) for text in said)}</div>'


def stays(run: RunFiles) -> str:
    """How long each state lasted, with a bar of its share of its region's time; those never entered, too."""
    spent = {(stay["region"], stay["state"]): stay for stay in run.summary["stays"]}
    rows = []
    for region in regions(run):
        total = sum(stay["seconds"] for stay in run.summary["stays"] if stay["region"] == region) or 1.0
        before = f"{region}: " if len(regions(run)) > 1 else ""
        for state, shade in colours(run, region).items():
            stay = spent.get((region, state), {"seconds": 0.0, "times": 0})
            share = stay["seconds"] / total
            dot = f'<span class="dot" style="background:{shade}"></span>'
            bar = f'<span class="bar" style="background:{shade};width:{share * 60:.1f}px"></span>'
            times = f"{stay['times']:,}" if stay["times"] else "never"
            rows.append((dot + escape(before + state), f"{share:.1%} {bar}", duration(stay["seconds"]), times))
    return table(("state", "share", "spent there", "entered"), rows, numbers=(2, 3), raw=(0, 1)) if rows else NONE


def parts(run: RunFiles) -> str:
    """Profit by what it comes from (R000-57)."""
    s = run.summary
    rows = [
        ("captured volatility", amount(s["captured"])),
        ("fees and slippage", amount(-s["friction"])),
        ("cost of leaving", amount(-s["exit_cost"])),
        ("funding", amount(s["funding"])),
        ("profit", amount(s["profit"])),
    ]
    return table(("part", "amount"), rows, numbers=(1,)) + long_run(s.get("fit"))


def long_run(fit: dict[str, Any] | None) -> str:
    """Document 000's estimate from this run's rebalances (R000-43, `research/fit.py`); nothing where there is none."""
    if not fit:
        return ""
    rows = [
        (
            "rebalances, and as many as the price's variance lets expect",
            f"{fit['rebalances']:,} / {fit['expected_rebalances']:,.1f}",
        ),
        ("c1, captured for each unit of MES", f"{amount(fit['c1'])} ± {amount(fit['error'])}"),
        ("c2, paid for each unit of f", amount(fit["c2"])),
        ("E[ΔR], what a rebalance brings", amount(fit["gain"])),
        ("E[R_T], what as many as expected bring", amount(fit["expected"])),
        ("MES*, at which that would be greatest", "-" if fit["best"] is None else f"{fit['best']:.3%}"),
    ]
    return table(("estimate without drift", "value"), rows, numbers=(1,))


def promises(run: RunFiles) -> str:
    """Each invariant: kept, broken (how often, and first when), or not judged."""
    rows = []
    for promise in run.summary["promises"]:
        css = {"kept": "kept", "broken": "broken"}.get(promise["verdict"], "unjudged")
        times = f"{promise['broken']:,} times; first: " if promise["broken"] > 1 else ""
        said = f'<span class="{css}">{escape(promise["verdict"])}</span>'
        because = f'<br><span class="because">{escape(times + promise["first"])}</span>' if promise["first"] else ""
        rows.append((escape(promise["name"]) + because, said))
    return table(("invariant", "verdict"), rows, raw=(0, 1)) if rows else NONE


def transitions(run: RunFiles) -> str:
    """Each move with its guard and the values that it was decided by."""
    frame, height = run.transitions, run.transitions.height
    if height == 0:
        return NONE
    half = MOST_ROWS // 2
    parts = [frame] if height <= MOST_ROWS else [frame.head(half), frame.tail(half)]
    rows, times = [], []
    for part in parts:
        rows += [_move(run, row) for row in part.iter_rows(named=True)]
        times += [time_us / 1_000.0 for time_us in part["time_us"].to_list()]
    head = ["time (UTC)", "region", "from", "to", "because", "guard and its values"]
    quiet, raw = (0,), (5,)
    if len(regions(run)) < 2:
        head, rows, raw = [*head[:1], *head[2:]], [(*row[:1], *row[2:]) for row in rows], (4,)
    left = height - MOST_ROWS
    more = f'<p class="none">{left:,} between these are in transitions.parquet</p>' if left > 0 else ""
    return f'<div class="scroll moves">{table(head, rows, raw=raw, quiet=quiet, times=times)}</div>{more}'


def _move(run: RunFiles, row: dict[str, Any]) -> tuple[str, ...]:
    guard = f"<code>{escape(row['guard'] or row['trigger'])}</code>"
    said = guard + operands(row["operands"], run.summary)
    return instant(row["time_us"]), row["region"], row["source"], row["target"], row["because"] or "", said


def operands(text: str, summary: dict[str, Any]) -> str:
    """`{"C3": 1.0, "tau_max": 21600.0}` as one quiet line: `C3 = true, tau_max = 6h`."""
    values = json.loads(text) if text else {}
    units, words = summary["units"], summary["words"]
    shown = ", ".join(f"{name} = {value(entry, units.get(name, ''), words)}" for name, entry in values.items())
    return f'<br><code class="v">{escape(shown)}</code>' if shown else ""


def legs(run: RunFiles) -> str:
    rows = [
        (
            p["leg"],
            number(p["quantity"]),
            number(p["average_price"]),
            amount(p["realised"]),
            amount(p["unrealised"]),
            amount(-p["fees"]),
            amount(p.get("funding", 0.0)),
        )
        for p in run.summary["positions"]
    ]
    head = ("leg", "quantity", "average", "realised", "unrealised", "fees", "funding")
    return table(head, rows, numbers=(1, 2, 3, 4, 5, 6)) if rows else NONE


def actions(run: RunFiles) -> str:
    rows = [(name, outcome, f"{times:,}") for name, outcome, times in run.summary["actions"]]
    rows += [(f"alert {name}", "", f"{times:,}") for name, times in run.summary["alerts"]]
    return table(("action", "outcome", "times"), rows, numbers=(2,)) if rows else NONE


def orders(run: RunFiles) -> str:
    """What became of the orders, and why the venue or a limit did not take them."""
    counted = (
        run.orders.group_by("status", "reason").len().sort(["len", "status", "reason"], descending=[True, False, False])
    )
    rows = [(status, reason or "", f"{times:,}") for status, reason, times in counted.head(MOST_KINDS).iter_rows()]
    return table(("orders", "reason", "how many"), rows, numbers=(2,)) if rows else NONE


def parameters(run: RunFiles) -> str:
    """Each parameter as a spec would have it: shares in percent, durations as such."""
    rows = []
    for entry in run.summary.get("parameters", []):
        unit = shorter(entry.get("unit", ""))
        said = value(entry["value"], unit, ())
        rows.append((entry["name"], said, "" if unit in ("ratio", "seconds") else unit, entry.get("doc", "")))
    return table(("name", "value", "unit", ""), rows, numbers=(1,)) if rows else NONE


def notes(run: RunFiles) -> str:
    s = run.summary
    said = [f"market: {s['market']}", *s.get("terms", []), *s["notes"]]
    return "<ul>" + "".join(f"<li>{escape(str(text))}</li>" for text in said) + "</ul>"
