"""A disk that takes no more: one line that names the file, exit code 1, and no file that is cut off.

A limit on the size of files stands in for the full disk: the system refuses to write on in the same way.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fsmtrader.cli.main import main
from fsmtrader.diagnostics import DataError, RunError
from fsmtrader.research.report import write_report
from fsmtrader.research.writing import writing

resource = pytest.importorskip("resource", reason="limits of a process are Unix's")
SPEC = """\
fsm: 1
strategy: {name: one}
accounts: {main: {exchange: binanceusdm}}
legs: {X: {account: main, symbol: BTC/USDT:USDT}}
events: {tick: price(X)}
states:
  A: {on: {tick: {if: qX < 1, do: {qX: 1}}}}
"""
BUSY = SPEC.replace("if: qX < 1, do: {qX: 1}", "do: {qX: 1 - qX}")
"""trades on every bar"""


@contextmanager
def full_after(size: int) -> Iterator[None]:
    """No file grows above so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("name", ["m.parquet", "m.feather", "m.csv"])
def test_a_made_up_market(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    path = tmp_path / name
    with full_after(50_000):
        code = main(("data", "synth", "-o", str(path)))
    shown = capsys.readouterr()
    assert (code, shown.err) == (1, f"Error: cannot write {str(path)!r}: file too large\n")
    assert not list(tmp_path.iterdir())


def test_the_journal_of_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal is what could not grow: it is what is named, not a table that is made of it."""
    (tmp_path / "one.yml").write_text(BUSY)
    monkeypatch.chdir(tmp_path)
    with full_after(60_000):
        code = main(("run", "one.yml", "--bars", "5000", "-q", "-o", "kept"))
    shown = capsys.readouterr()
    assert code == 1 and shown.out == ""
    assert shown.err.startswith("Error: the journal kept/journal.sqlite cannot be written: ")
    assert shown.err.count("\n") == 1


def test_the_report_of_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds plotly, which alone has millions of bytes."""
    (tmp_path / "one.yml").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    with full_after(2_000_000):
        code = main(("run", "one.yml", "--bars", "50", "-q", "-o", "kept"))
    assert (code, capsys.readouterr().err) == (1, "Error: kept/report.html cannot be written: file too large\n")
    names = {path.name for path in (tmp_path / "kept").iterdir()}
    assert "summary.json" in names and not {"report.html", "report.html.part"} & names
    assert write_report(Path("kept")).stat().st_size > 2_000_000


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("before")
    with pytest.raises(RunError, match=r"x\.json cannot be written: no space left on device"), writing(path) as name:
        name.write_text("half")
        assert path.read_text() == "before"
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.json"] and path.read_text() == "before"
    with writing(path) as name:
        name.write_text("whole")
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.json"] and path.read_text() == "whole"


def test_a_mistake_of_ours_is_no_full_disk(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a row"), writing(tmp_path / "x"):
        raise DataError("a row")
    with pytest.raises(ZeroDivisionError), writing(tmp_path / "x"):
        _ = 1 / 0
