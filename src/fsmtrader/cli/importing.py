"""What `fsm data import` and `fsm data check` show: progress, and what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import cast

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from fsmtrader.cli.output import counted
from fsmtrader.data.depth_columns import Shape
from fsmtrader.data.describe import Description, describe
from fsmtrader.data.files import Wanted, open_file
from fsmtrader.data.importing.check import BookCheck, check_book
from fsmtrader.diagnostics import UsageError
from fsmtrader.diagnostics.visible import visible

Told = Mapping[str, object]


@contextmanager
def counting(*, is_off: bool) -> Iterator[Callable[[str, int], None]]:
    """What is being done and how many rows it has done, on standard error."""
    if is_off:
        yield lambda what, rows: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:,.0f}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, object] = {}

        def step(what: str, rows: int) -> None:
            task = tasks.setdefault(what, None)
            if task is None:
                task = tasks[what] = bar.add_task(visible(what), total=None)
            bar.advance(task, rows)  # type: ignore[arg-type]  # tasks are rich's own numbers

        yield step


def markets_of(manifest: Told) -> Sequence[Told]:
    """The markets of a manifest."""
    return cast("Sequence[Told]", manifest["markets"])


def differs(market: Told) -> bool:
    """Whether the rebuilt book was another one than the quotes tell."""
    book = _part(_part(market, "checks"), "book")
    return bool(book.get("mismatches") or book.get("crossed"))


def _part(told: Told, name: str) -> Told:
    return cast("Told", told.get(name) or {})


def imported(target: str, manifest: Told) -> Iterator[str]:
    """A manifest for people."""
    for market in markets_of(manifest):
        yield visible(f"{target}/{market['file']}")
        for name, text in _lines(market):
            yield visible(f"  {name:<9} {text}")
    ignored = _part(manifest, "ignored")
    if ignored:
        yield visible("not taken: " + ", ".join(f"{count} {kind}" for kind, count in ignored.items()))


def _lines(market: Told) -> Iterator[tuple[str, str]]:
    checks, clocks = _part(market, "checks"), _part(market, "clocks")
    for kind, told in cast("Mapping[str, Told]", market["kinds"]).items():
        yield kind, f"{_counted(told['rows'], 'row')}, {told['first']} to {told['last']}"
    if clocks:
        delay = cast("Mapping[str, int]", clocks["delay_us"])
        ahead = cast("int", clocks["exchange_ahead_us"]) / 1e6
        yield (
            "clocks",
            f"the exchange's is {abs(ahead):g} s {'ahead' if ahead >= 0 else 'behind (or that is the least delay)'}",
        )
        yield "delay", f"median {delay['median'] / 1e3:g} ms, p99 {delay['p99'] / 1e3:g} ms above the least"
    sequence = _part(checks, "sequence")
    if sequence:
        gaps = counted(cast("int", sequence["breaks"]), "gap")
        seen = gaps if sequence["is_checked"] else "gaps cannot be seen"
        yield "sequence", f"{_counted(sequence['messages'], 'message')}, {seen}, {sequence['twice']} told again"
    book = _part(checks, "book")
    if book:
        yield "book", _met(cast("int", book["met"]), cast("int", book["mismatches"]))
    mended = {name: checks[name] for name in MENDED if checks.get(name)}
    yield from (("mended", f"{count} {MENDED[name]}") for name, count in mended.items())
    yield from (("note", str(note)) for note in cast("Sequence[str]", market["notes"]))


MENDED = {
    "rows_without_time_of_exchange": "rows had no time of the exchange: it is the recorder's, less the usual distance",
    "rows_out_of_order": "rows were earlier than one before them: they are told at its time",
    "trades_repeated": "trades were recorded twice: they are told once",
}


def _counted(number: object, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _met(met: int, mismatches: int) -> str:
    if not met:
        return "no quote of the same update to compare it with"
    same = "it is the quotes' at all of them" if not mismatches else f"it is ANOTHER one at {mismatches}"
    return f"compared with the quotes at {_counted(met, 'update')}: {same}"


@dataclass(frozen=True, slots=True)
class Checked:
    """A file of events and its book."""

    description: Description
    book: BookCheck | None

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.description.problems and (self.book is None or not (self.book.mismatches or self.book.crossed))

    def plain(self) -> dict[str, object]:
        """As JSON."""
        told: dict[str, object] = {"path": self.description.path, "counts": dict(self.description.counts)}
        told["problems"] = [asdict(problem) for problem in self.description.problems]
        return told | {"book": None if self.book is None else self.book.plain()}

    def lines(self) -> Iterator[str]:
        """For people."""
        yield visible(self.description.path)
        yield visible(
            "  holds     " + ", ".join(f"{count:,} {kind}" for kind, count in self.description.counts.items())
        )
        if self.book is not None:
            yield f"  book      {_met(self.book.met, self.book.mismatches)}"
            if self.book.first is not None:
                yield f"  first     update {self.book.first}"
        yield from (visible(f"  problem   {problem}") for problem in self.description.problems)


def checked(path: str) -> Checked:
    """Check a file of events; UsageError for another one."""
    if open_file(Wanted(path)).layout.shape is not Shape.EVENTS:
        raise UsageError(f"{path}: is no file of events; `fsm data import` makes one of it")
    return Checked(describe(Wanted(path)), check_book(path))
