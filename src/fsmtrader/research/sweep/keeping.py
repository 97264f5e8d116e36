"""What a sweep leaves in its folder.

results.parquet has a row for each set, best.parquet the equity of the best ones over time, summary.json the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from fsmtrader import __version__
from fsmtrader.diagnostics import FsmError
from fsmtrader.program.ir import Program
from fsmtrader.research.facts import unit_of
from fsmtrader.research.files import write_frame, write_summary
from fsmtrader.research.service import doubts
from fsmtrader.research.sweep.carry import Plan, Sweep, Told
from fsmtrader.research.sweep.crew import Job
from fsmtrader.research.sweep.grid import Axis, Case, command_of, values_of
from fsmtrader.research.sweep.lanes import in_lanes
from fsmtrader.research.sweep.place import RESULTS, alone_in
from fsmtrader.research.sweep.results import DONE, FAILED, Objective, Result, ranked, undominated
from fsmtrader.research.sweep.statistics import deflated, expected_maximum, rank_correlation
from fsmtrader.research.sweep.worth import no_best

if TYPE_CHECKING:
    import polars as pl

BEST = 5
"""sets whose curves are kept"""
MOST_REASONS = 12
"""why sets failed"""
CURVES, SUMMARY = "best.parquet", "summary.json"


def sweep_into(
    folder: Path, plan: Plan, told: Told | None = None, finish: Callable[[Path], object] | None = None
) -> dict[str, object]:
    """Carry a sweep out and keep it in a folder; gives its summary. `finish` adds to the folder of a whole one.

    KeyboardInterrupt: what was done is kept, and the files are of it; the same sweep goes on from there.
    UsageError: another sweep is at work in the folder, or it holds a run.
    """
    with alone_in(folder):
        summary = _swept(Sweep(plan, folder, told))
        if finish is not None:
            finish(folder)
    return summary


def _swept(sweep: Sweep) -> dict[str, object]:
    try:
        sweep.run()
        _keep_curves(sweep)
    except BaseException:
        with suppress(FsmError):  # what ended the sweep is told, not that its files suffer from the same
            _keep(sweep, is_whole=False)
        raise
    finally:
        sweep.crew.close()
    return _keep(sweep, is_whole=True)


def _keep(sweep: Sweep, *, is_whole: bool) -> dict[str, object]:
    frame = sweep.frame()
    summary = _summary(sweep, frame, is_whole=is_whole)
    write_frame(sweep.folder / RESULTS, frame)
    write_summary(sweep.folder / SUMMARY, summary)
    return summary


# -- curves ----------------------------------------------------------------------------------------------------------


def _keep_curves(sweep: Sweep) -> None:
    """Run the best sets once more, for their equity over time; unless the folder has just these."""
    import polars as pl

    path = sweep.folder / CURVES
    best = ranked(sweep.frame(), sweep.plan.objectives[0]).head(BEST)["key"].to_list()
    if _keys_in(path) == best:
        return
    found = {job.key: result for job, result in _drawn(sweep, best)}
    frames = [
        pl.DataFrame({"time_us": found[key].curve.time_us, "equity": found[key].curve.equity}).select(
            pl.lit(key).alias("key"), "time_us", "equity"
        )
        for key in best
        if key in found
    ]
    empty = pl.DataFrame(schema={"key": pl.String, "time_us": pl.Int64, "equity": pl.Float64})
    write_frame(path, pl.concat([empty, *frames]))


def _keys_in(path: Path) -> list[str] | None:
    """The sets whose curves a file has; None without one, and of one that is damaged."""
    import polars as pl

    with suppress(OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException):
        keys: list[str] = pl.read_parquet(path)["key"].unique(maintain_order=True).to_list()
        return keys
    return None


def _drawn(sweep: Sweep, keys: list[str]) -> list[tuple[Job, Result]]:
    numbers = {str(row["key"]): number for number, row in sweep.rows.items()}
    jobs = []
    for key in keys:
        case = sweep.cases[numbers[key]]
        run = sweep.bench.judged(case)
        if not isinstance(run, str):
            sweep.crew.get_ready(run)
            jobs.append(Job(numbers[key], case, key, run))

    def work(lane: int, job: Job) -> Result | None:
        return sweep.crew.run(lane, job.case, job.run, with_result=True).result

    with closing(in_lanes(iter(jobs), work, sweep.lanes, sweep.crew.close)) as done:
        return [(job, result) for job, result in done if result is not None]


# -- summary ---------------------------------------------------------------------------------------------------------


def _summary(sweep: Sweep, frame: pl.DataFrame, *, is_whole: bool) -> dict[str, object]:
    bench, plan, standing = sweep.bench, sweep.plan, sweep.standing
    program, objective = bench.program, plan.objectives[0]
    best = ranked(frame, objective)
    return {
        "name": program.name,
        "version": __version__,
        "spec_digest": program.digest,
        "data_digest": bench.stream.digest,
        "market": bench.market,
        "events": len(bench.stream),
        "start_us": bench.edges.first_us,
        "end_us": bench.edges.last_us,
        "is_whole": is_whole,
        "asked": standing.total,
        "done": standing.done,
        "failed": standing.failed,
        "known": standing.known,
        "repeated": standing.repeated,
        "seconds": sweep.seconds,
        "lanes": sweep.lanes,
        "engines": _counts(frame),
        "failures": _failures(frame),
        "objectives": [entry.value for entry in plan.objectives],
        "how": _how(plan, standing.repeated),
        "parameters": [_axis(program, axis) for axis in plan.axes],
        "periods": [[period.name, period.begin_us, period.end_us] for period in bench.periods],
        "best": [_said(sweep, row) for row in best.head(BEST).iter_rows(named=True)],
        "no_best": "" if best.height else no_best(standing.done, len(bench.edges.days)),
        "undominated": _front(sweep, frame),
        "chance": chance_of(frame),
        "stability": stability_of(frame, [period.name for period in bench.periods]),
        "notes": _notes(sweep, frame),
    }


def _notes(sweep: Sweep, frame: pl.DataFrame) -> list[str]:
    """What is odd about the data, what of fee and capital was chosen for the user, and what is not to be relied on."""
    first = next((sweep.cases[n] for n, row in sorted(sweep.rows.items()) if row["status"] == DONE), None)
    run = None if first is None else sweep.bench.judged(first)
    terms = () if run is None or isinstance(run, str) else (run.terms.fee.note, run.terms.capital.note)
    said = doubts(sweep.bench.program, sweep.bench.stream)
    about = [*sweep.store.notes, *faults_of(frame), *sweep.bench.stream.notes]
    return [*about, *(note for note in terms if note), *said]


def faults_of(frame: pl.DataFrame) -> list[str]:
    """Sets that were done and are not sound all the same: a liquidation, above all."""
    import polars as pl

    found = frame.filter((pl.col("status") == DONE) & (pl.col("faults") != ""))["faults"].to_list()
    if not found:
        return []
    said = "1 set has a fault" if len(found) == 1 else f"{len(found):,} sets have faults, the first of them"
    return [f"{said}: {found[0]} (results.parquet says which, in the column faults)"]


def _how(plan: Plan, repeated: int) -> str:
    if plan.search is not None:
        again = f", {repeated} of them of sets that had been tried" if repeated else ""
        return f"search by optuna, {plan.search.trials} trials{again}"
    return f"{plan.random} drawn with seed {plan.seed}" if plan.random else "every combination"


def _counts(frame: pl.DataFrame) -> dict[str, int]:
    import polars as pl

    done = frame.filter(pl.col("status") == DONE)
    return {str(engine): int(count) for engine, count in done.group_by("engine").len().sort("engine").iter_rows()}


def _failures(frame: pl.DataFrame) -> list[list[object]]:
    """Why sets failed, and how many each way; the most frequent reasons first."""
    import polars as pl

    failed = frame.filter(pl.col("status") == FAILED)
    counted = failed.group_by("error").len().sort(["len", "error"], descending=[True, False])
    return [list(entry) for entry in counted.head(MOST_REASONS).iter_rows()]


def _axis(program: Program, axis: Axis) -> dict[str, object]:
    """A parameter that was varied; `values` as written, `numbers` as the column of results.parquet has them."""
    parameter = next(entry for entry in program.parameters if entry.name == axis.name)
    values = list(axis.texts) if axis.texts else [axis.between(0.0), axis.between(1.0)]
    unit = unit_of(program.slots[parameter.slot].type)
    numbers = [values_of(program, ((axis.name, text),))[axis.name] for text in values]
    said = {"name": axis.name, "unit": unit, "doc": parameter.doc}
    return {**said, "values": values, "numbers": numbers, "is_open": axis.is_open}


def _said(sweep: Sweep, row: Mapping[str, object]) -> dict[str, object]:
    """A set of results.parquet, with what `fsm run` takes for it, and its values as written."""
    case: Case = next(sweep.cases[number] for number, found in sweep.rows.items() if found["key"] == row["key"])
    said = {name: value for name, value in row.items() if name not in ("error", "again")}
    return {"set": command_of(case), "values": dict(case), **said}


def _front(sweep: Sweep, frame: pl.DataFrame) -> list[str]:
    """The keys of the sets that are best in one way or another, where there are several objectives."""
    objectives: tuple[Objective, ...] = sweep.plan.objectives
    return undominated(frame, objectives)["key"].to_list() if len(objectives) > 1 else []


def chance_of(frame: pl.DataFrame) -> dict[str, object] | None:
    """What the best Sharpe ratio would be by chance, and whether the best one is above it; None without ratios."""
    import polars as pl

    best = ranked(frame, Objective.SHARPE)
    if best.height == 0:
        return None
    deviation = float(best["sharpe"].std() or 0.0)  # type: ignore[arg-type]  # of numbers it is a number
    tried = frame.filter(pl.col("status") == DONE).height
    expected = expected_maximum(deviation, tried)
    top = best.row(0, named=True)
    shape = (top["days"], top["skewness"], top["kurtosis"])
    return {
        "tried": tried,
        "deviation": deviation,
        "expected": expected,
        "best": top["sharpe"],
        "best_key": top["key"],
        "probability": None if None in shape else deflated(top["sharpe"], expected, *shape),
    }


def stability_of(frame: pl.DataFrame, periods: list[str]) -> dict[str, object]:
    """How alike two periods order the sets: the rank correlations of the profits in each two of them."""
    import polars as pl

    done = frame.filter(pl.col("status") == DONE)
    profits = [done[f"profit_{period}"].to_numpy() for period in periods]
    return {
        "periods": periods,
        "correlations": [[rank_correlation(one, two) for two in profits] for one in profits],
    }
