"""The summary of a run as text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fsmtrader.cli.output import counted
from fsmtrader.diagnostics.visible import visible
from fsmtrader.research.moments import instant
from fsmtrader.research.promises import Promise
from fsmtrader.research.summary import Summary

MOST_MOVES = 20
"""transitions that the text shows from each end of the list"""


def summary_text(summary: Summary, folder: Path, page: Path | None) -> str:
    """All of it, and where the run is kept; the report's path is the last line."""
    blocks = [_head(summary), _stays(summary), _moves(summary), _money(summary), _quotes(summary)]
    blocks += [_failures(summary), _promises(summary)]
    kept = f"kept in {folder}" + (f"\nreport  {page}" if page is not None else "")
    return visible("\n\n".join(block for block in (*blocks, kept) if block), keep="\n") + "\n"


def _head(summary: Summary) -> str:
    lines = [
        summary.name,
        f"  {counted(summary.events, 'event')} of {summary.market}",
        f"  {instant(summary.start_us)} to {instant(summary.end_us)} UTC",
        f"  spread {summary.spread * 1e4:g} bp, taker fee {summary.fee * 1e4:g} bp",
        f"  ended {summary.status}",
    ]
    if summary.engine != "machine":
        lines.append(f"  made by the {summary.engine} engine")
    if summary.started_us is None:
        lines.append("  the machine never started: its first values were not ready")
    return "\n".join([*lines, *(f"  note: {note}" for note in summary.notes)])


def _stays(summary: Summary) -> str:
    rows = [(f"{s.region}: {s.state}", _duration(s.seconds), counted(s.times, "time")) for s in summary.stays]
    return _table("states", ("state", "spent there", "entered"), rows)


def _moves(summary: Summary) -> str:
    moves = list(summary.moves)
    if not moves:
        return "transitions\n  none"
    rows = [(instant(m.time_us), m.source, m.target, m.because or m.trigger) for m in moves]
    left_out = summary.transitions - 2 * MOST_MOVES
    if left_out > 0:
        rows = [*rows[:MOST_MOVES], (f"({left_out} more)", "", "", ""), *rows[-MOST_MOVES:]]
    return _table(f"transitions ({summary.transitions})", ("time", "from", "to", "because"), rows)


def _money(summary: Summary) -> str:
    rows = [
        ("fills", f"{summary.fills}"),
        ("turnover", _amount(summary.turnover)),
        ("realised", _amount(summary.realised)),
        ("unrealised", _amount(summary.unrealised)),
        ("fees", _amount(-summary.fees)),
        ("funding", _amount(summary.funding)),
        ("profit", _amount(summary.profit)),
        ("of it captured", _amount(summary.captured)),
        ("  friction", _amount(-summary.friction)),
        ("  leaving", _amount(-summary.exit_cost)),
        ("drawdown", _amount(-summary.max_drawdown)),
        ("Sharpe ratio", "-" if summary.sharpe is None else f"{summary.sharpe:.2f}"),
        ("equity", _amount(summary.equity)),
    ]
    positions = [
        (
            p.leg,
            f"{p.quantity:.9g}",
            "" if p.average_price is None else f"{p.average_price:.9g}",
            _amount(p.realised),
            _amount(p.unrealised),
            _amount(-p.fees),
            _amount(p.funding),
        )
        for p in summary.positions
    ]
    legs = _table("legs", ("leg", "quantity", "average", "realised", "unrealised", "fees", "funding"), positions)
    return "\n".join([f"  {name:<16}{value:>18}" for name, value in rows]) + "\n\n" + legs


def _quotes(summary: Summary) -> str:
    """What a market maker looks at first; the report and summary.json have the rest."""
    found = summary.quoting
    if found is None:
        return ""
    rows = [
        (f"{s.leg} {s.side}", _percent(s.uptime), f"{s.longest_gap_seconds:.1f}s", max(s.reasons, key=_second)[0])
        if s.reasons
        else (f"{s.leg} {s.side}", _percent(s.uptime), f"{s.longest_gap_seconds:.1f}s", "")
        for s in found.sides
    ]
    moved = [
        (f"{m.liquidity}, {m.horizon_seconds:g}s", str(m.count), f"{m.mean_bp:+.2f}bp", _amount(m.total_quote))
        for m in found.markouts
    ]
    shares = [(part.liquidity, str(part.fills), _percent(part.share), _amount(-part.fees)) for part in found.liquidity]
    tables = (
        _table("quotes in the book", ("side", "uptime", "longest gap", "else mostly"), rows),
        _table("fills", ("as", "fills", "of turnover", "fees"), shares),
        _table("markouts", ("after a fill as", "fills", "mean", "sum"), moved),
    )
    return "\n\n".join(table for table in tables if table)


def _second(pair: tuple[str, float]) -> float:
    return pair[1]


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _failures(summary: Summary) -> str:
    """Orders that came to nothing and actions that failed: nobody should have to look for them."""
    lines = [f"  {counted(n, 'order')} {outcome}{reason and ': '}{reason}" for outcome, reason, n in summary.orders]
    failed = [(action, n) for action, outcome, n in summary.actions if outcome == "failed"]
    lines += [f"  {action} failed, {counted(n, 'time')}" for action, n in failed]
    return "\n".join(["not done", *lines]) if lines else ""


def _promises(summary: Summary) -> str:
    lines = [f"  {promise.verdict:<11} {promise.name}{_first(promise)}" for promise in summary.promises]
    lines += [f"  fault       {fault}" for fault in summary.faults]
    lines += [f"  alert       {name}, {counted(count, 'time')}" for name, count in summary.alerts]
    return "\n".join(["invariants", *lines]) if lines else ""


def _first(promise: Promise) -> str:
    if not promise.first:
        return ""
    times = f" {counted(promise.broken, 'time')}, first" if promise.verdict == "broken" else ""
    return f":{times} {promise.first}"


def _table(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    top = "  ".join(cell.ljust(width) for cell, width in zip(head, widths, strict=True)).rstrip()
    return "\n".join([title, f"  {top}", *(f"  {line}" for line in lines)])


def _amount(value: float) -> str:
    return f"{value + 0.0:,.2f}"


def _duration(seconds: float) -> str:
    """Days, hours, minutes, seconds; the two greatest that are not zero."""
    parts = []
    rest = round(seconds)
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or "0s"
