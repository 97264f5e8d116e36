"""A process that runs sets on the machine engine, and may die: of a lack of memory, of a signal, of a fault of ours.

What it was about is then tried once more by a new process; nothing else is lost. (A pool of `concurrent.futures` is
broken as a whole by one process that dies.)
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from fsmtrader.diagnostics import FsmError, RunError
from fsmtrader.research.sweep.bench import Bench, Task, bench_of
from fsmtrader.research.sweep.grid import Case
from fsmtrader.research.sweep.results import Result, Row, failed_row

TRIES = 2
JOIN_S = 5.0
"""how long a process that was told to end may take"""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The row of a set, and its curve where that was asked for and there is one."""

    row: Row
    result: Result | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Last words of a process: `is_ours` for what should not be possible."""

    text: str
    is_ours: bool


class Worker:
    """One process at a time; it is started when it is first needed. Not for two threads at once."""

    def __init__(self, task: Task, digest: str) -> None:
        """`digest`: of the market that the process must find."""
        self._task, self._digest = task, digest
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._is_closed = False

    def run(self, case: Case, *, with_result: bool = False) -> Answer:
        """Run a set; a set during which the process died twice is a failed row that says so."""
        said = ""
        for _ in range(TRIES):
            pipe = self._started()
            try:
                pipe.send((case, with_result))
                answer = pipe.recv()
            except (EOFError, OSError):
                said = self._ended("")
            else:
                if isinstance(answer, Answer):
                    return answer
                said = self._ended(answer.text)
            if self._is_closed:
                break
        return Answer({**failed_row(said, again=True), "seconds": None})

    def kill(self) -> None:
        """End the process, from whatever thread; what it is at is not tried again."""
        self._is_closed = True
        process = self._process
        if process is not None and process.is_alive():
            process.kill()

    def _started(self) -> Connection:
        if self._pipe is not None:
            return self._pipe
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        arguments = (there, self._task, self._digest)
        self._process = context.Process(target=serve, args=arguments, daemon=True, name="fsm-sweep")
        self._process.start()
        there.close()
        try:
            first = here.recv()
        except (EOFError, OSError):
            raise RunError(f"a worker cannot be started: {self._ended('')}") from None
        if isinstance(first, Failure):
            raise RunError(f"a worker cannot be started: {first.text}")
        self._pipe = here
        return here

    def _ended(self, last_words: str) -> str:
        """How the process ended, in words; a new one is started for the next set."""
        process, self._process, self._pipe = self._process, None, None
        assert process is not None
        process.join(JOIN_S)
        code = process.exitcode
        if last_words:
            return f"the worker died: {last_words}"
        if code is not None and code < 0:
            return f"the worker died: {signal.Signals(-code).name}"
        return f"the worker died with exit code {code}"


def serve(pipe: Connection, task: Task, digest: str) -> None:
    """What a process does: read the market once, then run one set after the other until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the one who started us ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        bench = bench_of(task)
        if bench.stream.digest != digest:
            raise RunError("the data were changed while the sweep went on")
    except FsmError as wrong:
        pipe.send(Failure(str(wrong), False))
        return
    pipe.send("ready")
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):  # nobody asks any more
        while True:
            case, with_result = pipe.recv()
            pipe.send(_answer(bench, case, with_result, pipe))


def _answer(bench: Bench, case: Case, with_result: bool, pipe: Connection) -> Answer:
    began_s = time.perf_counter()
    try:
        found = bench.on_machine(case)
        row = bench.row(found, began_s)
    except BaseException as fault:
        pipe.send(Failure(f"{type(fault).__name__}: {fault}", True))
        raise
    return Answer(row, found if with_result and isinstance(found, Result) else None)
