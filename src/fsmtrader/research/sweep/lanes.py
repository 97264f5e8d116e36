"""Several sets at a time: as many threads as there are lanes, each given the next set when it has done one.

A lane's own work is compiled code, which lets others run meanwhile, or waiting for a process of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

Job = TypeVar("Job")
Done = TypeVar("Done")


def in_lanes(
    jobs: Iterator[Job | None], work: Callable[[int, Job], Done], count: int, stop: Callable[[], None]
) -> Generator[tuple[Job, Done]]:
    """(job, what came of it) in the order in which they are finished; `work` gets the number of its lane and a job.

    A job is taken from the iterator only when a lane is free, so that it may depend on what has come before;
    None: there is none until another one is finished. An error in a lane is raised here. `stop` is called when that or
    the caller ends it early: it makes lanes come to an end.
    """
    free = list(range(count))
    running: dict[Future[Done], tuple[int, Job]] = {}
    with ThreadPoolExecutor(count, thread_name_prefix="fsm-sweep") as pool:
        try:
            while True:
                while free and (job := next(jobs, None)) is not None:
                    lane = free.pop()
                    running[pool.submit(work, lane, job)] = (lane, job)
                if not running:
                    return
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    lane, job = running.pop(future)
                    free.append(lane)
                    yield job, future.result()
        except BaseException:
            stop()
            raise
