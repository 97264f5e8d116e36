"""Rows of `for_each` in a file of their own: CSV, YAML and JSON give what the spec could have written itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmtrader import api
from fsmtrader.cli.main import main
from fsmtrader.diagnostics import Diagnostic
from fsmtrader.research.recording import Given, given_from_meta
from fsmtrader.spec.reading import read_specs

SPEC = """fsm: 1
accounts: {main: {exchange: binanceusdm}}
legs: {X: {account: main, symbol: BTC/USDT:USDT}}
events: {tick: price(X)}
regions:
  maker:
    for_each: {in: ROWS}
    states:
      A: {on: {tick: {if: mark(X) * s > 9 and side == buy, transition_to: B}}}
      B: {final: true}
"""
CSV = 'side, s\n"buy", 1\n\nsell,-1\n'
YAML = "- {side: buy, s: 1}\n- side: sell\n  s: -1\n"
JSON = '[{"side": "buy", "s": 1}, {"side": "sell", "s": -1}]'


def spec(folder: Path, rows: str) -> str:
    path = folder / "spec.yml"
    path.write_text(SPEC.replace("ROWS", rows))
    return str(path)


def findings(path: str) -> list[Diagnostic]:
    return list(api.load(path).diagnostics)


@pytest.mark.parametrize(("name", "text"), [("r.csv", CSV), ("r.yml", YAML), ("r.json", JSON), ("in/r.csv", CSV)])
def test_rows_of_a_file_are_rows(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / name).write_text(text)
    read = api.compile(spec(tmp_path, f"{{file: {name}}}"))
    written = api.compile(spec(tmp_path, "[{side: buy, s: 1}, {side: sell, s: -1}]"))
    assert [region.name for region in read.regions] == ["maker.buy", "maker.sell"]
    assert read.digest == written.digest
    (tmp_path / name).write_text(text.replace("-1", "-2"))
    assert api.compile(spec(tmp_path, f"{{file: {name}}}")).digest != read.digest


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none.csv", "there is no such file beside the spec"),
        ("../out.csv", "below its own folder only"),
        ("in/../../out.csv", "below its own folder only"),
        ("/etc/hosts.csv", "below its own folder only"),
        ("link.csv", "a link leads out"),
        ("spec.txt", "its name does not end in .csv"),
        ("folder.csv", "it is no file"),
    ],
)
def test_what_a_spec_may_not_read_is_found_at_its_name(tmp_path: Path, name: str, said: str) -> None:
    inner = tmp_path / "inner"
    (inner / "folder.csv").mkdir(parents=True)
    (tmp_path / "out.csv").write_text(CSV)
    (inner / "link.csv").symlink_to(tmp_path / "out.csv")
    (found,) = findings(spec(inner, f"{{file: {name}}}"))
    assert (found.code, found.span.line, found.span.column) == ("FSM308", 7, 27)
    assert said in found.message


@pytest.mark.parametrize(
    ("name", "text", "place", "said"),
    [
        ("r.csv", "side,s\nbuy,1\nsell\n", (3, 1), "this line holds 1 cells under 2 fields"),
        ("r.csv", 'side,s\n"buy,1\n', (2, 1), "this line holds no CSV under 2 fields"),
        ("r.csv", "side,my s\nbuy,1\n", (1, 6), "'my s' is no name for a field"),
        ("r.csv", "", (1, 1), "this file is empty"),
        ("r.csv", "side,s\nbuy,1\n buy,2\n", (3, 2), "two rows of maker have the key buy"),
        ("r.yml", "side: buy\n", (1, 1), "this file is no list of rows"),
        ("r.yml", "- {side: buy, s: [1]}\n", (1, 18), "the cell s is no number, word or truth"),
        ("r.json", "[1]", (1, 2), "this is no row"),
    ],
)
def test_what_is_wrong_in_the_file_is_found_there(
    tmp_path: Path, name: str, text: str, place: tuple[int, int], said: str
) -> None:
    (tmp_path / name).write_text(text)
    first = findings(spec(tmp_path, f"{{file: {name}}}"))[0]
    assert (first.code, first.span.file, first.message) == ("FSM308", str(tmp_path / name), said)
    assert (first.span.line, first.span.column) == place


def test_the_size_is_limited(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("side,s\n" + "a,1\n" * 40_000)
    assert [d.code for d in findings(spec(tmp_path, "{file: r.csv}"))] == ["FSM003"]


def test_a_text_without_a_folder_reads_nothing() -> None:
    (found,) = api.load(SPEC.replace("ROWS", "{file: r.csv}")).diagnostics
    assert found.message == "cannot read the rows in 'r.csv': this text was given without its folder"


def test_a_file_that_a_run_may_replace_may_be_missing(tmp_path: Path) -> None:
    """At the top with `env`; the fields say what its rows will hold. One that is there and wrong is found all the same."""
    top = SPEC[: SPEC.index("regions")] + "for_each:\n  in: {file: r.csv, env: ROWS}\n  fields: {s: {type: number}}\n"
    text = top + "states:\n  A: {on: {tick: {if: mark(X) * s > 9, transition_to: B}}}\n  B: {final: true}\n"
    (tmp_path / "spec.yml").write_text(text)
    assert findings(str(tmp_path / "spec.yml")) == []
    assert api.load(text).diagnostics == ()
    (tmp_path / "r.csv").write_text("s\n1,2\n")
    assert [d.code for d in findings(str(tmp_path / "spec.yml"))] == ["FSM308"]


def test_a_journal_keeps_the_rows(tmp_path: Path) -> None:
    """The file is gone; what the journal holds makes the same program."""
    (tmp_path / "r.csv").write_text(CSV)
    path = spec(tmp_path, "{file: r.csv}")
    sources, _ = read_specs((path,))
    program = api.compile(path)
    meta = Given(sources, program.digest, {}).meta()
    (tmp_path / "r.csv").unlink()
    assert given_from_meta(meta).compiled().digest == program.digest


def test_validate_shows_the_line_of_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "r.csv").write_text("side,s\nbuy,1\nbuy,2\n")
    assert main(["validate", spec(tmp_path, "{file: r.csv}")]) == 1
    assert "3 | buy,2" in capsys.readouterr().out
