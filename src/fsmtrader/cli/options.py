"""Options that several commands read alike: those of a run, its spec and its parameters."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from fsmtrader.cli.output import counted, show_findings
from fsmtrader.cli.paths import complete_folder, complete_path
from fsmtrader.cli.render import Format
from fsmtrader.diagnostics import Severity, UsageError
from fsmtrader.program.compiler import check_merged
from fsmtrader.program.ir import Program
from fsmtrader.research.latencies import latency_of
from fsmtrader.research.queueing import queue_of
from fsmtrader.research.run_market import with_own_data
from fsmtrader.research.run_settings import PROFILES, SEED, Settings, data_file
from fsmtrader.research.settings import number_of
from fsmtrader.spec.reading import read_specs
from fsmtrader.spec.source import Source

MOST_SHARE = 0.1
"""of a spread or a fee; a fee below zero is a rebate"""

_OF_A_RUN = (
    click.option(
        "--data",
        multiple=True,
        shell_complete=complete_path,
        metavar="[KIND:][MARKET=]FILE",
        help="Parquet, CSV or Feather; else made up.",
    ),
    click.option("--map", "mapping", multiple=True, metavar="FIELD=COLUMN", help="A column that is not recognised."),
    click.option("--prefix", multiple=True, metavar="[MARKET=]PREFIX", help="Of the columns meant in a wide file."),
    click.option("--where", multiple=True, metavar="COLUMN=VALUE", help="Read only rows that hold this value."),
    click.option("--interval", default="", help="How long bars are, e.g. 1m; else the distance of most rows."),
    click.option("--from", "begin", default="", metavar="TIME", help="Only data from this moment on."),
    click.option("--to", "end", default="", metavar="TIME", help="Only data before this moment."),
    click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="Give a parameter a value, e.g. f=0.04%."),
    click.option("--seed", type=click.IntRange(0), default=None, help="Seed of a made-up market.  [default: 1]"),
    click.option("--bars", type=click.IntRange(1), default=None, metavar="N", help="First N bars of a made-up market."),
    click.option(
        "--spread", default="1bp", show_default=True, help="Bid to ask as a share, where no book is in the data."
    ),
    click.option("--fee", default="", help="Fee of a market order, as a share; by default what the spec says."),
    click.option(
        "--latency",
        default="",
        shell_complete=complete_path,
        metavar="TIME|FILE",
        help="20ms, or feed=5ms,order=20ms,response=20ms; also jitter=5ms,seed=1 on top, feed=recorded, or a table.",
    ),
    click.option(
        "--queue",
        default="",
        metavar="MODEL",
        help="Who leaves a level before a resting order: risk-averse, power:2 or log; else what the spec says.",
    ),
    click.option(
        "--profile",
        type=click.Choice(PROFILES),
        default=None,
        help="The venue to simulate, for the spec's own. exact: no lots, no ticks, no margin.",
    ),
    click.option(
        "--operator", "operations", multiple=True, metavar="TIME=EVENT", help="halt, resume, flatten, stop, exit."
    ),
)


def of_results(default: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Give a command the options of where results are kept and how they are shown; `default`: the folder's help."""
    options = (
        click.option(
            "--out",
            "-o",
            type=click.Path(path_type=Path),
            shell_complete=complete_folder,
            default=None,
            metavar="DIR",
            help=f"Default {default}.",
        ),
        click.option("--report/--no-report", default=True, help="Write report.html."),
        click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True),
        click.option("--quiet", "-q", is_flag=True, help="No warnings and no progress bar."),
    )

    def given(command: Callable[..., int]) -> Callable[..., int]:
        for option in reversed(options):
            command = option(command)
        return command

    return given


