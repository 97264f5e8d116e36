"""One sweep at a time in a folder: whoever comes second is told who is there, and a dead one keeps nobody out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.sweeps import plan, program, task

from fsmtrader.diagnostics import RunError, UsageError
from fsmtrader.research.sweep.keeping import sweep_into
from fsmtrader.research.sweep.place import alone_in, holds_sweep
from fsmtrader.research.sweep.results import schema_of
from fsmtrader.research.sweep.store import Store

HOLDS = """
import sys, time
from pathlib import Path
from fsmtrader.research.sweep.place import alone_in
with alone_in(Path(sys.argv[1])):
    print("here", flush=True)
    time.sleep(60)
"""
TAKES_TURNS = """
import sys
from pathlib import Path
from fsmtrader.diagnostics import UsageError
from fsmtrader.research.sweep.place import alone_in
from fsmtrader.research.sweep.store import Store
folder, name, schema = Path(sys.argv[1]), sys.argv[2], {"key": str, "status": str, "again": bool}
for index in range(12):
    while True:
        try:
            with alone_in(folder):
                store = Store(folder, schema)
                store.add({"key": f"{name}{index}", "status": "done", "again": False})
                store.close()
            break
        except UsageError as busy:
            assert "another sweep is at work in" in str(busy), busy
"""


def started(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", script, *map(str, arguments)], stdout=subprocess.PIPE, text=True)


def test_the_second_is_told_who_is_there_and_a_killed_one_keeps_nobody_out(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    with started(HOLDS, folder) as other:
        assert other.stdout is not None and other.stdout.readline() == "here\n"
        with pytest.raises(
            UsageError, match=rf"another sweep is at work in {folder} \(process {other.pid} on .+\): wait"
        ):
            sweep_into(folder, plan(task(tmp_path), ["size=1"]))
        assert holds_sweep(folder)
        os.kill(other.pid, signal.SIGKILL)
    assert (folder / "parts" / "lock").exists()
    assert sweep_into(folder, plan(task(tmp_path), ["size=1"]))["done"] == 1
    assert not (folder / "parts" / "lock").exists()


def test_processes_that_take_turns_lose_nothing(tmp_path: Path) -> None:
    processes = [started(TAKES_TURNS, tmp_path / "s", name) for name in "ab"]
    assert [process.wait(120) for process in processes] == [0, 0]
    for process in processes:
        assert process.stdout is not None
        process.stdout.close()
    assert len(Store(tmp_path / "s", {"key": str, "status": str, "again": bool})) == 24


def test_nothing_is_left_where_nothing_came_about(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no data"), alone_in(tmp_path / "s"):
        raise RunError("no data")
    assert not (tmp_path / "s").exists()
    with alone_in(tmp_path / "s"):
        store = Store(tmp_path / "s", schema_of(program(), (), []))
        store.add({"key": "k", "status": "done", "again": False})
        store.close()
    assert len(list((tmp_path / "s" / "parts").iterdir())) == 1


def test_a_folder_that_takes_no_lock_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="file cannot be made: "), alone_in(tmp_path / "file"):
        pass
