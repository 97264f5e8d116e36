"""The tables of the report as HTML. Every text of a spec is escaped: a report shows, it runs nothing of theirs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from fsmtrader.research.moments import instant
from fsmtrader.research.report.marks import colours
from fsmtrader.research.report.source import RunFiles

MOST_ROWS = 400
DAY, HOUR, MINUTE = 86_400, 3_600, 60


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
        (s["status"], "ended", ""),
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
    said = [f"the promise {name} was broken" for name in broken] + [f"fault: {fault}" for fault in faults]
    return f'<div class="verdict">{"<br>".join(escape(text) for text in said)}</div>'


def stays(run: RunFiles) -> str:
    """How long each state lasted, with a bar of its share."""
    total = sum(stay["seconds"] for stay in run.summary["stays"]) or 1.0
    colour = colours(run)
    rows = []
    for stay in run.summary["stays"]:
        share = stay["seconds"] / total
        shade = colour.get(stay["state"], "var(--soft)")
        dot = f'<span class="dot" style="background:{shade}"></span>'
        bar = f'<span class="bar" style="background:{shade};width:{share * 90:.1f}px"></span>'
        rows.append(
            (dot + escape(stay["state"]), f"{share:.1%} {bar}", duration(stay["seconds"]), f"{stay['times']:,}")
        )
    return table(("state", "share", "spent there", "entered"), rows, numbers=(2, 3), raw=(0, 1))


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
    return table(("part", "amount"), rows, numbers=(1,))


def promises(run: RunFiles) -> str:
    rows = [(p["name"], p["verdict"], p["first"] or "") for p in run.summary["promises"]]
    return table(("invariant", "verdict", ""), rows) if rows else NONE


def transitions(run: RunFiles) -> str:
    """Each move with its guard and the values that it was decided by."""
    frame = run.transitions
    if frame.height == 0:
        return NONE
    rows = []
    for row in frame.head(MOST_ROWS).iter_rows(named=True):
        guard = f"<code>{escape(row.get('guard') or row['trigger'])}</code>"
        because = escape(row["because"] or "")
        rows.append(
            (instant(row["time_us"]), row["source"], row["target"], because, guard + operands(row.get("operands")))
        )
    said = table(("time (UTC)", "from", "to", "because", "guard and its values"), rows, raw=(3, 4), quiet=(0,))
    left = frame.height - MOST_ROWS
    more = f'<p class="none">{left:,} more are in transitions.parquet</p>' if left > 0 else ""
    return f'<div class="scroll">{said}</div>{more}'


def operands(text: object) -> str:
    """`{"P_t": 101}` as one quiet line."""
    if not text:
        return ""
    values = json.loads(str(text))
    shown = ", ".join(f"{name} = {number(value)}" for name, value in values.items())
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


def parameters(run: RunFiles) -> str:
    rows = [
        (p["name"], number(p["value"]), p.get("unit", ""), p.get("doc", "")) for p in run.summary.get("parameters", [])
    ]
    return table(("name", "value", "unit", ""), rows, numbers=(1,)) if rows else NONE


def notes(run: RunFiles) -> str:
    s = run.summary
    said = [f"market: {s['market']}", *s.get("terms", []), *s["notes"]]
    return "<ul>" + "".join(f"<li>{escape(str(text))}</li>" for text in said) + "</ul>"


# -- parts of a table ------------------------------------------------------------------------------------------------

NONE = '<p class="none">none</p>'


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    numbers: tuple[int, ...] = (),
    raw: tuple[int, ...] = (),
    quiet: tuple[int, ...] = (),
) -> str:
    """A table; cells are escaped except those in the columns `raw`."""
    css = {**dict.fromkeys(numbers, ' class="n"'), **dict.fromkeys(quiet, ' class="t"')}
    top = "".join(f"<th{css.get(i, '')}>{escape(text)}</th>" for i, text in enumerate(head))
    body = []
    for row in rows:
        cells = [text if i in raw else escape(str(text)) for i, text in enumerate(row)]
        body.append("<tr>" + "".join(f"<td{css.get(i, '')}>{text}</td>" for i, text in enumerate(cells)) + "</tr>")
    return f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(body)}</tbody></table>"


def amount(value: float) -> str:
    return f"{value + 0.0:,.2f}"


def number(value: Any) -> str:
    """A number as short as it can be read; a dash for none."""
    if value is None or value != value:
        return "-"
    return f"{value:,.9g}" if isinstance(value, int | float) else str(value)


def tone(value: float) -> str:
    return "good" if value > 0 else "bad" if value < 0 else ""


def duration(seconds: float) -> str:
    """Days, hours, minutes or seconds, to one decimal."""
    for size, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m")):
        if seconds >= size:
            return f"{seconds / size:,.1f} {unit}"
    return f"{seconds:.1f} s"
