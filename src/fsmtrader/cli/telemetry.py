"""What a run tells of itself while it goes on, opened and closed around it: the metrics' server and the log's file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TextIO

import click

from fsmtrader.cli.metrics_server import MetricsServer, new_token
from fsmtrader.diagnostics import UsageError
from fsmtrader.research.keeping import Outlets

TOKEN = "FSMTRADER_METRICS_TOKEN"
LEAST_TOKEN = 16
STANDARD = "-"


def of_telemetry(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options of what a run tells of itself while it goes on."""
    options = (
        click.option(
            "--metrics-port",
            type=click.IntRange(0, 65_535),
            default=None,
            metavar="PORT",
            help="Serve metrics on 127.0.0.1; 0: any free port.",
        ),
        click.option("--log", default=None, metavar="FILE", help="Write events as JSON lines; -: to standard error."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@contextmanager
def outlets_of(port: int | None, log: str | None) -> Iterator[Outlets]:
    """The outlets that were asked for. UsageError: the port is taken, the file cannot be written, the token is none."""
    with ExitStack() as stack:
        stream = None if log is None else stack.enter_context(_opened(log))
        if port is None:
            yield Outlets(log=stream)
            return
        token, is_given = _token(os.environ.get(TOKEN))
        try:
            server = stack.enter_context(MetricsServer(port, token))
        except OSError as problem:
            reason = (problem.strerror or str(problem)).lower()
            raise UsageError(f"--metrics-port {port}: {reason}; 0 takes any free port") from problem
        said = f"the token in {TOKEN}" if is_given else f"Authorization: Bearer {token}"
        click.echo(f"metrics at {server.address} with {said}", err=True)
        yield Outlets(server.publish, stream)


def _token(given: str | None) -> tuple[str, bool]:
    """The token of the environment, or a new one; and whether it was given."""
    if given is None:
        return new_token(), False
    if len(given) < LEAST_TOKEN or not given.isascii() or not given.isprintable() or " " in given:
        raise UsageError(f"{TOKEN}: a token has at least {LEAST_TOKEN} characters, ASCII and without spaces")
    return given, True


@contextmanager
def _opened(log: str) -> Iterator[TextIO]:
    if log == STANDARD:
        yield sys.stderr
        return
    try:
        stream = open(log, "w", encoding="utf-8")  # noqa: SIM115  # closed below, and what fails here is a user's mistake
    except OSError as problem:
        raise UsageError(f"--log {log}: {(problem.strerror or str(problem)).lower()}") from problem
    with stream:
        yield stream