def of_a_run(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options of a run: its data, its parameters, what it costs, what the operator does."""
    for option in reversed(_OF_A_RUN):
        command = option(command)
    return command


def pairs(option: str, form: str, given: tuple[str, ...]) -> dict[str, str]:
    """`NAME=VALUE`, given any number of times; UsageError for what is no pair."""
    found: dict[str, str] = {}
    for entry in given:
        name, is_pair, value = entry.partition("=")
        if not is_pair or not name.strip() or not value.strip():
            raise UsageError(f"{option} takes {form}, not {entry!r}")
        found[name.strip()] = value.strip()
    return found


def given_run(
    paths: tuple[str, ...], options: dict[str, object], quiet: bool
) -> tuple[Program | None, Sequence[Source], Settings]:
    """The checked spec and the settings of a run of it; without a Program its findings have been shown.

    A parameter's value is that of `--set`, else of the environment where the spec says so with `env`.
    """
    settings = _settings(options)
    program, sources = _program(paths, quiet)
    if program is None:
        return None, sources, settings
    if options["seed"] is not None and with_own_data(program, settings).data:
        raise UsageError("--seed is for a made-up market; there is nothing to make up where data is given")
    overrides = {**_from_environment(program, os.environ), **settings.overrides}
    return program, sources, replace(settings, overrides=overrides)


def _settings(options: dict[str, object]) -> Settings:
    fee, latency, bars, profile = (options[name] for name in ("fee", "latency", "bars", "profile"))
    return Settings(
        data=tuple(data_file(text) for text in _texts(options["data"])),
        overrides=pairs("--set", "NAME=VALUE", _texts(options["given"])),
        mapping=pairs("--map", "FIELD=COLUMN", _texts(options["mapping"])),
        prefix=_common_prefix(_texts(options["prefix"])),
        prefixes=pairs("--prefix", "MARKET=PREFIX", tuple(p for p in _texts(options["prefix"]) if "=" in p)),
        where=pairs("--where", "COLUMN=VALUE", _texts(options["where"])),
        interval=str(options["interval"]),
        seed=SEED if options["seed"] is None else int(str(options["seed"])),
        bars=int(str(bars)) if bars else 0,
        begin=str(options["begin"]),
        end=str(options["end"]),
        spread=_share("--spread", str(options["spread"]), 0.0),
        fee=_share("--fee", str(fee), -MOST_SHARE) if fee else None,
        latency=latency_of(str(latency)) if latency else None,
        profile=str(profile or ""),
        operations=tuple(_operation(text) for text in _texts(options["operations"])),
        queue=str(queue_of(str(options["queue"]))) if options["queue"] else "",
    )


def _program(paths: tuple[str, ...], quiet: bool) -> tuple[Program | None, Sequence[Source]]:
    """The checked spec; its findings go to standard error's place only when there are errors."""
    sources, problems = read_specs(paths, stdin=sys.stdin.buffer)
    if problems:
        show_findings(problems, {}, Format.TEXT)
        return None, sources
    result = check_merged(sources)
    errors = [d for d in result.diagnostics if d.severity is Severity.ERROR]
    if result.program is None:
        show_findings(errors if quiet else result.diagnostics, result.sources, Format.TEXT)
    elif result.diagnostics and not quiet:
        click.echo(f"{counted(len(result.diagnostics), 'warning')}: fsm validate shows them", err=True)
    return result.program, sources


def _from_environment(program: Program, environment: Mapping[str, str]) -> dict[str, str]:
    """Values of the parameters that say with `env` where one may come from; an empty text is none."""
    named = {p.name: environment.get(p.env, "").strip() for p in program.parameters if p.env}
    return {name: value for name, value in named.items() if value}


def _texts(value: object) -> tuple[str, ...]:
    assert isinstance(value, tuple)
    return value


def _operation(text: str) -> tuple[str, str]:
    time, is_pair, event = text.rpartition("=")
    if not is_pair or not time.strip():
        raise UsageError(f"--operator takes TIME=EVENT, e.g. +2d=exit or 2020-03-12T10:00=halt, not {text!r}")
    return time.strip(), event.strip()


def _share(option: str, text: str, least: float) -> float:
    value = number_of(text, math.nan)
    if not least <= value <= MOST_SHARE:
        raise UsageError(f"{option} takes a share such as 1bp or 0.05%, from {least:.0%} to 10%, not {text!r}")
    return value


def _common_prefix(given: tuple[str, ...]) -> str:
    """The one that is for all markets."""
    plain = dict.fromkeys(text for text in given if "=" not in text)
    if len(plain) > 1:
        raise UsageError(f"--prefix {' and '.join(plain)}: say which market each is for: --prefix MARKET=PREFIX")
    return next(iter(plain), "")
